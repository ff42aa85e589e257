"""The best items of a customer in another order: more different ones, or those that earn more."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from lepton_core.decision.items import Items
from lepton_core.errors import UsageError

# What earns more than all but one in twenty counts as that: one dear item must not set the scale.
_DEAR = 0.95


@dataclass(frozen=True)
class Reordering:
    """How a list is made of the items that fit best. Each part has its price in accuracy.

    Args:
        diversity: 0 to 1, how much it counts that an item is unlike those already in the list:
            0 not at all, 1 nothing else does.
        margin: 0 to 1, how much it counts what an item earns, beside how well it fits.
        per_category: at most so many of one category in a list; 0 for no limit. Items without a
            category count as one of their own each.

    Raises:
        UsageError: ``rank.share`` and ``rank.per_category``.

    Source:
        Carbonell, J. and Goldstein, J.: The use of MMR, diversity-based reranking for reordering
        documents. SIGIR 1998.
    """

    diversity: float = 0.0
    margin: float = 0.0
    per_category: int = 0

    def __post_init__(self) -> None:
        for name in ("diversity", "margin"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise UsageError("rank.share", name=name, received=value)
        if self.per_category < 0:
            raise UsageError("rank.per_category", received=self.per_category)

    @property
    def is_plain(self) -> bool:
        """Whether it leaves the order by score as it is."""
        return not (self.diversity or self.margin or self.per_category)

    def check(self, items: Items) -> None:
        """Refuse what the catalogue knows nothing for.

        Raises:
            UsageError: ``rank.no_column``.
        """
        if self.margin:
            items.catalogue.require("margin", "margin")
        if self.per_category:
            items.catalogue.require("category", "per_category")

    def pick(self, codes: np.ndarray, scores: np.ndarray, items: Items, k: int) -> np.ndarray:
        """Which of a customer's candidates make the list, in its order.

        Args:
            codes: int64 [m], candidates, the best first.
            scores: float32 [m], how well each fits.
            items: what they are.
            k: length of the list.

        Returns:
            places in ``codes``, int64, at most k.

        Example:
            >>> from lepton_core.decision.catalogue import Catalogue
            >>> items = Items(Catalogue(("a", "b", "c")), np.float32([[1, 0], [1, 0], [0, 1]]),
            ...               np.ones(3, np.int64), np.zeros(3, np.float32))
            >>> codes, scores = np.arange(3), np.float32([3, 2.9, 2])
            >>> Reordering(diversity=0.5).pick(codes, scores, items, 2).tolist()
            [0, 2]
        """
        value = _scaled(scores)
        if self.margin:
            value = (1 - self.margin) * value + self.margin * self._earns(items, codes)
        kinds = items.catalogue.category_codes[codes] if self.per_category else None
        if not self.diversity:
            order = np.argsort(-value, kind="stable")
            return order[:k] if kinds is None else self._capped(order, kinds, k)
        return self._different(value, _directions(items.vectors[codes]), kinds, k)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Reordering:
        """The re-ordering that :meth:`to_json` wrote."""
        return cls(**{f.name: values[f.name] for f in fields(cls) if f.name in values})

    def _earns(self, items: Items, codes: np.ndarray) -> np.ndarray:
        """0 to 1, by margin; an item of unknown margin earns nothing."""
        margin = np.nan_to_num(items.catalogue.numbers["margin"])
        most = float(np.quantile(margin, _DEAR))
        return np.clip(margin[codes] / most, 0.0, 1.0) if most > 0 else np.zeros(len(codes))

    def _capped(self, order: np.ndarray, kinds: np.ndarray, k: int) -> np.ndarray:
        taken: list[int] = []
        counts: dict[int, int] = {}
        for place in order.tolist():
            kind = int(kinds[place])
            if kind >= 0 and counts.get(kind, 0) >= self.per_category:
                continue
            counts[kind] = counts.get(kind, 0) + 1
            taken.append(place)
            if len(taken) == k:
                break
        return np.array(taken, np.int64)

    def _different(
        self, value: np.ndarray, directions: np.ndarray, kinds: np.ndarray | None, k: int
    ) -> np.ndarray:
        """One after the other, each by its value less its likeness to the nearest one taken."""
        left = np.ones(len(value), bool)
        nearest = np.zeros(len(value))
        taken: list[int] = []
        while len(taken) < k and left.any():
            gain = (1 - self.diversity) * value - self.diversity * nearest
            place = int(np.argmax(np.where(left, gain, -np.inf)))
            taken.append(place)
            left[place] = False
            nearest = np.maximum(nearest, directions @ directions[place])
            if kinds is not None and kinds[place] >= 0:
                of_kind = kinds == kinds[place]
                if (of_kind[taken]).sum() >= self.per_category:
                    left &= ~of_kind
        return np.array(taken, np.int64)


def _scaled(scores: np.ndarray) -> np.ndarray:
    """Scores from 0 to 1 over the candidates, float64."""
    values = scores.astype(np.float64)
    low, high = (values.min(), values.max()) if len(values) else (0.0, 0.0)
    return (values - low) / (high - low) if high > low else np.zeros(len(values))


def _directions(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1, float64; of no length where there is none."""
    wide = vectors.astype(np.float64)
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    return wide / np.where(length > 0, length, 1.0)
