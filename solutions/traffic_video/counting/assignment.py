"""Which of two sets belong together at the least cost: the assignment problem."""

from __future__ import annotations

import numpy as np


def assign(cost: np.ndarray, most: float) -> list[tuple[int, int]]:
    """Pairs of rows and columns, each at most once: as many as can be, at the least total cost.

    Pairs that cost more than ``most`` are none. What cannot touch each other is solved apart, so
    that the usual case of one row for one column costs nothing.

    Args:
        cost: float [n, m].
        most: the highest cost of a pair.

    Example:
        >>> assign(np.array([[1.0, 2.0], [1.0, 9.0]]), most=5.0)
        [(0, 1), (1, 0)]
    """
    possible = cost <= most
    pairs: list[tuple[int, int]] = []
    left = set(np.flatnonzero(possible.any(axis=1)).tolist())
    while left:
        rows, columns = _connected(possible, left.pop())
        left -= set(rows)
        if len(rows) == len(columns) == 1:
            pairs.append((rows[0], columns[0]))
            continue
        part = np.where(possible, cost, np.inf)[np.ix_(rows, columns)]
        pairs += [(rows[r], columns[c]) for r, c in _solve(part, most)]
    return sorted(pairs)


def _connected(possible: np.ndarray, row: int) -> tuple[list[int], list[int]]:
    rows, columns, new = {row}, set[int](), {row}
    while new:
        found = set(np.flatnonzero(possible[sorted(new)].any(axis=0)).tolist()) - columns
        columns |= found
        if not found:
            break
        new = set(np.flatnonzero(possible[:, sorted(found)].any(axis=1)).tolist()) - rows
        rows |= new
    return sorted(rows), sorted(columns)


def _solve(cost: np.ndarray, most: float) -> list[tuple[int, int]]:
    """Shortest augmenting paths (Jonker and Volgenant 1987), leaving a pair out priced at most."""
    n, m = cost.shape
    # A place of its own for each row to stay alone; more than any pair, so that pairs come first.
    alone = np.full((n, n), np.inf)
    np.fill_diagonal(alone, (most + 1.0) * (n + 1))
    padded = np.concatenate([np.where(np.isfinite(cost), cost, np.inf), alone], axis=1)
    width = m + n
    u, v = np.zeros(n), np.zeros(width)
    owner = np.full(width, -1)
    for start in range(n):
        shortest = np.full(width, np.inf)
        came = np.full(width, -1)
        done = np.zeros(width, bool)
        row, column, length = start, -1, 0.0
        while True:
            reduced = length + padded[row] - u[row] - v
            better = (reduced < shortest) & ~done
            shortest[better] = reduced[better]
            came[better] = row
            column = int(np.where(done, np.inf, shortest).argmin())
            length = float(shortest[column])
            done[column] = True
            if owner[column] < 0:
                break
            row = int(owner[column])
        u[start] += length
        others = np.flatnonzero(done & (owner >= 0))
        u[owner[others]] += length - shortest[others]
        v[done] -= length - shortest[done]
        while True:
            row = int(came[column])
            before = np.flatnonzero(owner == row)
            owner[column] = row
            if row == start:
                break
            column = int(before[0])
    return [(int(owner[c]), c) for c in range(m) if owner[c] >= 0]
