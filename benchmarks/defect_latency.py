"""How long a part of 1024 x 1024 takes, beside decoding it and the bare ONNX call.

    python benchmarks/defect_latency.py [BUNDLE...] [--input FOLDER] [--parts 200] [--threads 2]

In one process and one run, part by part in turn on the same bytes:

- bare: `cv2.imdecode`, and ONNX Runtime on the tiles of that part, which are there already, with
  the threads and options that scoring has;
- lepton: a record of these bytes through a session: hash, check, decoding, gate, tiles, network,
  merging, decision, predictions.

Where time goes beyond bare is told as well: each step by itself, the rest is check and decision.
Without --input, pictures of the bundle's own sample are continued by their mirror image. Name
bundles that were trained on parts of about this size: one for small pictures cuts a large one into
hundreds of small tiles, which is slow and says nothing of a line.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np
import pyarrow as pa

from lepton_core.bundle import load_bundle
from lepton_core.data.lookup import load_records
from lepton_core.machine import OthersAtWork, processor
from lepton_core.pipeline import Pipeline
from lepton_core.records.picture_parts import Picture
from lepton_core.records.pictures import image_array
from lepton_core.scoring.latency import resized
from lepton_core.solution import resolve

SIDE = 1024
LEAST = 20


def usable(pipeline: Pipeline, records: pa.Table) -> pa.Table:
    """The records that are scored; a refused one would take less time."""
    kept = [
        row
        for row in range(min(records.num_rows, 40))
        if len(pipeline.score(records.slice(row, 1)))
    ]
    if not kept:
        raise SystemExit(f"{pipeline.address} refuses all of these pictures; give --input")
    return records.take(pa.array(kept))


def timed(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(pipeline: Pipeline, records: pa.Table, parts: int) -> dict[str, np.ndarray]:
    """Seconds of each part, float64 [parts], by what was done."""
    session = pipeline.open_session("trust")
    preprocessor, runtime = pipeline.preprocessor, pipeline.runtime
    flag = cv2.IMREAD_GRAYSCALE if getattr(preprocessor, "channels", 1) == 1 else cv2.IMREAD_COLOR
    rows = [records.slice(row, 1) for row in range(records.num_rows)]
    ready = [preprocessor.transform(row) for row in rows]
    names = ("bare", "lepton", "decode", "onnx", "preprocessing", "gather")
    took: dict[str, list[float]] = {name: [] for name in names}
    for number in range(parts + LEAST):
        row, prepared = rows[number % len(rows)], ready[number % len(rows)]
        data = row["image"][0].as_py()["bytes"]
        encoded = np.frombuffer(data, np.uint8)
        outputs = runtime.run("main", prepared.arrays)

        def decoded(encoded: np.ndarray = encoded) -> None:
            cv2.imdecode(encoded, flag)

        def called(arrays: dict[str, np.ndarray] = prepared.arrays) -> None:
            runtime.run("main", arrays)

        def scored(row: pa.Table = row, data: bytes = data) -> None:
            image = image_array([Picture("part", "part.jpg", data)])
            at = row.column_names.index("image")
            session.step(row.set_column(at, "image", image))

        decode_s, onnx_s = timed(decoded), timed(called)
        took["lepton"].append(timed(scored))
        took["decode"].append(decode_s)
        took["onnx"].append(onnx_s)
        took["bare"].append(decode_s + onnx_s)
        took["preprocessing"].append(timed(lambda row=row: preprocessor.transform(row)))
        took["gather"].append(timed(lambda o=outputs, p=prepared: preprocessor.gather(o, p)))
    # Threads and caches are warm after the first ones.
    return {name: np.array(values[LEAST:]) for name, values in took.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "bundles", nargs="*", default=["defect_detection/surface", "defect_detection/anomaly"]
    )
    parser.add_argument("--input")
    parser.add_argument("--parts", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    cv2.setNumThreads(given.threads)
    print(f"{processor()}, {given.threads} threads, parts of {SIDE} x {SIDE}, {given.parts} each\n")
    head = [
        "bundle",
        "tiles",
        "p50 ms",
        "p95 ms",
        "bare p50 ms",
        "p95 ms",
        "ratio",
        "others at work",
    ]
    steps = ["decode", "onnx", "preprocessing without decode", "gather", "rest"]
    lines, where = [], []
    for name in given.bundles:
        pipeline = load_bundle(resolve(name).bundle_or_default(), threads=given.threads)
        spec = pipeline.task.inputs
        source = given.input or pipeline.task.sample_data
        records = load_records(source, spec).table.select(["record_id", "image"])
        records = usable(pipeline, resized(records, spec, SIDE))
        tiles = len(pipeline.preprocessor.transform(records.slice(0, 1)).arrays["x"])
        others = OthersAtWork()
        took = measure(pipeline, records, given.parts)
        busy = others.cores()
        ms = {what: np.quantile(values, (0.5, 0.95)) * 1e3 for what, values in took.items()}
        ratio = float(np.median(took["lepton"] / took["bare"]))
        figures = [*ms["lepton"], *ms["bare"]]
        lines.append(
            [name, str(tiles), *(f"{v:.1f}" for v in figures), f"{ratio:.2f}", f"{busy:.1f}"]
        )
        half = {what: float(values[0]) for what, values in ms.items()}
        own = half["preprocessing"] - half["decode"]
        rest = half["lepton"] - half["preprocessing"] - half["onnx"] - half["gather"]
        steps_ms = (half["decode"], half["onnx"], own, half["gather"], rest)
        where.append([name, *(f"{value:.1f}" for value in steps_ms)])
    for titles, rows in ((head, lines), (["bundle, median ms", *steps], where)):
        print(f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}")
        for row in rows:
            print(f"| {' | '.join(row)} |")
        print()


if __name__ == "__main__":
    main()
