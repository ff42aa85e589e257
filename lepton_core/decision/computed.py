"""What a computed task says: its numbers under their names, numbered words as words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from lepton_core.decision.base import Decision, labels_of

# As between the rules beside a model, so that a run's summary counts both.
_BETWEEN = "; "
KINDS = ("number", "count", "yes", "word", "flags")


@dataclass(frozen=True)
class Told:
    """One output column, and how the number that stands for it is read.

    Args:
        name: of the output column.
        kind: one of ``KINDS``: ``number`` as it is, ``count`` a whole one, ``yes`` 0 or 1, ``word``
            the place of a word in ``names``, ``flags`` a sum of 2**place of those that hold.
        names: of ``word`` and ``flags``, at most 24: float32 holds whole numbers up to 2**24.

    Raises:
        ValueError: an unknown kind, or names that it has no use for.
    """

    name: str
    kind: str = "number"
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        named = self.kind in ("word", "flags")
        if self.kind not in KINDS or named != bool(self.names) or len(self.names) > 24:
            raise ValueError(
                f"kind is one of {KINDS}; word and flags have 1 to 24 names, the others none. "
                f"Received: kind={self.kind!r}, names={self.names!r}"
            )

    def read(self, numbers: np.ndarray) -> Any:
        """The column [n] of ``numbers`` float32 [n]; not a number is an empty cell."""
        if self.kind == "number":
            return pa.array(numbers, pa.float32(), from_pandas=True)
        whole = numbers.astype(np.int64)
        if self.kind == "count":
            return whole
        if self.kind == "yes":
            return whole.astype(bool)
        if self.kind == "word":
            return labels_of(whole, self.names)
        # Few of the combinations that could be do occur.
        found, which = np.unique(whole, return_inverse=True)
        texts = [_BETWEEN.join(self._names_in(int(bits))) for bits in found]
        return pa.array(texts, pa.string()).take(pa.array(which))

    def _names_in(self, bits: int) -> list[str]:
        return [name for place, name in enumerate(self.names) if bits >> place & 1]


@dataclass(frozen=True)
class Computed(Decision):
    """The decision of a task without a model: each column of its ``score`` under its name.

    All that a computed task says of a record is one row of numbers, which is what sessions,
    journals and streams already keep and answer again.

    Args:
        columns: what each number of a row stands for, in order.
        fitted_on: what data its settings were taken from: ``{"data", "fingerprint", "n"}``.

    Example:
        >>> columns = (Told("value"), Told("label", "word", ("calm", "alarm")))
        >>> found = Computed(columns).apply({"score": np.array([[2.5, 1]], np.float32)})
        >>> found["value"].to_pylist(), found["label"].to_pylist()
        ([2.5], ['alarm'])
    """

    kind: ClassVar[str] = "computed"

    columns: tuple[Told, ...]
    fitted_on: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Output columns [n] from ``score`` float32 [n, columns].

        Raises:
            ValueError: for another width.
        """
        score = np.asarray(outputs["score"])
        if score.ndim != 2 or score.shape[1] != len(self.columns):
            expected = f"[n, {len(self.columns)}]"
            raise ValueError(f"score is {expected}. Received: {list(score.shape)}")
        return {told.name: told.read(score[:, place]) for place, told in enumerate(self.columns)}

    def trivial(self, targets: np.ndarray, n: int) -> np.ndarray:
        """All zeros [n, columns]: it learns no target, so nothing is known of one."""
        return np.zeros((n, len(self.columns)), np.float32)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Computed:
        """The decision that :meth:`to_json` wrote."""
        columns = (Told(c["name"], c["kind"], tuple(c["names"])) for c in values["columns"])
        return cls(tuple(columns), values["fitted_on"])
