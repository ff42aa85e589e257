"""The best k items of all by inner product, exactly, without a sort of all scores.

Scores are computed in blocks that stay in the processor's cache. Of each block only the largest
score of every small group of items is kept. The k-th largest of a query's group maxima is a bound
that the best k items cannot lie below, so that they stand in the few groups that reach it, and
only those are looked at one by one. So memory is read about once, and nearly all time goes into
the matrix product, which runs on as many threads as NumPy's BLAS is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_core.retrieval.filters import Filters

# Beyond so many items an approximate index is worth its loss; benchmarks/README.md has the curve.
EXACT_UP_TO = 1_000_000

# Scores in a block (2 MB of float32), items in a block at most, and queries worked on together.
_BLOCK, _WIDTH = 1 << 19, 1 << 17
_QUERIES = 64
# For so few queries memory is no matter, and small groups spare looking at their members.
_FEW = 8
# A product in float32 differs in its last digits with the size of the block. What lies so little
# (relatively) below the bound is looked at too.
_ROUNDING = 2.0**-18
# With more groups at the bound than so many times k, there are ties without number.
_TIES = 16


def top_k(
    queries: np.ndarray,
    items: np.ndarray,
    k: int,
    allowed: np.ndarray | None = None,
    excluded: Sequence[np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The k items with the largest inner product, for each query.

    Scores are summed in float64 at the end, so that they do not depend on which other queries are
    asked together. Beyond the items it needs the memory of a block of scores and of 1/8 to 1/32
    of the scores of 64 queries; for one ``allowed`` that most items fail, a copy of the others.

    Args:
        queries: float32 [n, D], finite.
        items: float32 [N, D], finite; C-contiguous, or each block is copied.
        k: at least 1; may be larger than N.
        allowed: bool [N], or [n, N] where queries differ: what may be given. None allows all.
        excluded: n integer arrays of codes (rows of ``items``) that a query does not get.

    Returns:
        codes int64 [n, k], rows of ``items``, and scores float32 [n, k]; largest score first, the
        smaller code first where scores are equal. Where a query may get fewer than k items, -1
        and -inf stand at the end.

    Raises:
        ValueError: shapes that do not fit, k below 1, or numbers that are not finite.

    Example:
        >>> items = np.array([[1, 0], [0, 1], [1, 1], [1, 0]], np.float32)
        >>> codes, scores = top_k(np.array([[2, 1]], np.float32), items, 3)
        >>> codes.tolist(), scores.tolist()
        ([[2, 0, 3]], [[3.0, 2.0, 2.0]])
        >>> top_k(np.array([[2, 1]], np.float32), items, 3, excluded=[np.array([2, 3])])[0].tolist()
        [[0, 1, -1]]
    """
    queries, items = checked(queries, items, k)
    filters = Filters(allowed, excluded).checked(len(queries), len(items))
    shared = filters.allowed
    if shared is not None and shared.ndim == 1 and 2 * shared.sum() < len(items):
        return _among(np.flatnonzero(shared), queries, items, k, filters)
    codes, scores = nothing(len(queries), k)
    for start in range(0, len(queries) if len(items) else 0, _QUERIES):
        rows = slice(start, start + _QUERIES)
        _search(queries[rows], items, filters.take(rows), codes[rows], scores[rows])
    return codes, scores


def checked(queries: np.ndarray, items: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Both as float32, after a look at their shapes, at k and at the queries' numbers."""
    queries, items = np.asarray(queries, np.float32), np.asarray(items, np.float32)
    if queries.ndim != 2 or items.ndim != 2 or queries.shape[1] != items.shape[1]:
        raise ValueError(
            "queries are [n, D] and items [N, D] of one D. "
            f"Received: {list(queries.shape)} and {list(items.shape)}"
        )
    if k < 1:
        raise ValueError(f"k is a number of items, 1 or more. Received: {k}")
    if not np.isfinite(queries).all():
        raise ValueError("queries are finite numbers. Received: NaN or infinite ones")
    return queries, items


def nothing(queries: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes and scores of queries that have got nothing yet."""
    return np.full((queries, k), -1, np.int64), np.full((queries, k), -np.inf, np.float32)


def best(
    query: np.ndarray, items: np.ndarray, among: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The best of a few items for one query, at most k, in order.

    Args:
        query: float32 [D].
        items: float32 [N, D].
        among: int64 [c], codes without repetition.
        k: at least 1.

    Returns:
        codes int64 [m] and scores float32 [m], m the smaller of k and c.
    """
    scores = (items[among].astype(np.float64) @ query.astype(np.float64)).astype(np.float32)
    if len(among) > k:
        keep = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        among, scores = among[keep], scores[keep]
    order = np.lexsort((among, -scores))[:k]
    return among[order], scores[order]


def _among(
    kept: np.ndarray, queries: np.ndarray, items: np.ndarray, k: int, filters: Filters
) -> tuple[np.ndarray, np.ndarray]:
    """Search in a copy of the items that all queries may get: less than half of them."""
    excluded = None
    if filters.excluded is not None:
        excluded = [
            np.searchsorted(kept, codes[np.isin(codes, kept)]) for codes in filters.excluded
        ]
    codes, scores = top_k(queries, items[kept], k, None, excluded)
    found = codes >= 0
    codes[found] = kept[codes[found]]
    return codes, scores


def _search(
    queries: np.ndarray,
    items: np.ndarray,
    filters: Filters,
    codes: np.ndarray,
    scores: np.ndarray,
) -> None:
    """Fill the codes and scores [b, k] of a few queries."""
    k = codes.shape[1]
    layout = _Groups.of(len(queries), len(items), k)
    maxima = _group_maxima(queries, items, filters, layout)
    if not (maxima < np.inf).all():
        raise ValueError("items and scores are finite numbers. Received: NaN or infinite ones")
    place = max(maxima.shape[1] - k, 0)
    bounds = np.partition(maxima, place, axis=1)[:, place]
    for row, bound in enumerate(bounds):
        low = bound - _ROUNDING * abs(bound) if np.isfinite(bound) else bound
        groups = np.flatnonzero((maxima[row] >= low) & (maxima[row] > -np.inf))
        if len(groups) > _TIES * k:
            among = _tied(queries[row], items, filters.take(slice(row, row + 1)), k)
        else:
            among = layout.members(groups)
            among = among[filters.holds(row, among)]
        found, value = best(queries[row], items, among, k)
        codes[row, : len(found)], scores[row, : len(found)] = found, value


@dataclass(frozen=True)
class _Groups:
    """Where the groups of items are.

    Items are cut into blocks, and the members of a group lie a step apart in one block, so that
    maxima are taken of long rows at once: with a step of 3, items 0, 3, 6... are the first group.

    Args:
        items: N.
        size: items in a group, fewer in the last block's.
        step: between members of a group; as many groups are in a block.
    """

    items: int
    size: int
    step: int

    @classmethod
    def of(cls, queries: int, items: int, k: int) -> _Groups:
        """For so many queries: large groups leave few maxima, and more to look at one by one."""
        most = 16 if queries < _FEW else 32
        size = int(np.clip(np.sqrt(items / k) / 4, 8, most))
        width = min(_BLOCK // queries, _WIDTH, items)
        return cls(items, size, -(-width // size))

    @property
    def width(self) -> int:
        """Items in a block."""
        return self.size * self.step

    def steps(self) -> Iterator[tuple[int, int, int]]:
        """First item, end, and number of groups of each block; the last may have fewer."""
        for start in range(0, self.items, self.width):
            stop = min(start + self.width, self.items)
            yield start, stop, -(-(stop - start) // self.size)

    def members(self, groups: np.ndarray) -> np.ndarray:
        """Codes int64 of the items in the groups of these numbers."""
        block, place = np.divmod(groups, self.step)
        start = block * self.width
        stop = np.minimum(start + self.width, self.items)
        step = -(-(stop - start) // self.size)
        codes = (start + place)[:, None] + step[:, None] * np.arange(self.size)
        return codes[codes < stop[:, None]]


def _group_maxima(
    queries: np.ndarray, items: np.ndarray, filters: Filters, layout: _Groups
) -> np.ndarray:
    """The largest score of each group, float32 [b, G]."""
    count = len(queries)
    steps = list(layout.steps())
    maxima = np.empty((count, sum(step for _, _, step in steps)), np.float32)
    # One block's scores are written over another's: fresh memory costs as much as the sums.
    memory = np.empty(count * layout.width, np.float32)
    done = 0
    for start, stop, step in steps:
        scores = memory[: count * layout.size * step].reshape(count, layout.size * step)
        scores[:, stop - start :] = -np.inf
        product = scores[:, : stop - start]
        # What overflows is told by the caller, once, where it was allowed.
        with np.errstate(over="ignore", invalid="ignore"):
            np.matmul(queries, items[start:stop].T, out=product)
        filters.hide(product, start)
        grouped = scores.reshape(count, layout.size, step)
        np.max(grouped, axis=1, out=maxima[:, done : done + step])
        done += step
    return maxima


def _tied(query: np.ndarray, items: np.ndarray, filters: Filters, k: int) -> np.ndarray:
    """The best k codes of one query where very many items have the same score."""
    scores = np.empty((1, len(items)), np.float32)
    np.matmul(query[None], items.T, out=scores)
    filters.hide(scores, 0)
    found = scores[0]
    if len(found) > k:
        bound = np.partition(found, len(found) - k)[len(found) - k]
        above = np.flatnonzero(found > bound)
        found_codes = np.concatenate([above, np.flatnonzero(found == bound)[: k - len(above)]])
    else:
        found_codes = np.arange(len(found))
    return found_codes[found[found_codes] > -np.inf]
