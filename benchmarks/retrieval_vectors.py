"""Trained vectors of a million items: a market is simulated, and implicit least squares learns it.

50,000 customers like a few of 4,000 cells (a category and a style in it), an item belongs to one
and is bought by 4 customers or more, mostly those who like its cell, popular ones by thousands.
Customers and the 30,000 items bought most are trained alternately (Hu, Koren and Volinsky, 2008);
then every other item gets the vector that the same least squares give it from its own buyers, the
customers fixed, which is what one more half-sweep over all items would compute. So the million is
trained, not copied or blurred.

Run: ``python benchmarks/retrieval_vectors.py OUT.npz`` (half a CPU-minute, seeded), or
``python benchmarks/retrieval_vectors.py OUT.npz Beauty.txt``: vectors of a real shop, from one line
a customer with the items in order.
"""

from __future__ import annotations

import sys

import numpy as np

from solutions.retail_recommender.next_item.least_squares import alternate, solve

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


def capped(
    rows: np.ndarray, others: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Interactions int64 [T] of which every row keeps MOST at the most, drawn at random."""
    order = np.lexsort((rng.random(len(rows)), rows))
    rows, others = rows[order], others[order]
    kept = np.arange(len(rows)) - np.searchsorted(rows, rows) < MOST
    return rows[kept], others[kept]


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
        bought = capped(some_users, some_items, rng)
        customers = solve(*bought, USERS, vectors, CONFIDENCE, STRENGTH)
        buyers = capped(some_items, some_users, rng)
        vectors = solve(*buyers, HEAD, customers, CONFIDENCE, STRENGTH)
        fit = np.einsum("nd,nd->n", customers[some_users[::50]], vectors[some_items[::50]])
        print(f"sweep {sweep + 1}: mean score of what was bought {fit.mean():.3f}", flush=True)
    everything = solve(*capped(items, users, rng), ITEMS, customers, CONFIDENCE, STRENGTH)
    np.savez(path, items=everything, users=customers)


def shop(path: str, lines: str) -> None:
    """Write the vectors of all customers and items of a file with one line a customer."""
    with open(lines, encoding="utf-8") as text:
        bought = [line.split()[1:] for line in text]
    users = np.repeat(np.arange(len(bought)), [len(items) for items in bought])
    names, items = np.unique(np.concatenate(bought), return_inverse=True)
    users, items = np.divmod(np.unique(users * len(names) + items), len(names))
    shape = len(bought), len(names)
    customers, goods = alternate(users, items, shape, width=WIDTH, sweeps=SWEEPS)
    np.savez(path, items=goods, users=customers)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        shop(*sys.argv[1:3])
    else:
        main(sys.argv[1])
