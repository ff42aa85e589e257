"""Vectors of customers and items by alternating least squares on what was bought.

Each half-step is exact: customers fixed, every item's vector is the solution of a small linear
system of its own buyers. So one more half-step also gives a vector to an item (or a customer) that
training did not see, from its purchases.
"""

from __future__ import annotations

import numpy as np

# Rows that are solved together have at most so many interactions in all.
_TOGETHER = 400_000
_SIZES = 2 ** np.arange(2, 32)


def alternate(
    users: np.ndarray,
    items: np.ndarray,
    shape: tuple[int, int],
    *,
    width: int = 64,
    sweeps: int = 8,
    confidence: float = 10.0,
    strength: float = 1.0,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of all users and items, such that their products tell who bought what.

    Args:
        users: int64 [T], who bought; each pair of user and item once.
        items: int64 [T], what.
        shape: numbers of users and items, U and N.
        width: D, numbers in a vector.
        sweeps: times that both sides are solved.
        confidence: what a purchase weighs beyond the 1 of any pair.
        strength: of the regularisation.
        seed: of the items' first vectors.

    Returns:
        float32 [U, D] and [N, D]; zeros for a user or item without a purchase.

    Source:
        Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets, 2008.

    Example:
        >>> pairs = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 2], [3, 2], [3, 3], [2, 3]])
        >>> customers, goods = alternate(pairs[:, 0], pairs[:, 1], (4, 4), width=2)
        >>> bool((customers[0] @ goods[1]) > (customers[0] @ goods[2]))
        True
    """
    first = np.random.default_rng(seed).standard_normal((shape[1], width)).astype(np.float32)
    goods = first / np.float32(np.sqrt(width))
    customers = np.zeros((shape[0], width), np.float32)
    for _ in range(sweeps):
        customers = solve(users, items, shape[0], goods, confidence, strength)
        goods = solve(items, users, shape[1], customers, confidence, strength)
    return customers, goods


def solve(
    rows: np.ndarray,
    others: np.ndarray,
    count: int,
    fixed: np.ndarray,
    confidence: float = 10.0,
    strength: float = 1.0,
) -> np.ndarray:
    """The vectors of one side where those of the other are fixed, float32 [count, D].

    Of a row whose n interactions have the vectors Y, with F all of the other side, it is the
    solution of ``(F'F + s + c Y'Y) x = (1 + c) Y'1``; where n is below D, from the smaller system
    ``x = (1 + c) Z'(1 + c Y Z')^-1 1`` with ``Z = Y (F'F + s)^-1``.

    Args:
        rows: int64 [T], 0 to count - 1, whose vectors are sought.
        others: int64 [T], the other side of each interaction.
        count: rows in all.
        fixed: float32 [M, D], vectors of the other side.
        confidence: c, as in :func:`alternate`.
        strength: s.
    """
    width = fixed.shape[1]
    order = np.argsort(rows, kind="stable")
    others = others[order]
    starts = np.searchsorted(rows[order], np.arange(count + 1))
    numbers = np.diff(starts)
    gram = fixed.T @ fixed + strength * np.eye(width, dtype=np.float32)
    # The row behind the last is of zeros: padding, which adds nothing to any sum.
    padded = np.concatenate([fixed, np.zeros((1, width), np.float32)])
    turned = (padded @ np.linalg.inv(gram.astype(np.float64))).astype(np.float32)
    found = np.zeros((count, width), np.float32)
    sizes = np.searchsorted(_SIZES, numbers)
    for place in np.unique(sizes[numbers > 0]):
        size = int(_SIZES[place])
        mine = np.flatnonzero((sizes == place) & (numbers > 0))
        for part in np.array_split(mine, max(len(mine) * size // _TOGETHER, 1)):
            where = starts[part, None] + np.arange(size)
            real = where < starts[part + 1, None]
            which = np.where(real, others[np.minimum(where, len(others) - 1)], len(fixed))
            y = padded[which]
            if size <= width:
                z = turned[which]
                small = confidence * (y @ z.transpose(0, 2, 1)) + np.eye(size, dtype=np.float32)
                weights = np.linalg.solve(small, real[:, :, None].astype(np.float32))
                found[part] = (1 + confidence) * (weights.transpose(0, 2, 1) @ z)[:, 0]
            else:
                large = gram + confidence * (y.transpose(0, 2, 1) @ y)
                right = (1 + confidence) * y.sum(axis=1)
                found[part] = np.linalg.solve(large, right[:, :, None])[:, :, 0]
    return found
