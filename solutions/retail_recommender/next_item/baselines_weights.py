"""Sparse weights from item to item, and what they make of a history: NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .sequences import Sequences

# Items of a history that are read, the last ones: older ones weigh next to nothing.
READ = 50
# Rows of a matrix that are looked through at a time.
_ROWS = 1024


@dataclass(frozen=True)
class ItemWeights:
    """What each item says of others; a history's scores are the sum over its items.

    Args:
        starts: int64 [N + 1], where each item's others begin in the next two.
        codes: int32 [total], the other items, 1..N.
        weights: float32 [total], what is said of them.
        decay: what an item weighs compared with the one after it, above 0 to 1.

    Example:
        >>> weights = ItemWeights.from_dense(np.array([[0, 1, 0], [0, 0, 2], [0, 0, 0.0]]), 3, 0.5)
        >>> weights.scores(Sequences.from_lists([[1, 2], [2, 1]])).tolist()
        [[0.0, 0.5, 2.0], [0.0, 1.0, 1.0]]
    """

    starts: np.ndarray
    codes: np.ndarray
    weights: np.ndarray
    decay: float = 1.0

    @property
    def items(self) -> int:
        """Number of items, N."""
        return len(self.starts) - 1

    @classmethod
    def from_triples(
        cls, of: np.ndarray, to: np.ndarray, weights: np.ndarray, items: int, most: int
    ) -> ItemWeights:
        """The largest weights of each item.

        Args:
            of, to: codes int [total], each pair once, and `weights` float [total] beside them.
            items: N.
            most: others kept of each item.
        """
        order = np.lexsort((to, -weights, of))
        of, to, weights = of[order], to[order], weights[order]
        begin = np.searchsorted(of, np.arange(1, items + 1))
        kept = np.arange(len(of)) - begin[of - 1] < most
        starts = np.concatenate([[0], np.cumsum(np.bincount(of[kept], minlength=items + 1)[1:])])
        return cls(starts, to[kept].astype(np.int32), weights[kept].astype(np.float32))

    @classmethod
    def from_dense(cls, matrix: np.ndarray, most: int, decay: float = 1.0) -> ItemWeights:
        """The weights of each row [N, N] that are farthest from zero, at most so many."""
        most = min(most, matrix.shape[1])
        lengths, codes, kept = [], [], []
        for start in range(0, len(matrix), _ROWS):
            rows = matrix[start : start + _ROWS]
            found = np.argpartition(-np.abs(rows), most - 1, axis=1)[:, :most]
            weights = np.take_along_axis(rows, found, axis=1)
            there = weights != 0
            lengths.append(there.sum(axis=1))
            codes.append((found[there] + 1).astype(np.int32))
            kept.append(weights[there].astype(np.float32))
        starts = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
        return cls(starts, np.concatenate(codes), np.concatenate(kept), decay)

    def strongest(self, most: int) -> ItemWeights:
        """The largest weights of each item alone, at most so many: less to keep and to add up."""
        of = np.repeat(np.arange(1, self.items + 1), np.diff(self.starts))
        found = ItemWeights.from_triples(of, self.codes, self.weights, self.items, most)
        return replace(found, decay=self.decay)

    def scores(self, history: Sequences) -> np.ndarray:
        """Scores float32 [users, N] of all items for each history; the last item weighs 1."""
        ago = history.starts[1:][history.users] - 1 - np.arange(len(history.codes))
        read = ago < READ
        users, codes, ago = history.users[read], history.codes[read], ago[read]
        lengths = np.diff(self.starts)[codes - 1]
        first = np.cumsum(lengths) - lengths
        at = np.arange(lengths.sum()) + np.repeat(self.starts[codes - 1] - first, lengths)
        worth = self.weights[at] * np.repeat(self.decay**ago, lengths)
        place = np.repeat(users * self.items, lengths) + self.codes[at] - 1
        total = np.bincount(place, worth, minlength=len(history) * self.items)
        return total.reshape(len(history), self.items).astype(np.float32)

    def arrays(self) -> dict[str, np.ndarray]:
        """What a bundle keeps: weights as float16, codes in the smallest type that holds them."""
        small = np.uint16 if self.items < 2**16 else np.int32
        return {
            "starts": self.starts.astype(np.int64),
            "codes": self.codes.astype(small),
            "weights": self.weights.astype(np.float16),
            "decay": np.asarray(self.decay),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> ItemWeights:
        """The weights that :meth:`arrays` kept."""
        return cls(
            arrays["starts"].astype(np.int64),
            arrays["codes"].astype(np.int32),
            arrays["weights"].astype(np.float32),
            float(arrays["decay"]),
        )
