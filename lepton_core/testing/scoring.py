"""Scoring: the same whatever the batches, the runtime and the interruptions; bad input is told."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lepton_core.bundle import load_bundle, open_runtime, verify_parity
from lepton_core.bundle_files import read_arrays
from lepton_core.errors import LeptonError
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.records.opening import takes_pictures
from lepton_core.records.video import takes_frames
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.run import Options
from lepton_core.scoring.stream import score_stream
from lepton_core.solution import Task
from lepton_core.together import unit_names, unit_starts

# Scores of one record in batches of another size, or on another runtime: float32 sums in another
# order.
_SAME = 1e-5
_SAME_RUNTIME = 1e-4
_MOST_SINGLES = 100


def check_scoring(pipeline: Pipeline, records: pa.Table) -> None:
    """All of this module on one bundle.

    Args:
        pipeline: the bundle.
        records: raw records [n] of the task's sample generator, some hundred.
    """
    whole = pipeline.score(records)
    assert len(whole) + len(whole.rejects) == len(records), f"{pipeline.address} lost records"
    check_cuts(pipeline, records, whole)
    check_session(pipeline, records, whole)
    check_stream(pipeline, records, whole)
    check_resume(pipeline, records)
    check_preprocessor(pipeline, records, whole)
    check_runtimes(pipeline, records, whole)
    check_bad_input(pipeline, records)


def check_runtime(name: str, task: Task) -> None:
    """A runtime computes what the stored outputs of every shipped bundle say.

    Args:
        name: ``onnx`` or ``keras``.
        task: a task with shipped bundles.
    """
    for folder in task.bundles().values():
        runtime = open_runtime(name, folder / "models")
        assert runtime.roles(), f"{name} finds no model in {folder.name}"
        stored = read_arrays(folder / "parity.npz")
        for role in runtime.roles():
            shapes = runtime.input_shapes(role)
            given = {key.split(".")[-1] for key in stored if key.startswith(f"{role}.in.")}
            assert set(shapes) == given, f"{role} takes {set(shapes)}, parity gives {given}"
        verify_parity(folder, name)


def check_cuts(pipeline: Pipeline, records: pa.Table, whole: Predictions) -> None:
    """One batch, singles, and batches of any size give the same."""
    starts = _starts(pipeline, records)
    singles = [*starts[:_MOST_SINGLES], records.num_rows]
    cuts = [slice(a, b) for a, b in pairwise(singles)]
    for parts in (cuts, list(_random_cuts(starts, records.num_rows))):
        session = pipeline.open_session()
        scored = [session.step(records.slice(p.start, p.stop - p.start)) for p in parts]
        _same(whole, scored, f"{pipeline.address} in {len(parts)} batches")


def _starts(pipeline: Pipeline, records: pa.Table) -> list[int]:
    """Where a batch may begin: at any record, or at any unit of records that belong together."""
    together = pipeline.task.together
    if not together:
        return list(range(records.num_rows))
    return [int(start) for start in unit_starts(unit_names(records, together))]


def _random_cuts(starts: list[int], n: int) -> Iterator[slice]:
    most = min(7, len(starts) - 1)
    places = np.random.default_rng(0).choice(np.array(starts[1:], np.int64), most, replace=False)
    for a, b in pairwise([0, *np.sort(places).tolist(), n]):
        yield slice(a, b)


def check_session(pipeline: Pipeline, records: pa.Table, whole: Predictions) -> None:
    """A session goes on in another one from its exported state."""
    starts = _starts(pipeline, records)
    half = starts[len(starts) // 2]
    session = pipeline.open_session()
    first = session.step(records.slice(0, half))
    resumed = pipeline.open_session()
    resumed.restore(session.export_state())
    _same(whole, [first, resumed.step(records.slice(half))], f"{pipeline.address} resumed")


def check_stream(pipeline: Pipeline, records: pa.Table, whole: Predictions) -> None:
    """Records as JSON lines get the answers that they get as a file; pictures and frames have no
    JSON form, and records that belong together no stream."""
    spec = pipeline.task.inputs
    if takes_pictures(spec) or takes_frames(spec) or pipeline.task.together:
        return
    taken = pipeline.task.inputs.over(records.column_names)
    names = [name for name in taken.names if name in records.column_names]
    text = "".join(json.dumps(r, default=str) + "\n" for r in records.select(names).to_pylist())
    answers = io.StringIO()
    score_stream(pipeline, io.BytesIO(text.encode()), answers)
    told = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert len(told) == records.num_rows, f"{pipeline.address}: a stream's answers are not complete"
    answered = {one["record_id"]: one for one in told if "rejected" not in one}
    assert list(answered) == whole["record_id"].tolist(), f"{pipeline.address}: other answers"
    for name in _compared(whole):
        _close(
            whole[name],
            np.array([one[name] for one in answered.values()], np.float64),
            f"{pipeline.address} as a stream: {name}",
        )


class _Stop(Exception):
    """Stands for a kill."""


def check_resume(pipeline: Pipeline, records: pa.Table) -> None:
    """A run that is stopped and resumed, twice, writes each record once and what it would have."""

    def stop_after(most: int) -> Any:
        def progress(done: int, total: int | None) -> None:
            if done >= most:
                raise _Stop

        return progress

    n = records.num_rows
    options = Options(batch_rows=max(n // 10, 1), part_batches=2, threads=2)
    taken = pipeline.task.inputs.over(records.column_names)
    names = [name for name in taken.names if name in records.column_names]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "records.parquet")
        pq.write_table(records.select(names), source)
        unbroken, broken = Path(folder, "unbroken"), Path(folder, "broken")
        score_files(pipeline, [source], unbroken, options)
        for most in (n // 3, 2 * n // 3):
            try:
                score_files(
                    pipeline, [source], broken, options, resume=True, progress=stop_after(most)
                )
            except _Stop:
                pass
            else:
                raise AssertionError(f"{pipeline.address}: the run did not stop when it was told")
        score_files(pipeline, [source], broken, options, resume=True)
        expected, received = pq.read_table(unbroken), pq.read_table(broken)
    ids = received.column("record_id").to_pylist()
    assert len(set(ids)) == len(ids), f"{pipeline.address}: a resumed run doubles records"
    assert ids == expected.column("record_id").to_pylist(), (
        f"{pipeline.address}: a resumed run loses records or their order"
    )
    assert received.equals(expected), f"{pipeline.address}: a resumed run gives other predictions"


def check_preprocessor(pipeline: Pipeline, records: pa.Table, whole: Predictions) -> None:
    """The preprocessor's state makes the same preprocessor again."""
    state, arrays = pipeline.preprocessor.state()
    json.dumps(state)
    again = type(pipeline.preprocessor).from_state(json.loads(json.dumps(state)), arrays)
    other = Pipeline(
        pipeline.task, pipeline.address, again, pipeline.runtime, pipeline.decision
    ).score(records)
    same = np.array_equal(whole.raw["score"], other.raw["score"], equal_nan=True)
    assert same, f"{pipeline.address}: the preprocessor does not survive state() and from_state()"


def check_runtimes(pipeline: Pipeline, records: pa.Table, whole: Predictions) -> None:
    """Keras and ONNX Runtime agree on every record, labels to the letter.

    A recurrent task scores by its ``step`` model, which exists as ONNX alone; its stored outputs
    come from Keras and are compared by ``verify_parity``.
    """
    assert pipeline.folder is not None
    # A bundle of machines with other sensors than the sample's refuses all of it.
    if pipeline.runtime.roles() != ("main",) or not len(whole):
        return
    other = load_bundle(pipeline.folder, runtime="keras").score(records)
    what = f"{pipeline.address} on Keras"
    scale = max(float(np.abs(whole.raw["score"]).max(initial=0.0)), 1.0)
    _close(whole.raw["score"], other.raw["score"], f"{what}: score", _SAME_RUNTIME * scale)
    if "label" in whole.columns:
        assert whole["label"].tolist() == other["label"].tolist(), f"{what}: labels differ"


def check_bad_input(pipeline: Pipeline, records: pa.Table) -> None:
    """A missing column is named; a repeated or broken record is refused with a reason, alone."""
    for column in pipeline.task.inputs:
        if column.required:
            try:
                pipeline.score(records.drop_columns([column.name]))
            except LeptonError as error:
                told = str(error)
            else:
                raise AssertionError(f"{pipeline.address} scores without its column {column.name}")
            assert column.name in told, f"the error does not name {column.name}: {told}"
    # Units that belong together are given whole: half of one is another thing.
    some = records.slice(0, _starts(pipeline, records)[2 if pipeline.task.together else 3])
    alone = pipeline.score(some)
    twice = pipeline.score(pa.concat_tables([some, some]))
    assert len(twice) == len(alone), f"{pipeline.address} scores a repeated record twice"
    for column in pipeline.task.inputs:
        if column.required and column.role != "id":
            empty = pa.nulls(1, records.schema.field(column.name).type)
            at = records.column_names.index(column.name)
            broken = records.slice(0, 1).set_column(at, records.schema.field(at), empty)
            refused = pipeline.score(pa.concat_tables([broken, records.slice(1, 2)])).rejects
            assert 0 in refused, f"{pipeline.address} scores a record without {column.name}"
    for reject in twice.rejects:
        assert reject.reasons, f"{pipeline.address} refuses a record without a reason"


def _compared(whole: Predictions) -> list[str]:
    return [c.name for c in whole.spec if c.dtype in ("float32", "float64")]


def _same(whole: Predictions, parts: list[Predictions], what: str) -> None:
    ids = np.concatenate([part["record_id"] for part in parts])
    assert ids.tolist() == whole["record_id"].tolist(), f"{what}: other records come out"
    for name in _compared(whole):
        _close(whole[name], np.concatenate([part[name] for part in parts]), f"{what}: {name}")
    if "label" in whole.columns:
        labels = np.concatenate([part["label"] for part in parts])
        assert (labels == whole["label"]).all(), f"{what}: labels differ"


def _close(
    expected: np.ndarray, received: np.ndarray, what: str, allowed: float | None = None
) -> None:
    assert expected.shape == received.shape, f"{what} differs in shape"
    if allowed is None:
        largest = float(np.nanmax(np.abs(expected), initial=0.0))
        allowed = _SAME * max(largest, 1.0)
    # A number that is not there in either is the same in both.
    both = np.isnan(expected) & np.isnan(received)
    difference = float(np.abs(np.where(both, 0.0, expected - received)).max(initial=0.0))
    assert difference <= allowed, f"{what} differs by {difference}"
