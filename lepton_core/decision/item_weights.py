"""What each item that a customer had says of others, beside the inner products of vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

_FIELDS = ("starts", "codes", "weights", "decay", "share", "read")


@dataclass(frozen=True, eq=False)
class ItemWeights:
    """Sparse weights from item to item; what they say of a customer is added to the vectors' score.

    Args:
        starts: int64 [N + 1], where each item's others begin in the next two.
        codes: int [total], the other items, from 0.
        weights: float [total], 0 or more.
        decay: what an item of a history weighs compared with the one after it, above 0 to 1.
        share: what all is multiplied by, 0 or more.
        read: how many of the last items are read.

    Raises:
        ValueError: arrays that do not fit together, or weights below 0, for which the best of all
            items could not be told from those that are looked at.

    Example:
        >>> weights = ItemWeights(np.array([0, 1, 2, 2]), np.array([1, 2]), np.array([1, 2.0]), 0.5)
        >>> codes, added = weights.of(np.array([1, 0]))
        >>> codes.tolist(), added.tolist()
        ([1, 2], [0.5, 2.0])
    """

    starts: np.ndarray
    codes: np.ndarray
    weights: np.ndarray
    decay: float = 1.0
    share: float = 1.0
    read: int = 50

    def __post_init__(self) -> None:
        fits = len(self.codes) == len(self.weights) == int(self.starts[-1])
        if not fits or (self.weights < 0).any() or self.share < 0 or not 0 < self.decay <= 1:
            raise ValueError(
                "starts end at the number of codes and weights, weights and share are 0 or more, "
                f"decay lies in 0..1. Received: {len(self.codes)} codes, "
                f"{len(self.weights)} weights, starts to {self.starts[-1]}, "
                f"share={self.share}, decay={self.decay}"
            )

    def of(self, history: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What is added to the score of which items for one customer.

        Args:
            history: codes from 0 of what the customer had, the latest first.

        Returns:
            codes int64 [m], ascending, and float64 [m].
        """
        had = np.asarray(history, np.int64)[: self.read]
        lengths = self.starts[had + 1] - self.starts[had]
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        at = np.arange(total) + np.repeat(self.starts[had] - (ends - lengths), lengths)
        worth = np.repeat(self.decay ** np.arange(len(had)), lengths)
        codes, place = np.unique(self.codes[at].astype(np.int64), return_inverse=True)
        added = np.bincount(place, self.weights[at].astype(np.float64) * worth, len(codes))
        return codes, self.share * added

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as plain arrays, weights with three digits."""
        small = np.uint16 if len(self.starts) <= 2**16 else np.int32
        return {
            "starts": self.starts.astype(np.int64),
            "codes": self.codes.astype(small),
            "weights": self.weights.astype(np.float16),
            **{name: np.asarray(getattr(self, name)) for name in _FIELDS[3:]},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> ItemWeights:
        """The weights that :meth:`arrays` gave."""
        starts, codes, weights = (arrays[name] for name in _FIELDS[:3])
        decay, share, read = (arrays[name].item() for name in _FIELDS[3:])
        return cls(starts, codes, weights.astype(np.float32), decay, share, int(read))
