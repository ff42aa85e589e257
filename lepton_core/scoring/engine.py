"""Scores a file batch by batch through one session; memory does not grow with the file."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from lepton_core.errors import DataError, UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.records.table import open_table
from lepton_core.rejects import Rejects
from lepton_core.scoring.sinks import open_sink

BATCH_ROWS = 32_768


@dataclass
class Summary:
    """What a scoring run did.

    Args:
        bundle: address of the bundle.
        out: the output file.
        read: records read.
        scored: records scored.
        rejected: records refused.
        reasons: reason key -> records.
        example: why the first refused record was refused, in words.
        labels: label -> records.
        seconds: wall time.
    """

    bundle: str
    out: str
    read: int = 0
    scored: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    example: str = ""
    labels: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values with the rate."""
        rate = self.read / self.seconds if self.seconds else 0.0
        return {**self.__dict__, "rows_per_second": round(rate)}


def score_file(
    pipeline: Pipeline,
    source: Path,
    out: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    overwrite: bool = False,
    strict: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> Summary:
    """Score the records of a file into ``out``; refused ones go to ``<out>.rejected.jsonl``.

    Args:
        pipeline: what scores.
        source: CSV, Parquet or JSON lines.
        out: ``.parquet``, ``.csv`` or ``.jsonl``.
        mapping: their column name -> ours.
        overwrite: whether an older output may be replaced.
        strict: fail at the first refused record instead of going on.
        progress: called with rows done and, where known, rows in all.

    Raises:
        DataError: the file cannot be read, or ``strict`` and a record was refused. Nothing is left
            at ``out`` then.
    """
    if out.exists() and source.exists() and out.samefile(source):
        raise UsageError("usage.out_is_input", out=out)
    started = time.monotonic()
    summary = Summary(pipeline.address, str(out))
    rejects, labels = Rejects(), Counter[str]()
    session = pipeline.open_session()
    schema = pipeline.task.outputs.arrow_schema()
    with (
        open_table(source, mapping, None, BATCH_ROWS, pipeline.task.inputs) as reader,
        open_sink(out, schema, overwrite) as sink,
    ):
        for batch in reader.batches():
            predictions = session.step(batch, str(source))
            rejects.extend(predictions.rejects)
            if strict and len(rejects):
                first = next(iter(rejects)).to_json()
                raise DataError(
                    "data.strict",
                    source=source,
                    row=first["row"],
                    record_id=first["record_id"],
                    reason=first["reasons"][0]["message"],
                )
            sink.write(predictions.to_arrow())
            if "label" in predictions.columns:
                counts = pc.value_counts(predictions.columns["label"])
                labels.update({str(c["values"]): c["counts"] for c in counts.to_pylist()})
            summary.read += batch.num_rows
            summary.scored += len(predictions)
            if progress:
                progress(summary.read, reader.rows_total)
        # Before the scores appear: they never stand without what was refused beside them.
        _write_rejects(rejects, out)
    summary.rejected, summary.reasons = len(rejects), rejects.counts()
    if len(rejects):
        first = next(iter(rejects)).to_json()
        summary.example = f"row {first['row']}: {first['reasons'][0]['message']}"
    summary.labels = dict(labels)
    summary.seconds = round(time.monotonic() - started, 3)
    return summary


def _write_rejects(rejects: Rejects, out: Path) -> None:
    path = out.with_name(out.name + ".rejected.jsonl")
    if not len(rejects):
        path.unlink(missing_ok=True)
        return
    work = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        rejects.write(work)
        os.replace(work, path)
    except OSError as error:
        raise DataError("data.cannot_write", out=path, reason=error) from error
    finally:
        work.unlink(missing_ok=True)
