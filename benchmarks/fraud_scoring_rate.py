"""How many transactions a second of CPU are scored, beside model.predict and LightGBM.

python benchmarks/fraud_scoring_rate.py [--rows 60000] [--data fraud_sample|fraud_handbook]

All in one process and one run, on the same rows:

- lepton: `lepton score` from Parquet to Parquet, features, state and writing included;
- model.predict: the bundle's own Keras model on 32-step windows, its features given for nothing;
- LightGBM: 200 trees on the same features, with and without the cost of computing them.

CPU seconds count every thread.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pyarrow.parquet as pq

from lepton_core.bundle import load_bundle
from lepton_core.checking import check
from lepton_core.data.reading import load_records
from lepton_core.scoring.engine import score_files
from lepton_core.solution import find_task
from solutions.fraud_rnn.transactions.preprocessing import columns

STEPS = 32


def measured(work: Callable[[], object], repeats: int) -> float:
    """Least CPU seconds of some repetitions; the first call warms up and does not count."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def windows(x: np.ndarray, slots: np.ndarray) -> np.ndarray:
    """The last STEPS transactions of the card up to each row, zeros before its first."""
    order = np.argsort(slots, kind="stable")
    place = np.empty(len(slots), np.int64)
    place[order] = np.arange(len(slots))
    back = place[:, None] - np.arange(STEPS - 1, -1, -1)
    same = (back >= 0) & (slots[order[np.maximum(back, 0)]] == slots[:, None])
    out = x[order[np.maximum(back, 0)]]
    out[~same] = 0
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--data", default="fraud_sample")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()

    import lightgbm

    from lepton_core._keras import keras

    task = find_task("fraud_rnn")
    pipeline = load_bundle(task.bundle_for(given.data))
    assert pipeline.folder is not None
    raw = load_records(given.data, task.inputs).table
    records = check(raw.slice(max(raw.num_rows - given.rows, 0)), task.inputs).table
    n = records.num_rows
    prepared = pipeline.preprocessor.transform(records, pipeline.preprocessor.new_history())
    x, slots = prepared.arrays["x"], prepared.slots
    label = columns(records)[4]
    model = keras.saving.load_model(pipeline.folder / "models" / "main.keras", compile=False)
    trees = lightgbm.train(
        {"objective": "binary", "num_leaves": 31, "num_threads": 2, "verbose": -1},
        lightgbm.Dataset(x, (label == 1).astype(int)),
        num_boost_round=200,
    )
    few = np.linspace(0, n - 1, min(n, 8192)).astype(np.int64)
    some = windows(x, slots)[few]

    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder, "in.parquet"), Path(folder, "out.parquet")
        pq.write_table(records, source)

        def features() -> np.ndarray:
            history = pipeline.preprocessor.new_history()
            return pipeline.preprocessor.transform(records, history).arrays["x"]

        rates = {
            "lepton score, Parquet to Parquet": n
            / measured(lambda: score_files(pipeline, [source], out, overwrite=True), given.repeats),
            "model.predict as called by default, 32-step windows, features given": len(few)
            / measured(lambda: model.predict(some, verbose=0), given.repeats),
            "model.predict in batches of 512, 32-step windows, features given": len(few)
            / measured(lambda: model.predict(some, batch_size=512, verbose=0), given.repeats),
            "LightGBM, 200 trees, features given": n
            / measured(lambda: trees.predict(x, num_threads=2), given.repeats),
            "features alone": n / measured(features, given.repeats),
        }
    rates["LightGBM with the same features computed"] = 1 / (
        1 / rates["LightGBM, 200 trees, features given"] + 1 / rates["features alone"]
    )
    ours = rates["lepton score, Parquet to Parquet"]
    print(f"{n:,} transactions of {given.data}, bundle {pipeline.address}\n")
    print("| what | rows per CPU-second | lepton is |")
    print("|---|---|---|")
    for what, rate in rates.items():
        print(f"| {what} | {rate:,.0f} | {ours / rate:.2f} times it |")


if __name__ == "__main__":
    main()
