"""How long one record takes from its bytes to its prediction, along the path that scores."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.bundle import load_bundle
from lepton_core.errors import DataError
from lepton_core.images import decode, quiet_cv2
from lepton_core.machine import OthersAtWork
from lepton_core.pipeline import Pipeline
from lepton_core.records.picture_parts import Picture
from lepton_core.records.pictures import image_array
from lepton_core.spec import Spec

_WARM_UP, _LEAST = 5, 20


@dataclass(frozen=True)
class Latency:
    """How long records took, one after the other.

    Args:
        size: height x width of the pictures in pixels; empty for records of a table.
        threads: of the model and of decoding.
        records: that were timed.
        refused: how many of them were refused; a refused one takes less time.
        p50_ms: half of them took at most so long.
        p95_ms: of a hundred, ninety-five.
        a_minute: records a minute, one after the other.
        others: cores that other processes kept busy meanwhile.
    """

    size: str
    threads: int
    records: int
    refused: int
    p50_ms: float
    p95_ms: float
    a_minute: float
    others: float

    def to_json(self) -> dict[str, Any]:
        """Plain values, rounded as far as they can be repeated."""
        return {n: round(v, 3) if isinstance(v, float) else v for n, v in asdict(self).items()}


def measure(
    folder: Path,
    records: pa.Table,
    sizes: Sequence[int] = (),
    threads: Sequence[int] = (1,),
    *,
    most: int = 200,
    seconds: float = 10.0,
    progress: Callable[[str], None] = lambda text: None,
) -> list[Latency]:
    """Time single records after a warm-up.

    A picture's time runs from its encoded bytes to its prediction: record, check, decoding,
    preprocessing, model, decision. Reading the file and writing the result are left out.

    Args:
        folder: of the bundle.
        records: raw records [n] of the task; they are taken in turn.
        sizes: sides in pixels of square pictures, cut from those of the records, or continued by
            their mirror image, so that nothing is stretched; empty takes them as they are.
        threads: of the model and of decoding, one row of the sheet each.
        most: records a row.
        seconds: a row ends after so long, but not before 20 records.
        progress: told what is being timed.

    Returns:
        a row for each size and number of threads.

    Raises:
        BundleError: the bundle is broken.
        DataError: ``latency.none``: there is no record, or none could be scored, of a size where
            sizes are given.
    """
    rows = []
    for number in threads:
        pipeline = load_bundle(folder, threads=number)
        spec = pipeline.task.inputs
        quiet_cv2().setNumThreads(number)
        for side in sizes or (None,):
            given = _with_picture(records, spec) if side is None else resized(records, spec, side)
            size = _size_of(given, spec)
            progress(f"{size or 'records'}, {number} threads")
            rows.append(_row(pipeline, given, size, number, most, seconds))
    return rows


def _row(
    pipeline: Pipeline, records: pa.Table, size: str, threads: int, most: int, seconds: float
) -> Latency:
    if not records.num_rows:
        raise DataError("latency.none", size=size or "-", bundle=pipeline.address)
    session = pipeline.open_session("trust")
    singles = _singles(pipeline, records)

    def one() -> int:
        return len(session.step(next(singles)(), "latency"))

    for _ in range(_WARM_UP):
        one()
    took: list[float] = []
    others, scored = OthersAtWork(), 0
    until = time.monotonic() + seconds
    while len(took) < _LEAST or (len(took) < most and time.monotonic() < until):
        made = next(singles)
        began = time.perf_counter()
        scored += len(session.step(made(), "latency"))
        took.append(time.perf_counter() - began)
    if not scored:
        raise DataError("latency.none", size=size or "-", bundle=pipeline.address)
    p50, p95 = np.quantile(took, (0.5, 0.95)) * 1e3
    rate = 60 / float(np.mean(took))
    n = len(took)
    return Latency(size, threads, n, n - scored, float(p50), float(p95), rate, others.cores())


def _singles(pipeline: Pipeline, records: pa.Table) -> Iterator[Callable[[], pa.Table]]:
    """What makes tables of one record each; for pictures from their bytes, as a reader does."""
    image = _image_of(pipeline.task.inputs)
    rows = [records.slice(row, 1) for row in range(records.num_rows)]
    if image is None:
        yield from cycle([lambda row=row: row for row in rows])
        return

    def picture(row: pa.Table) -> Callable[[], pa.Table]:
        cell = row[image][0].as_py()
        held = [Picture(str(row["record_id"][0]), cell["path"], cell["bytes"])]
        at = row.column_names.index(image)
        return lambda: row.set_column(at, image, image_array(held))

    yield from cycle([picture(row) for row in rows])


def resized(records: pa.Table, spec: Spec, side: int) -> pa.Table:
    """The pictures of records as squares of ``side`` pixels, JPEG, at their own scale.

    Larger ones are cut around their middle, smaller ones continued by their mirror image. What
    cannot be decoded is left out.
    """
    cv2 = quiet_cv2()
    image = _image_of(spec)
    records = _with_picture(records, spec)
    kept, held = [], []
    for row, cell in enumerate(records[image].to_pylist()):
        array = decode(cell["bytes"] or b"", channels=3)
        if array is None:
            continue
        for axis in (0, 1):
            extra = side - array.shape[axis]
            before = abs(extra) // 2
            if extra < 0:
                array = np.take(array, range(before, before + side), axis)
            else:
                width = [(0, 0), (0, 0), (0, 0)]
                width[axis] = (before, extra - before)
                array = np.pad(array, width, "symmetric")
        bgr = np.ascontiguousarray(array[..., ::-1])
        data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
        kept.append(row)
        held.append(Picture("", f"{row}.jpg", data))
    some = records.take(pa.array(kept, pa.int64()))
    return some.set_column(some.column_names.index(image), image, image_array(held))


def _image_of(spec: Spec) -> str | None:
    """The column of pictures; None for a task on tables."""
    return next((column.name for column in spec if column.dtype == "image"), None)


def _with_picture(records: pa.Table, spec: Spec) -> pa.Table:
    """Without the records of an image task that lack their picture; a list may have such."""
    image = _image_of(spec)
    return records if image is None else records.filter(pc.is_valid(records[image]))


def _size_of(records: pa.Table, spec: Spec) -> str:
    """Height x width of the pictures where they are alike; empty for other records."""
    image = _image_of(spec)
    if image is None:
        return ""
    shapes = set()
    for cell in records[image].slice(0, 50).to_pylist():
        array = decode(cell["bytes"] or b"", channels=1)
        if array is not None:
            shapes.add(array.shape[:2])
    return "x".join(map(str, shapes.pop())) if len(shapes) == 1 else "mixed" if shapes else ""
