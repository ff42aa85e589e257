"""A task without a bundle on disk, in NumPy alone, for tests of scoring; also as a program."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from lepton_core.decision import Classify
from lepton_core.pipeline import Pipeline
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects
from lepton_core.runtime.base import Runtime
from lepton_core.scoring.assemble import rejects_path
from lepton_core.scoring.engine import open_run, score_files
from lepton_core.scoring.options import Options
from lepton_core.scoring.stream import score_stream
from lepton_core.scoring.summary import Summary
from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

Lines = list[dict[str, Any]]

ODD = 13.0  # an amount that the preprocessor refuses

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("score", "float32", "output"),
        Column("probability", "float32", "output"),
        Column("label", "string", "output"),
        Column("review", "bool", "output"),
        Column("bundle", "string", "meta"),
    )
)


class Amounts(Preprocessor):
    def fit(self, records: pa.Table) -> Amounts:
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        ids = records.column("record_id").to_pylist()
        if "image" in records.column_names:
            values = np.array([len(one["bytes"]) for one in records.column("image").to_pylist()])
        else:
            values = records.column("amount").to_numpy()
        rejects = Rejects()
        for row in np.flatnonzero(values == ODD).tolist():
            rejects.add(row, ids[row], "not_finite", column="amount", received="odd")
        kept = np.flatnonzero(values != ODD)
        return Prepared({"x": values[kept].astype(np.float32)}, kept, rejects)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {}, {}

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> Amounts:
        return cls()


class Sine(Runtime):
    """Element by element: the same floats whatever the batch."""

    name = "numpy"

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> Sine:
        return cls()

    def roles(self) -> tuple[str, ...]:
        return ("main",)

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return {"x": (None,)}

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"score": np.sin(inputs["x"]).astype(np.float32)}


def table_pipeline() -> Pipeline:
    """Scores an amount; stateless."""
    inputs = Spec(
        (
            Column("record_id", "string", "id"),
            Column("amount", "float64", low=0),
            Column("shop", "string", "meta", required=False),
        )
    )
    return _pipeline(inputs)


def picture_pipeline(formats: tuple[str, ...] = ()) -> Pipeline:
    """Scores a picture by its size."""
    image = Column("image", "image", formats=formats)
    return _pipeline(Spec((Column("record_id", "string", "id"), image)))


def _pipeline(inputs: Spec) -> Pipeline:
    task = Task("test/amounts", "", "test", inputs, OUTPUTS, "", "", "", "", "")
    return Pipeline(task, "test/amounts@test", Amounts(), Sine(), Classify(("low", "high")))


def records(n: int, seed: int = 0, faults: bool = True) -> pa.Table:
    """Amounts with ids; every 10th bad at the check, every 15th odd, every 20th repeated."""
    rng = np.random.default_rng(seed)
    amounts = rng.uniform(20, 1000, n).round(2)
    ids = [f"{seed}-{row}" for row in range(n)]
    if faults:
        amounts[7::10] = -1.0
        amounts[9::15] = ODD
        ids[20::20] = ids[1::20][: len(ids[20::20])]
    shops = [["north", "south", None][row % 3] for row in range(n)]
    return pa.table({"record_id": ids, "amount": amounts, "shop": shops})


def read(path: Path) -> pa.Table:
    """One output file or part of any format, ids as text."""
    if path.name.endswith(".parquet"):
        return pq.ParquetFile(path).read()
    if ".csv" in path.name:
        kinds = {"record_id": pa.string(), "shop": pa.string(), "score": pa.float32()}
        return pyarrow.csv.read_csv(
            path, convert_options=pyarrow.csv.ConvertOptions(column_types=kinds)
        )
    with pa.input_stream(path, compression="detect") as file:
        lines = file.read().decode().splitlines()
    return pa.Table.from_pylist([json.loads(line) for line in lines])


def outcome(out: Path, summary: Summary | None = None) -> dict[str, Any]:
    """All that a finished run left for its user: rows, refused records, and counts without time."""
    parts = sorted(out.rglob("part-*")) if out.is_dir() else [out]
    refused = out / "_rejected.jsonl" if out.is_dir() else rejects_path(out)
    lines = refused.read_text(encoding="utf-8").splitlines() if refused.exists() else []
    counts = summary.to_json() if summary else {}
    untimed = {n: v for n, v in counts.items() if n not in ("seconds", "rows_per_second", "out")}
    return {
        "rows": [row for part in parts for row in read(part).to_pylist()],
        "refused": [json.loads(line) for line in lines],
        "counts": untimed,
        "left": sorted(p.name for p in out.parent.iterdir() if p.name.startswith(f".{out.name}")),
    }


def encoded(rows: Sequence[Any]) -> list[bytes]:
    return [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]


def stream(
    pipeline: Pipeline,
    rows: Sequence[Any],
    out: Path | None = None,
    answers: Any = None,
    options: Options = Options(threads=1),  # noqa: B008 immutable
    **more: Any,
) -> tuple[Lines, Summary]:
    """The answers to objects or raw lines, and the counts; with ``out`` the stream is kept."""
    answers = answers or io.StringIO()
    kept = open_run(pipeline, out, options, True, mode="stream") if out else nullcontext()
    with kept as run:
        summary = score_stream(pipeline, encoded(rows), answers, run, **more)  # type: ignore[arg-type]
    text = answers.getvalue() if isinstance(answers, io.StringIO) else ""
    return [json.loads(line) for line in text.splitlines()], summary


def main(arguments: Sequence[str]) -> None:
    """``OUT {"option": value, "resume": true} INPUT...``: score as ``lepton score`` does."""
    from lepton_core.cli.output import on_terminate

    on_terminate()
    given = json.loads(arguments[1])
    modes = {name: given.pop(name) for name in ("resume", "overwrite") if name in given}
    inputs = [Path(path) for path in arguments[2:]]
    summary = score_files(table_pipeline(), inputs, Path(arguments[0]), Options(**given), **modes)
    print(json.dumps(summary.to_json()))


if __name__ == "__main__":
    main(sys.argv[1:])
