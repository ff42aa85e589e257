"""How long a part of 1024 x 1024 takes, beside decoding it and the bare ONNX call.

    python benchmarks/defect_latency.py [BUNDLE...] [--input FOLDER] [--parts 200] [--seconds 60]
        [--threads 2] [--keep FOLDER]

In one process and one run, part by part in turn on the same bytes:

- bare: `cv2.imdecode`, and ONNX Runtime on the tiles of that part, which are there already, with
  the threads and options that scoring has;
- lepton: a record of these bytes through a session: hash, check, decoding, gate, tiles, network,
  merging, decision, predictions.

Where time goes beyond bare is told as well: each step by itself, the rest is check and decision.
Bare asks the network about all tiles at once, scoring about one after the other: what that takes
more is a step of its own.
Each bundle ends after `--parts` parts or `--seconds`, but not before 20 parts.

Without BUNDLE, bundles for parts of this size are made first, with the usual settings, which takes
some minutes (`--keep FOLDER` keeps them for the next run). A bundle of small pictures is no
measure: it cuts a large part into hundreds of tiles. Of a named one the parts are those of
`--input`, or its task's sample, cut or continued by their mirror image to 1024 x 1024; it must
accept such pictures.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pyarrow as pa
from defect_latency_bundles import KINDS, PARTS, SIDE, drawn, make

from lepton_core.bundle import load_bundle
from lepton_core.data.reading import load_records
from lepton_core.machine import OthersAtWork, processor
from lepton_core.pipeline import Pipeline, of_parts
from lepton_core.records.picture_parts import Picture
from lepton_core.records.pictures import image_array
from lepton_core.scoring.latency import resized
from lepton_core.solution import resolve

WARM_UP, LEAST, DIFFERENT = 5, 20, 8
STEPS = ("bare", "lepton", "decode", "onnx", "each tile", "preprocessing", "gather")


class Measured(NamedTuple):
    """What came of a bundle.

    Args:
        name: of the bundle.
        tiles: of each part.
        took: seconds of each part, float64 [parts], by what was done.
        others: cores that other processes kept busy meanwhile.
    """

    name: str
    tiles: int
    took: dict[str, np.ndarray]
    others: float


def main() -> None:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", nargs="*")
    parser.add_argument("--input")
    parser.add_argument("--parts", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each bundle")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="where the bundles are that are made here")
    given = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as own:
        for name in given.bundles or KINDS:
            folder = bundle_of(name, given.keep or Path(own))
            cv2.setNumThreads(given.threads)
            pipeline = load_bundle(folder, threads=given.threads)
            records = accepted(pipeline, parts_of(name, pipeline, given.input))
            if records.num_rows:
                found.append(measure(name, pipeline, records, given.parts, given.seconds))
            else:
                print(f"{name} refuses all of these parts; name others with --input", flush=True)
    print(f"{processor()}, {given.threads} threads, parts of {SIDE} x {SIDE}\n")
    print(f"{times(found)}\n\n{where(found)}")


def bundle_of(name: str, place: Path) -> Path:
    """The folder of a bundle; one of ``KINDS`` is made below ``place``, if it is not there yet."""
    if name not in KINDS:
        return resolve(name).bundle_or_default()
    folder = place / name.replace(", ", "_")
    if not folder.exists():
        print(f"making {name} ...", flush=True)
        # In a process of its own: what is timed must not have learned anything.
        maker = multiprocessing.get_context("spawn").Process(target=make, args=(name, folder))
        maker.start()
        maker.join()
    return folder


def parts_of(name: str, pipeline: Pipeline, source: str | None) -> pa.Table:
    """Raw records of parts, none of which a bundle that is made here has learned from."""
    if name in KINDS and source is None:
        return drawn(KINDS[name].labels, first=PARTS, n=2 * DIFFERENT).drop_columns(["label"])
    spec = pipeline.task.inputs
    table = load_records(source or pipeline.task.sample_data, spec).table
    return resized(table.select(["record_id", "image"]).slice(0, 40), spec, SIDE)


def accepted(pipeline: Pipeline, records: pa.Table) -> pa.Table:
    """The first of the records that are scored; a refused one would take less time."""
    kept: list[int] = []
    for row in range(records.num_rows):
        if len(kept) < DIFFERENT and len(pipeline.score(records.slice(row, 1))):
            kept.append(row)
    return records.take(pa.array(kept, pa.int64()))


def measure(
    name: str, pipeline: Pipeline, records: pa.Table, parts: int, seconds: float
) -> Measured:
    """Time parts one after the other, after a few to warm up threads and caches."""
    session = pipeline.open_session("trust")
    preprocessor, runtime = pipeline.preprocessor, pipeline.runtime
    flag = cv2.IMREAD_GRAYSCALE if getattr(preprocessor, "channels", 1) == 1 else cv2.IMREAD_COLOR
    rows = [records.slice(row, 1) for row in range(records.num_rows)]
    ready = [preprocessor.transform(row) for row in rows]
    outputs = [runtime.run("main", prepared.arrays) for prepared in ready]
    at = records.column_names.index("image")
    took: dict[str, list[float]] = {name: [] for name in STEPS}
    others, until = OthersAtWork(), time.monotonic() + seconds
    done = 0
    while done < WARM_UP + LEAST or (done < WARM_UP + parts and time.monotonic() < until):
        place = done % len(rows)
        row, prepared, told = rows[place], ready[place], outputs[place]
        data = row["image"][0].as_py()["bytes"]
        encoded = np.frombuffer(data, np.uint8)

        def scored(row: pa.Table = row, data: bytes = data) -> None:
            image = image_array([Picture("part", "part.jpg", data)])
            session.step(row.set_column(at, "image", image))

        took["decode"].append(timed(lambda e=encoded: cv2.imdecode(e, flag)))
        took["onnx"].append(timed(lambda p=prepared: runtime.run("main", p.arrays)))
        took["bare"].append(took["decode"][-1] + took["onnx"][-1])
        one = next(prepared.singles())
        took["each tile"].append(timed(lambda one=one: of_parts(runtime, one)))
        took["lepton"].append(timed(scored))
        took["preprocessing"].append(timed(lambda row=row: preprocessor.transform(row)))
        took["gather"].append(timed(lambda o=told, p=prepared: preprocessor.gather(o, p)))
        done += 1
    kept = {step: np.array(values[WARM_UP:]) for step, values in took.items()}
    return Measured(name, len(ready[0].arrays["x"]), kept, others.cores())


def timed(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def times(found: list[Measured]) -> str:
    """The whole way beside the bare one, a bundle a line."""
    head = "bundle|tiles|parts|p50 ms|p95 ms|bare p50 ms|bare p95 ms|ratio|others at work"
    rows = []
    for one in found:
        ms = [f"{v * 1e3:.1f}" for key in ("lepton", "bare") for v in quantiles(one.took[key])]
        ratio = float(np.median(one.took["lepton"] / one.took["bare"]))
        counts = [str(one.tiles), str(len(one.took["bare"]))]
        rows.append([one.name, *counts, *ms, f"{ratio:.2f}", f"{one.others:.1f}"])
    return table(head.split("|"), rows)


def where(found: list[Measured]) -> str:
    """Where the time goes, a bundle a line."""
    head = "bundle, median ms|decode|onnx|tile by tile|preprocessing without decode|gather|rest"
    rows = []
    for one in found:
        half = {key: quantiles(values)[0] * 1e3 for key, values in one.took.items()}
        own = half["preprocessing"] - half["decode"]
        rest = half["lepton"] - half["preprocessing"] - half["each tile"] - half["gather"]
        more = half["each tile"] - half["onnx"]
        cells = (half["decode"], half["onnx"], more, own, half["gather"], rest)
        rows.append([one.name, *(f"{value:.1f}" for value in cells)])
    return table(head.split("|"), rows)


def quantiles(seconds: np.ndarray) -> tuple[float, float]:
    """Median and 95th percentile."""
    p50, p95 = np.quantile(seconds, (0.5, 0.95))
    return float(p50), float(p95)


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
