"""Trained vectors of a million items: a market is simulated, and implicit least squares learns it.

50,000 customers like a few of 4,000 cells (a category and a style in it), an item belongs to one
and is bought by 4 customers or more, mostly those who like its cell, popular ones by thousands.
Customers and the 30,000 items bought most are trained alternately (Hu, Koren and Volinsky, 2008);
then every other item gets the vector that the same least squares give it from its own buyers, the
customers fixed, which is what one more half-sweep over all items would compute. So the million is
trained, not copied or blurred.

Run: ``python benchmarks/retrieval_vectors.py OUT.npz`` (2 to 3 CPU-minutes, seeded).
"""

from __future__ import annotations

import sys

import numpy as np

USERS, ITEMS, HEAD, WIDTH = 50_000, 1_000_000, 30_000, 64
CATEGORIES, STYLES, LIKED = 500, 8, 6
SWEEPS, CONFIDENCE, STRENGTH = 4, 10.0, 1.0
# Interactions of a customer or item that are used; the rest is left out at random.
MOST = 128


def market(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Who bought what: users int64 [T] and items int64 [T], without repetition."""
    # A customer's cells lie in two or three categories that neighbour each other.
    home = rng.integers(CATEGORIES, size=USERS)
    near = (home[:, None] + rng.integers(-2, 3, (USERS, LIKED))) % CATEGORIES
    cells = (near * STYLES + rng.integers(STYLES, size=(USERS, LIKED))).ravel()
    fans = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[fans], np.arange(CATEGORIES * STYLES + 1))
    cell = rng.integers(CATEGORIES * STYLES, size=ITEMS)
    sold = (4 + np.minimum(rng.pareto(1.3, ITEMS) * 2, 3_000)).astype(np.int64)
    items = np.repeat(np.arange(ITEMS), sold)
    low, high = starts[cell[items]], starts[cell[items] + 1]
    among = (rng.random(len(items)) * (high - low)).astype(np.int64)
    fan = fans[np.minimum(low + among, len(fans) - 1)]
    stranger = rng.random(len(items)) < 0.15
    users = np.where(stranger | (high == low), rng.integers(USERS, size=len(items)), fan // LIKED)
    once = np.unique(users * ITEMS + items)
    return np.divmod(once, ITEMS)


def solve(
    rows: np.ndarray, others: np.ndarray, count: int, fixed: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The vectors of one side where the other's are fixed, float32 [count, WIDTH].

    ``(F'F + s + c Y'Y) x = (1 + c) Y'1`` for the vectors Y of a row's interactions, solved as
    ``x = (1 + c) Z'(1 + c Z Y')^-1 1`` with ``Z = Y (F'F + s)^-1``: a system of a row's few
    interactions in the place of one of the width.

    Args:
        rows: int64 [T], whose vectors are sought.
        others: int64 [T], the other side of each interaction.
        fixed: float32 [M, WIDTH].
    """
    order = np.lexsort((rng.random(len(rows)), rows))
    rows, others = rows[order], others[order]
    starts = np.searchsorted(rows, np.arange(count + 1))
    numbers = np.minimum(np.diff(starts), MOST)
    inverse = np.linalg.inv(fixed.T @ fixed + STRENGTH * np.eye(WIDTH)).astype(np.float32)
    turned = fixed @ inverse
    found = np.zeros((count, WIDTH), np.float32)
    padded = np.concatenate([fixed, np.zeros((1, WIDTH), np.float32)])
    padded_turned = np.concatenate([turned, np.zeros((1, WIDTH), np.float32)])
    for size in (4, 6, 8, 12, 16, 32, 64, MOST):
        mine = np.flatnonzero((numbers > 0) & (numbers <= size))
        numbers[mine] = 0
        for part in np.array_split(mine, max(len(mine) * size // 400_000, 1)):
            place = starts[part, None] + np.arange(size)
            real = place < np.minimum(starts[part + 1], starts[part] + MOST)[:, None]
            which = np.where(real, others[np.minimum(place, len(others) - 1)], len(fixed))
            y, z = padded[which], padded_turned[which]
            small = CONFIDENCE * (z @ y.transpose(0, 2, 1)) + np.eye(size, dtype=np.float32)
            right = np.linalg.solve(small, np.ones((len(part), size, 1), np.float32))
            found[part] = (1 + CONFIDENCE) * (right.transpose(0, 2, 1) @ z)[:, 0]
    return found


def main(path: str) -> None:
    """Write ``items`` float32 [1M, 64] and ``users`` float32 [50k, 64]."""
    rng = np.random.default_rng(0)
    users, items = market(rng)
    sold = np.bincount(items, minlength=ITEMS)
    print(f"{len(items):,} interactions, {sold.min()} to {sold.max()} an item", flush=True)
    head = np.argsort(-sold)[:HEAD]
    place = np.full(ITEMS, -1)
    place[head] = np.arange(HEAD)
    known = place[items] >= 0
    some_users, some_items = users[known], place[items[known]]
    vectors = rng.standard_normal((HEAD, WIDTH)).astype(np.float32) / 10
    for sweep in range(SWEEPS):
        customers = solve(some_users, some_items, USERS, vectors, rng)
        vectors = solve(some_items, some_users, HEAD, customers, rng)
        fit = np.einsum("nd,nd->n", customers[some_users[::50]], vectors[some_items[::50]])
        print(f"sweep {sweep + 1}: mean score of what was bought {fit.mean():.3f}", flush=True)
    everything = solve(items, users, ITEMS, customers, rng)
    np.savez(path, items=everything, users=customers)


if __name__ == "__main__":
    main(sys.argv[1])
