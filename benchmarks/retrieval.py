"""Top 10 of many items: exact and approximate search beside faiss' flat index, in one run.

Trained vectors come from ``benchmarks/retrieval_vectors.py`` (a simulated market), or are your own:
an ``.npz`` with ``items`` and ``users``. Queries are vectors of customers. Ways are timed in turn,
so that what else the machine does falls on all of them.

Run: ``python benchmarks/retrieval.py market.npz [--sizes 10000,100000,1000000] [--random]``
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

K, SEED, ASKED, FRESH = 10, 0, 400, 300
BATCHES = (1, 32, 256)
Timing = dict[str, tuple[float, float]]


def timed(ways: dict[str, Callable[[int], object]], rounds: int) -> Timing:
    """Median CPU and wall milliseconds of each way, called in turn with the round's number."""
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    wall: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(-1, rounds):
        for name, way in ways.items():
            started, began = time.process_time(), time.perf_counter()
            way(turn)
            if turn >= 0:  # the first round warms up
                cpu[name].append(1000 * (time.process_time() - started))
                wall[name].append(1000 * (time.perf_counter() - began))
    return {name: (statistics.median(cpu[name]), statistics.median(wall[name])) for name in ways}


def indexed(kind: str, items, asked, fresh, flat):  # type: ignore[no-untyped-def]
    """An approximate index, after a line on its recall and memory."""
    import numpy as np

    from lepton_core.retrieval import Approximate, top_k

    started = time.process_time()
    index = Approximate.build(items, asked, k=K)
    built = time.process_time() - started
    # Recall on queries that neither the settings nor the figure told were measured on.
    truth, found = top_k(fresh, items, K)[0], index.top_k(fresh, K)[0]
    recall = np.mean([np.isin(a, b).mean() for a, b in zip(truth, found, strict=True)])
    agree = (flat.search(fresh, K)[1] == truth).mean()
    size = index.state()[1]["index"].nbytes / 2**20
    extra = []
    for search in (lambda q: top_k(q, items, K), lambda q: index.top_k(q, K)):
        tracemalloc.start()
        search(fresh[:256])
        extra.append(tracemalloc.get_traced_memory()[1] / 2**20)
        tracemalloc.stop()
    print(
        f"| {kind} | {len(items):,} | recall {recall:.3f} (told {index.recall:.3f}) | "
        f"{index.probes} lists, {index.fetch} x k | items {items.nbytes / 2**20:.0f} MB, "
        f"index {size:.0f} MB | beyond them {extra[0]:.1f} and {extra[1]:.1f} MB | "
        f"built in {built:.0f} CPU-s | same codes as faiss {agree:.4f} |",
        flush=True,
    )
    return index


def measure(kind: str, items, users, given: argparse.Namespace) -> None:  # type: ignore[no-untyped-def]
    """Print the lines of one set of vectors."""
    import faiss

    from lepton_core.retrieval import top_k

    asked, timing = users[:ASKED], users[ASKED:]
    flat = faiss.IndexFlatIP(items.shape[1])
    flat.add(items)
    ways: dict[str, Callable[[Any], object]] = {
        "faiss": lambda some: flat.search(some, K),
        "exact": lambda some: top_k(some, items, K),
    }
    if not given.exact:
        index = indexed(kind, items, asked, timing[-FRESH:], flat)
        ways["approximate"] = lambda some: index.top_k(some, K)
    for batch in BATCHES:

        def queries(turn: int, batch: int = batch):  # type: ignore[no-untyped-def]
            start = (turn + 1) * batch % (len(timing) - batch)
            return timing[start : start + batch]

        took = timed(
            {
                name: lambda turn, way=way, queries=queries: way(queries(turn))
                for name, way in ways.items()
            },
            given.rounds * (5 if batch == 1 else 1),
        )
        each = " | ".join(f"{cpu / batch:.3f} / {wall / batch:.3f}" for cpu, wall in took.values())
        ratios = [
            f"{took['exact'][clock] / took[name][clock]:.2f}"
            for clock in (0, 1)
            for name in ways
            if name != "exact"
        ]
        print(f"| {kind} | {len(items):,} | {batch} | {each} | {' | '.join(ratios)} |", flush=True)


def main() -> None:
    """Print a line of recall and memory, and three of times, for each size."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("vectors", help=".npz with items [N, D] and users [n, D], float32")
    asked.add_argument("--sizes", default="10000,30000,100000,300000,1000000")
    asked.add_argument("--random", action="store_true", help="Gaussian vectors of the same shapes")
    asked.add_argument("--exact", action="store_true", help="exact search and its peer alone")
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--rounds", type=int, default=7)
    given = asked.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(given.threads)  # read when NumPy and faiss are loaded
    # A thread that waits sleeps: on a machine that is not idle, spinning would count as work.
    os.environ |= {"OMP_WAIT_POLICY": "passive", "OPENBLAS_THREAD_TIMEOUT": "4"}
    import faiss
    import numpy as np

    faiss.omp_set_num_threads(given.threads)
    rng = np.random.default_rng(SEED)
    with np.load(given.vectors, allow_pickle=False) as stored:
        items, users = stored["items"], stored["users"]
    users = users[rng.permutation(len(users))]
    if given.random:
        items = rng.standard_normal(items.shape, dtype=np.float32)
        users = rng.standard_normal(users.shape, dtype=np.float32)
    print(f"{given.threads} threads; times in ms a query, CPU / wall; the median of rounds")
    print(
        "| vectors | items | batch | faiss flat | exact | approximate | CPU: exact / faiss | "
        "exact / approximate | wall: exact / faiss | exact / approximate |"
    )
    for size in (int(text) for text in given.sizes.split(",")):
        some = items if size >= len(items) else items[rng.choice(len(items), size, replace=False)]
        measure("random" if given.random else "trained", some, users, given)


if __name__ == "__main__":
    main()
