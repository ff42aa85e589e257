"""Batch scoring of a table task beside a hand-written loop; memory, cores and a cold start.

    python benchmarks/batch_scoring.py TASK|BUNDLE --rows 2000000

The task is one of ``lepton new NAME --task table``: a TablePreprocessor, one model, two classes.
Its own generator gives the records, repeated with fresh ids. The hand-written loop does what a good
engineer would write for this one bundle and no other: pyarrow reads and writes, NumPy prepares,
ONNX Runtime scores, a threshold decides. It checks nothing, refuses nothing and cannot be resumed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BATCH_ROWS = 16_384


def make_input(target: str, path: Path, rows: int) -> None:
    """Write ``rows`` records of the task's generator as Parquet, each id once."""
    from lepton_core.solution import resolve

    task = resolve(target).task
    sample = task.hook(task.sample)(seed=5)
    names = [c.name for c in task.inputs if c.name in sample.column_names and c.role != "label"]
    sample = sample.select(names)
    at = names.index("record_id")
    writer = None
    for start in range(0, rows, 200_000):
        count = min(200_000, rows - start)
        part = pa.concat_tables([sample] * (-(-count // sample.num_rows))).slice(0, count)
        ids = pa.array([f"r{row:09d}" for row in range(start, start + count)])
        part = part.set_column(at, "record_id", ids).combine_chunks()
        writer = writer or pq.ParquetWriter(path, part.schema, compression="zstd")
        writer.write_table(part)
    assert writer is not None
    writer.close()


def hand_written(bundle: Path, source: Path, out: Path) -> None:
    """The loop for this bundle alone; a task's own derived columns are its own one line."""
    import onnxruntime

    from lepton_core.solution import resolve

    derive = resolve(str(bundle)).task.hook("preprocessing:RecordPreprocessor").derive

    state = json.loads((bundle / "preprocessor.json").read_text())
    decision = json.loads((bundle / "decision.json").read_text())
    numbers, texts = state["numbers"], state["texts"]
    flags = [number for number in numbers if number["missing"]]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(bundle / "models/main.onnx"), options, providers=["CPUExecutionProvider"]
    )
    classes = pa.array(decision["classes"])
    writer = None
    reader = pq.ParquetFile(source)
    for read in reader.iter_batches(BATCH_ROWS, use_threads=False):
        table = derive(None, pa.Table.from_batches([read]))
        batch = table.combine_chunks().to_batches()[0]
        n = batch.num_rows
        x = np.zeros((n, len(state["features"])), np.float32)
        for place, number in enumerate(numbers):
            values = pc.fill_null(batch.column(number["name"]).cast(pa.float64()), number["mean"])
            x[:, place] = (values.to_numpy() - number["mean"]) / number["std"]
        np.clip(x, -10, 10, out=x)
        at = len(numbers)
        for number in flags:
            x[:, at] = batch.column(number["name"]).is_null().to_numpy(zero_copy_only=False)
            at += 1
        for text in texts:
            column = batch.column(text["name"])
            width = len(text["categories"])
            places = pc.index_in(column, pa.array(text["categories"]), skip_nulls=True)
            found = pc.fill_null(places, width).to_numpy()
            ends = text["other"] + text["missing"]
            if column.null_count and text["missing"]:
                absent = column.is_null().to_numpy(zero_copy_only=False)
                found = np.where(absent, width + text["other"], found)
            known = found < width + ends
            x[np.flatnonzero(known), at + found[known]] = 1.0
            at += width + ends
        score = session.run(["score"], {"x": x})[0]
        probability = 1 / (1 + np.exp(-(decision["slope"] * score + decision["offset"])))
        codes = (probability >= decision["threshold"]).astype(np.int32)
        low, high = decision["band"]
        scored = pa.table(
            {
                "record_id": batch.column("record_id"),
                "score": score,
                "probability": probability.astype(np.float32),
                "label": pa.DictionaryArray.from_arrays(codes, classes).cast(pa.string()),
                "review": (probability >= low) & (probability <= high) & (high > 0),
                "bundle": pa.repeat(bundle.name, n),
            }
        )
        if writer is None:
            writer = pq.ParquetWriter(
                out, scored.schema, compression="zstd", use_dictionary=["label", "bundle"]
            )
        writer.write_table(scored)
    assert writer is not None
    writer.close()


def engine(bundle: Path, source: Path, out: Path, threads: int) -> None:
    """``lepton score`` from Parquet into a folder of parts."""
    from lepton_core.bundle import load_bundle
    from lepton_core.scoring.engine import score_files
    from lepton_core.scoring.run import Options

    pipeline = load_bundle(bundle, threads=1)
    score_files(pipeline, [source], out, Options(threads=threads), overwrite=True)


def measured(call: Callable[[], None]) -> tuple[float, float]:
    """CPU seconds and wall seconds of a call, in a child that shares nothing with the next."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        before = os.times()
        call()
        after = os.times()
        cpu = after.user + after.system - before.user - before.system
        os.write(write, json.dumps([cpu, after.elapsed - before.elapsed]).encode())
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, "the measured call failed; its error stands above"
    os.close(write)
    with os.fdopen(read) as told:
        cpu, wall = json.loads(told.read())
    return cpu, wall


def both_at_once(call: Callable[[int], None]) -> float:
    """Wall seconds of two processes that each do the whole work: what two cores can give here."""
    before = os.times().elapsed
    children = []
    for number in range(2):
        child = os.fork()
        if child == 0:
            call(number)
            os._exit(0)
        children.append(child)
    for child in children:
        _, status = os.waitpid(child, 0)
        assert status == 0
    return os.times().elapsed - before


def peak_mb(command: list[str]) -> tuple[float, float]:
    """Peak memory in MB and CPU seconds of a process of its own.

    Started from a small process, since a child inherits its parent's peak.
    """
    code = (
        "import json,resource,subprocess,sys;subprocess.run(sys.argv[1:],check=True,"
        "stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL);"
        "r=resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(json.dumps([r.ru_maxrss/1024,r.ru_utime+r.ru_stime]))"
    )
    told = subprocess.run(
        [sys.executable, "-S", "-c", code, *command], check=True, capture_output=True, text=True
    )
    mb, cpu = json.loads(told.stdout)
    return mb, cpu


def rate(name: str, rows: int, times: list[tuple[float, float]]) -> dict[str, Any]:
    """The best of several runs as a row of the table."""
    cpu, wall = min(cpu for cpu, _ in times), min(wall for _, wall in times)
    return {"name": name, "cpu": rows / cpu, "wall": rows / wall, "seconds": wall}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", metavar="TASK|BUNDLE")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="*", default=[200_000, 2_000_000, 10_000_000])
    given = parser.parse_args()

    # Loaded before anything is measured, for both sides alike: a cold start has its own line.
    import onnxruntime  # noqa: F401

    import lepton_core.bundle
    import lepton_core.runtime.onnx
    import lepton_core.scoring.engine  # noqa: F401
    from lepton_core.solution import resolve

    task = resolve(given.target).task
    task.hook(task.preprocessor)
    bundle = resolve(given.target).bundle_or_default().resolve()
    lepton = str(Path(sys.executable).with_name("lepton"))
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        source = folder / "in.parquet"
        make_input(given.target, source, given.rows)
        _rates(given, bundle, source, folder)
        print("\n| rows | peak memory, whole process | CPU seconds |\n|---|---|---|")
        for rows in given.memory:
            large = folder / f"in{rows}.parquet"
            make_input(given.target, large, rows)
            out = str(folder / f"out{rows}")
            mb, cpu = peak_mb([lepton, "score", str(bundle), str(large), "--out", out])
            print(f"| {rows:,} | {mb:,.0f} MB | {cpu:.1f} |", flush=True)
            large.unlink()
        one = folder / "one.parquet"
        pq.write_table(pq.read_table(source).slice(0, 1), one)
        runs = [
            peak_mb([lepton, "score", str(bundle), str(one), "--out", str(folder / f"o{n}.csv")])
            for n in range(5)
        ]
        cold = sorted(cpu for _, cpu in runs)
        print(
            f"\nCold start, one record: {cold[0]:.2f} to {cold[-1]:.2f} CPU-s, {runs[0][0]:,.0f} MB"
        )


def _rates(given: Any, bundle: Path, source: Path, folder: Path) -> None:
    calls: dict[str, Callable[[], None]] = {
        "hand-written loop": lambda: hand_written(bundle, source, folder / "hand.parquet"),
        "lepton, one thread": lambda: engine(bundle, source, folder / "one", 1),
        "lepton, two threads": lambda: engine(bundle, source, folder / "two", 2),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(given.repeats):
        # In turn, so that a busy minute of the machine falls on all of them.
        for name, call in calls.items():
            times[name].append(measured(call))
    rows = [rate(name, given.rows, times[name]) for name in calls]
    print(f"{given.rows:,} records, bundle {bundle.name}, best of {given.repeats}\n")
    print("| what | rows per CPU-second | beside the loop | rows per second |\n|---|---|---|---|")
    for row in rows:
        share = row["cpu"] / rows[0]["cpu"]
        print(f"| {row['name']} | {row['cpu']:,.0f} | {share:.2f} | {row['wall']:,.0f} |")
    pair = both_at_once(lambda number: engine(bundle, source, folder / f"both{number}", 1))
    one, two = rows[1]["seconds"], rows[2]["seconds"]
    print(f"\nTwo threads over one: {one / two:.2f} times as fast.")
    print(f"Two processes with the whole work each, the machine's own limit: {2 * one / pair:.2f}.")
    _compare(folder)


def _compare(folder: Path) -> None:
    """The loop and the engine answer alike, or the ratio means nothing."""
    ours = pq.read_table(folder / "one")
    theirs = pq.read_table(folder / "hand.parquet")
    assert ours.column("record_id").equals(theirs.column("record_id"))
    gap = np.abs(ours.column("probability").to_numpy() - theirs.column("probability").to_numpy())
    print(f"Largest difference in probability between the two: {gap.max():.1e}")
    assert ours.column("label").equals(theirs.column("label"))


if __name__ == "__main__":
    main()
