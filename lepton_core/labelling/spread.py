"""Pictures that differ from each other: the farthest one next, again and again."""

from __future__ import annotations

import numpy as np


def k_centre(
    features: np.ndarray, n: int, first: int | None = None, known: np.ndarray | None = None
) -> np.ndarray:
    """Positions of ``n`` rows, each the farthest from all that were taken before it.

    Args:
        features: float [m, F].
        n: how many, at most m.
        first: the row that begins; where None, the one farthest from ``known``, or without any
            the one farthest from the mean.
        known: float [k, F], rows that are there already (of labelled pictures).

    Returns:
        int64 [n], in the order of taking. The largest distance of any row to its nearest taken one
        is at most twice the least possible.

    Source:
        Gonzalez, Clustering to Minimize the Maximum Intercluster Distance, 1985; for choosing what
        to label: Sener and Savarese, Active Learning for CNNs: A Core-Set Approach, 2018.

    Example:
        >>> k_centre(np.array([[0.0], [0.1], [5.0], [9.0]]), 3, first=0).tolist()
        [0, 3, 2]
    """
    x = np.asarray(features, np.float64)
    n = min(n, len(x))
    if not n:
        return np.empty(0, np.int64)
    nearest = np.full(len(x), np.inf)
    if known is not None and len(known):
        # One after the other: all distances at once would take gigabytes for large pools.
        for row in np.asarray(known, np.float64):
            np.minimum(nearest, _squared(x, row), out=nearest)
    if first is None:
        start = nearest if np.isfinite(nearest).all() else _squared(x, x.mean(axis=0))
        first = int(np.argmax(start))
    taken = [first]
    while len(taken) < n:
        np.minimum(nearest, _squared(x, x[taken[-1]]), out=nearest)
        nearest[taken] = -1.0
        taken.append(int(np.argmax(nearest)))
    return np.array(taken, np.int64)


def _squared(x: np.ndarray, row: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.square(x - row).sum(axis=1)
    return found
