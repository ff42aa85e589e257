"""A few patches that stand for many: greedy k-centre, on a random projection."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Distances are compared in so many dimensions; more change the choice hardly and take longer.
_PROJECTED = 64


def coreset(
    features: np.ndarray,
    size: int,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """The rows that, taken one after the other, are each farthest from those taken before.

    So every row has a near one among the chosen, however rare its kind, and the memory is as large
    as asked however many pictures were given.

    Args:
        features: float32 [n, D].
        size: how many to choose; all where there are fewer.
        rng: of the first one and of the projection.
        progress: told how many of how many are chosen.

    Returns:
        their positions, int64 [m], in the order of choice.

    Source:
        Roth et al., Towards Total Recall in Industrial Anomaly Detection (PatchCore), 2022.

    Example:
        >>> grid = np.array([[0.0], [0.1], [5.0], [9.0], [9.1]], np.float32)
        >>> sorted(coreset(grid, 3, np.random.default_rng(0)).tolist())
        [0, 2, 4]
    """
    n, depth = features.shape
    if n <= size:
        return np.arange(n)
    points = features
    if depth > _PROJECTED:
        mix = rng.normal(0, _PROJECTED**-0.5, (depth, _PROJECTED)).astype(np.float32)
        points = features @ mix
    squares = (points**2).sum(axis=1)
    nearest = np.full(n, np.inf, np.float32)
    chosen = np.empty(size, np.int64)
    at = int(rng.integers(n))
    for place in range(size):
        chosen[place] = at
        np.minimum(nearest, squares + squares[at] - 2 * (points @ points[at]), out=nearest)
        at = int(nearest.argmax())
        if place % 50 == 0:
            progress(place, size)
    progress(size, size)
    return chosen
