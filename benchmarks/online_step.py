"""Scoring as payments come, with 100,000 cards active, beside LightGBM on the same features.

    python benchmarks/online_step.py [--bundle fraud_rnn@sample] [--cards 100000] [--batch 1024]

All in one process and one run, on one thread each, on the same records of the task's own generator.
The days before fill the memory; the last records are measured. LightGBM has 200 trees of 31 leaves,
trained on the same features.

- The step alone: the model's ONNX step, each card's state gathered before and scattered after.
- The same features computed, and the step: what LightGBM's last row is compared with.
- With features, state, answered ids and decision: `Session.take` of checked records, counters of
  cards and terminals included; and `Session.step`, which also checks.
- LightGBM with the features given, and with the same features computed by the same engine.
- Single transactions: `OnlineSession.step_one` of a plain dictionary, everything included, beside
  the bare ONNX step (on the same arrays over and over, and on the cards' own states), and
  LightGBM's single-row calls with the features given: `Booster.predict`, and the fast call of its
  C library.
"""

from __future__ import annotations

import argparse
import ctypes
import time
from collections.abc import Callable, Iterable
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.bundle import load_bundle
from lepton_core.checking import check
from lepton_core.pipeline import Pipeline, Session
from lepton_core.scoring.online import OnlineSession
from lepton_core.solution import resolve
from solutions.fraud_rnn.transactions.preprocessing import columns

# Records that fill the memory: most cards come several times.
BEFORE = 900_000
# Cards of a world of the generator; many worlds stand side by side.
A_COPY = 5000

IDS = ("card", "terminal")
State = dict[str, np.ndarray]


def transactions(generate: Callable[..., pa.Table], copies: int, n: int) -> pa.Table:
    """The last ``n`` transactions, in order of time, of as many worlds of the generator."""
    world = generate(seed=3, cards=A_COPY, terminals=500, days=30)
    world = world.slice(max(world.num_rows - n // copies, 0))
    worlds = []
    for copy in range(copies):
        ids = {name: pc.binary_join_element_wise(str(copy), world[name], "-") for name in IDS}
        shifted = pc.add(world["time"], pa.scalar(copy, pa.duration("us")))
        worlds.append(
            pa.table({"time": shifted, **ids, "amount": world["amount"], "label": world["label"]})
        )
    table = pa.concat_tables(worlds).sort_by("time").combine_chunks()
    ids = pa.array([f"t{row:08d}" for row in range(table.num_rows)])
    return table.append_column("record_id", ids)


def rate(
    start: Callable[[], Any], work: Callable[[Any, int], object], n: int, batch: int, repeats: int
) -> tuple[float, float]:
    """Records a CPU-second and a second, of the best of some repetitions.

    Args:
        start: what a repetition begins with; not measured.
        work: takes that and the first row of each batch.
        n: records.
        batch: records a batch.
        repeats: repetitions.
    """
    cpu, wall = [], []
    for _ in range(repeats):
        given = start()
        cpu_start, wall_start = time.process_time(), time.perf_counter()
        for first in range(0, n, batch):
            work(given, first)
        cpu.append(time.process_time() - cpu_start)
        wall.append(time.perf_counter() - wall_start)
    return n / min(cpu), n / min(wall)


def latency(work: Callable[[Any], object], given: Iterable[Any]) -> tuple[float, float]:
    """Median and 99th percentile of a call, in microseconds; the first tenth warms up."""
    took = []
    for one in given:
        start = time.perf_counter()
        work(one)
        took.append(time.perf_counter() - start)
    p50, p99 = np.percentile(np.array(took[len(took) // 10 :]) * 1e6, [50, 99])
    return float(p50), float(p99)


def restored(pipeline: Pipeline, state: State, kind: type[Session] = Session) -> Session:
    """A session with the memory of the days before."""
    session = kind(pipeline) if kind is OnlineSession else Session(pipeline, on_repeat="answer")
    session.restore(state)
    return session


def fast_row_call(trees: lightgbm.Booster, n_features: int) -> Callable[[np.ndarray], float]:
    """LightGBM's fastest call for one row, which its Python package does not offer."""
    library = lightgbm.basic._LIB
    config, length, out = ctypes.c_void_p(), ctypes.c_int64(), ctypes.c_double()
    lightgbm.basic._safe_call(
        library.LGBM_BoosterPredictForMatSingleRowFastInit(
            trees._handle,
            ctypes.c_int(0),
            ctypes.c_int(0),
            ctypes.c_int(-1),
            ctypes.c_int(1),  # float64
            ctypes.c_int32(n_features),
            ctypes.c_char_p(b"num_threads=1"),
            ctypes.byref(config),
        )
    )
    call, to_length, to_out = (
        library.LGBM_BoosterPredictForMatSingleRowFast,
        ctypes.byref(length),
        ctypes.byref(out),
    )

    def predict(row: np.ndarray) -> float:
        call(config, ctypes.c_void_p(row.ctypes.data), to_length, to_out)
        return out.value

    return predict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", default="fraud_rnn@sample", metavar="TASK|BUNDLE")
    parser.add_argument("--cards", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    address = resolve(given.bundle)
    pipeline = load_bundle(address.bundle_or_default(), threads=1)
    task, n, batch = pipeline.task, given.rows, given.batch

    sample = transactions(task.hook(task.sample), given.cards // A_COPY, BEFORE + n)
    n_before = sample.num_rows - n
    before, now = sample.slice(0, n_before), sample.slice(n_before).drop_columns(["label"])
    session = Session(pipeline, on_repeat="answer")
    for first in range(0, n_before, 8192):
        session.step(before.slice(first, 8192))
    state = session.export_state()
    active = len(state["history.order.state.last_us"])

    checked = check(before, task.inputs).table
    x_before = pipeline.preprocessor.transform(checked, None).arrays["x"]
    label = columns(checked)[4]
    trees = lightgbm.train(
        {"objective": "binary", "num_leaves": 31, "num_threads": 2, "verbose": -1},
        lightgbm.Dataset(x_before, (label == 1).astype(int)),
        num_boost_round=200,
    )
    records = check(now, task.inputs).table
    prepared = pipeline.preprocessor.transform(records, restored(pipeline, state)._history)
    x, slots = prepared.arrays["x"], prepared.slots
    assert slots is not None
    works = {f: pipeline.prepare(now.slice(f, batch), "", f) for f in range(0, n, batch)}

    def features(history: Any, first: int) -> np.ndarray:
        part = records.slice(first, batch)
        return pipeline.preprocessor.transform(part, history).arrays["x"]

    def begin() -> Session:
        return restored(pipeline, state)

    def history() -> Any:
        return begin()._history

    def trees_of(rows: np.ndarray) -> np.ndarray:
        return trees.predict(rows, num_threads=1)

    def step(session: Session, f: int) -> object:
        return session._run_steps(x[f : f + batch], slots[f : f + batch], None)

    def features_and_trees(history: Any, first: int) -> object:
        return trees_of(features(history, first))

    def features_and_step(session: Session, first: int) -> object:
        part = pipeline.preprocessor.transform(records.slice(first, batch), session._history)
        assert part.slots is not None
        return session._run_steps(part.arrays["x"], part.slots, part.moves)

    kinds: dict[str, tuple[Callable[[], Any], Callable[[Any, int], object]]] = {
        "the step alone": (begin, step),
        "the same features computed, and the step": (begin, features_and_step),
        "with features, state, answered ids and decision": (
            begin,
            lambda session, f: session.take(works[f]),
        ),
        "with the check too": (begin, lambda session, f: session.step(now.slice(f, batch))),
        "features alone": (history, features),
        "LightGBM, features given": (begin, lambda _, f: trees_of(x[f : f + batch])),
        "LightGBM, the same features computed": (history, features_and_trees),
    }
    print(
        f"{active:,} cards active, {n:,} records, bundle {pipeline.address}, batches of {batch}\n"
    )
    rates = {
        what: rate(start, work, n, batch, given.repeats) for what, (start, work) in kinds.items()
    }
    given_cpu = rates["LightGBM, features given"][0]
    computed_cpu = rates["LightGBM, the same features computed"][0]
    print(
        "| what | records per CPU-second | per second | over LightGBM, features given | computed |"
    )
    print("|---|---|---|---|---|")
    for what, (cpu, wall) in rates.items():
        over = f"{cpu / given_cpu:.2f} | {cpu / computed_cpu:.2f}"
        print(f"| {what} | {cpu:,.0f} | {wall:,.0f} | {over} |")

    few = 20_000
    plain = now.slice(0, few).to_pylist()
    online = restored(pipeline, state, OnlineSession)
    assert isinstance(online, OnlineSession)
    hidden = {name: values.copy() for name, values in begin()._hidden.items()}
    hot = {"x": x[:1], **{name: values[:1] for name, values in hidden.items()}}
    run = pipeline.runtime.run

    def own_state(row: int) -> None:
        at = slice(slots[row], slots[row] + 1)
        run("step", {"x": x[row : row + 1], **{n: values[at] for n, values in hidden.items()}})

    fast = fast_row_call(trees, x.shape[1])
    wide = x.astype(np.float64)
    one = begin()
    calls: dict[str, tuple[Callable[[Any], object], Iterable[Any]]] = {
        "OnlineSession.step_one, state included": (online.step_one, plain),
        "bare ONNX step, the same arrays": (lambda _: run("step", hot), range(few)),
        "bare ONNX step, the cards' states": (own_state, range(few)),
        "LightGBM, Booster.predict": (lambda row: trees_of(x[row : row + 1]), range(few)),
        "LightGBM, its C library's fast call": (lambda row: fast(wide[row]), range(few)),
        "Session.step of one record": (
            lambda row: one.step(now.slice(row, 1)),
            range(min(few, 3000)),
        ),
    }
    print("\n| single transaction | p50, microseconds | p99 | p50 over the bare step |")
    print("|---|---|---|---|")
    times = {what: latency(work, some) for what, (work, some) in calls.items()}
    bare = times["bare ONNX step, the cards' states"][0]
    for what, (p50, p99) in times.items():
        print(f"| {what} | {p50:.1f} | {p99:.1f} | {p50 / bare:.2f} |")


if __name__ == "__main__":
    main()
