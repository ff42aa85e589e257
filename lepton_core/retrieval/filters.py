"""Which items a query may get: what a search must never break."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Filters:
    """What n queries may get of N items.

    Args:
        allowed: bool [N], or [n, N] where queries differ; None allows all.
        excluded: n integer arrays of codes that a query does not get, such as what its customer
            has already; None excludes none.

    Example:
        >>> filters = Filters(np.array([True, False, True]), [np.array([2]), np.array([], int)])
        >>> filters.holds(0, np.array([0, 1, 2])).tolist()
        [True, False, False]
        >>> filters.take(slice(1, 2)).holds(0, np.array([0, 1, 2])).tolist()
        [True, False, True]
    """

    allowed: np.ndarray | None
    excluded: Sequence[np.ndarray] | None

    def checked(self, queries: int, items: int) -> Filters:
        """Itself, with codes as int64 that occur once and ascend.

        Raises:
            ValueError: shapes or types that do not fit n queries and N items.
        """
        allowed, excluded = self.allowed, self.excluded
        if allowed is not None:
            allowed = np.asarray(allowed)
            if allowed.dtype != bool or allowed.shape not in ((items,), (queries, items)):
                raise ValueError(
                    f"allowed is bool [{items}] or [{queries}, {items}], one an item. "
                    f"Received: {allowed.dtype} {list(allowed.shape)}"
                )
        if excluded is not None:
            if len(excluded) != queries:
                raise ValueError(
                    f"excluded holds an array of codes for each of {queries} queries. "
                    f"Received: {len(excluded)}"
                )
            excluded = [_codes(codes, items) for codes in excluded]
        return Filters(allowed, excluded)

    def take(self, rows: slice | np.ndarray) -> Filters:
        """The filters of some of the queries: a slice, or their integer positions."""
        allowed, excluded = self.allowed, self.excluded
        if allowed is not None and allowed.ndim == 2:
            allowed = allowed[rows]
        if excluded is not None:
            if isinstance(rows, slice):
                excluded = excluded[rows]
            else:
                excluded = [excluded[row] for row in rows]
        return Filters(allowed, excluded)

    def hide(self, scores: np.ndarray, start: int) -> None:
        """Write -inf where a query may not get an item.

        Args:
            scores: float32 [n, w] of the items ``start`` to ``start + w``, changed in place.
        """
        stop = start + scores.shape[1]
        if self.allowed is not None:
            np.copyto(scores, -np.inf, where=~self.allowed[..., start:stop])
        for row, codes in enumerate(self.excluded or ()):
            first, last = np.searchsorted(codes, (start, stop))
            if first < last:
                scores[row, codes[first:last] - start] = -np.inf

    def holds(self, row: int, codes: np.ndarray) -> np.ndarray:
        """Whether the query at ``row`` may get each of the items, bool as ``codes`` int64."""
        found = np.ones(len(codes), bool)
        if self.allowed is not None:
            found &= (self.allowed if self.allowed.ndim == 1 else self.allowed[row])[codes]
        if self.excluded is not None and len(self.excluded[row]):
            mine = self.excluded[row]
            place = np.minimum(np.searchsorted(mine, codes), len(mine) - 1)
            found &= mine[place] != codes
        return found

    def share(self, items: int) -> float:
        """The least share of the items that any of the queries may get, 0 to 1."""
        if self.allowed is None or not items or not self.allowed.size:
            return 1.0
        return float(np.min(self.allowed.mean(axis=-1)))

    def most_excluded(self) -> int:
        """The most items that are excluded for one query."""
        return max((len(codes) for codes in self.excluded or ()), default=0)


def _codes(codes: np.ndarray, items: int) -> np.ndarray:
    found = np.unique(np.asarray(codes, np.int64).ravel())
    if len(found) and (found[0] < 0 or found[-1] >= items):
        raise ValueError(
            f"codes that are excluded are rows of the items, 0 to {items - 1}. "
            f"Received: {found[0]} to {found[-1]}"
        )
    return found
