"""The items of a ranking: what is known of them, and what was learned of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from lepton_core.decision.catalogue import Catalogue
from lepton_core.decision.item_weights import ItemWeights

_CATALOGUE, _WEIGHTS = "catalogue.", "weights."


@dataclass(frozen=True, eq=False)
class Items:
    """Items in a fixed order; an item's row is its code.

    Args:
        catalogue: what is known of each.
        vectors: float32 [N, D]; their inner product with a customer's says how well an item fits.
        counts: int64 [N], how often each was chosen in the training data.
        trend: float32 [N], how much each is chosen lately; orders what is shown to somebody of
            whom nothing is known.
        together: int32 [N, m], the codes of what is chosen along with each item, the most
            characteristic first; -1 where there are fewer.
        lift: float32 [N, m], how many times as often as by chance.
        weights: what is added to the inner products; None for nothing.

    Raises:
        ValueError: arrays of other lengths, or numbers that are not finite.
    """

    catalogue: Catalogue
    vectors: np.ndarray
    counts: np.ndarray
    trend: np.ndarray
    together: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.int32))
    lift: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))
    weights: ItemWeights | None = None

    def __post_init__(self) -> None:
        n = len(self.catalogue)
        if self.together.shape[0] != n:
            none = self.together.size == 0
            if none:
                object.__setattr__(self, "together", np.empty((n, 0), np.int32))
                object.__setattr__(self, "lift", np.empty((n, 0), np.float32))
        lengths = [len(a) for a in (self.vectors, self.counts, self.trend, self.together)]
        if set(lengths) != {n} or self.together.shape != self.lift.shape:
            raise ValueError(f"arrays have one row for each of {n} items. Received: {lengths}")
        if not (np.isfinite(self.vectors).all() and np.isfinite(self.trend).all()):
            raise ValueError("vectors and trend are finite numbers. Received: some that are not")

    def __len__(self) -> int:
        return len(self.catalogue)

    def updated(self, table: pa.Table) -> Items:
        """The same items with what a client's catalogue says, see :meth:`Catalogue.updated`."""
        return replace(self, catalogue=self.catalogue.updated(table))

    def extended(self, table: pa.Table, vectors: np.ndarray) -> Items:
        """These items and behind them ones that nobody has chosen yet.

        Args:
            table: what is known of them, see :meth:`Catalogue.extended`.
            vectors: float32 [m, D], in the space of those here.
        """
        more = len(vectors)

        def grown(values: np.ndarray, fill: float) -> np.ndarray:
            end = np.full((more, *values.shape[1:]), fill, values.dtype)
            return np.concatenate([values, end])

        weights = self.weights
        if weights is not None:
            starts = np.concatenate([weights.starts, np.repeat(weights.starts[-1:], more)])
            weights = replace(weights, starts=starts)
        return Items(
            self.catalogue.extended(table),
            np.concatenate([self.vectors, vectors.astype(np.float32)]),
            grown(self.counts, 0),
            grown(self.trend, 0),
            grown(self.together, -1),
            grown(self.lift, 0),
            weights,
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as plain arrays, for a bundle."""
        about = {f"{_CATALOGUE}{name}": a for name, a in self.catalogue.arrays().items()}
        own = ("counts", "trend", "together", "lift")
        added = {} if self.weights is None else self.weights.arrays()
        about |= {f"{_WEIGHTS}{name}": values for name, values in added.items()}
        return about | _packed(self.vectors) | {name: getattr(self, name) for name in own}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Items:
        """The items that :meth:`arrays` gave."""
        about, added = _below(_CATALOGUE, arrays), _below(_WEIGHTS, arrays)
        own = {name: values for name, values in arrays.items() if "." not in name}
        if (steps := own.pop("steps", None)) is not None:
            own["vectors"] = own["vectors"] * steps
        weights = ItemWeights.from_arrays(added) if added else None
        return cls(Catalogue.from_arrays(about), **own, weights=weights)


def _packed(vectors: np.ndarray) -> dict[str, np.ndarray]:
    """The vectors as int8 and the steps of their columns where nothing is lost by it.

    So it is for those of a network that is kept with 8 bits a weight, in a quarter of the room.
    """
    top = np.abs(vectors).max(axis=0, initial=0.0)
    steps = np.exp2(np.ceil(np.log2(np.maximum(top, 1e-30) / 127))).astype(np.float32)
    whole = np.round(vectors / steps).astype(np.int8)
    if np.array_equal(whole * steps, vectors):
        return {"vectors": whole, "steps": steps}
    return {"vectors": vectors}


def _below(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
