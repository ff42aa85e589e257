"""Conformance checks that every solution, runtime and layer passes; a consultant uses them too.

Each check raises ``AssertionError`` with one sentence on what does not hold.

Example:
    >>> from lepton_core.testing import check_solution
    >>> check_solution("fraud_rnn")  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

from lepton_core.bundle import load_bundle, open_runtime, verify_parity
from lepton_core.bundle_files import read_arrays
from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.solution import Solution, Task, load_solution
from lepton_core.testing_layers import check_layer

__all__ = ["check_layer", "check_runtime", "check_solution", "check_task"]

# Scores of one record in batches of another size: float32 sums in another order.
_SAME = 1e-5
_ROWS = 400


def check_solution(name: str) -> None:
    """An installed solution keeps its promises: see :func:`check_task` for each of its tasks.

    Args:
        name: the solution's name, as its entry point gives it.
    """
    solution = load_solution(name)
    assert isinstance(solution, Solution)
    assert solution.name == name, f"solution {solution.name} is installed as {name}"
    assert solution.tasks, f"solution {name} has no task"
    assert callable(solution.page()), f"{solution.dashboard} is no function"
    _check_title(solution.title)
    for task in solution.tasks:
        assert task.name.startswith(f"{name}/"), f"task {task.name} is not below {name}/"
        check_task(task)


def check_task(task: Task) -> None:
    """Specs, sample, preprocessor, bundles and bad input of one task.

    Args:
        task: the task; its ``sample`` bundle must be there.
    """
    _check_title(task.title)
    assert task.inputs.names[0] == "record_id", f"{task.name}: records begin with record_id"
    assert task.outputs.names[0] == "record_id", f"{task.name}: predictions begin with record_id"
    assert task.outputs.names[-1] == "bundle", f"{task.name}: predictions end with bundle"
    records = _check_sample(task).slice(0, _ROWS)
    assert "sample" in task.bundles(), f"{task.name} ships no bundle named sample"
    for folder in task.bundles().values():
        pipeline = load_bundle(folder)
        verify_parity(folder)
        whole = pipeline.score(records)
        assert len(whole) + len(whole.rejects) == len(records), f"{folder.name} lost records"
        _check_cuts(pipeline, records, whole)
        _check_resumes(pipeline, records, whole)
        _check_preprocessor(pipeline, records)
        _check_bad_input(pipeline, records)


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


def _check_title(key: str) -> None:
    for language in ("en", "zh"):
        assert t(key, language=language) != key, f"{key} has no sentence in {language}"


def _check_sample(task: Task) -> pa.Table:
    generate = task.hook(task.sample)
    first, again, other = generate(seed=0), generate(seed=0), generate(seed=1)
    assert first.equals(again), f"{task.name}: the sample of one seed is not always the same"
    assert not first.equals(other), f"{task.name}: another seed gives the same sample"
    return first


def _cuts(n: int) -> Iterator[list[slice]]:
    yield [slice(i, i + 1) for i in range(n)]
    places = np.sort(np.random.default_rng(0).choice(np.arange(1, n), 7, replace=False)).tolist()
    yield [slice(a, b) for a, b in pairwise([0, *places, n])]


def _check_cuts(pipeline: Pipeline, records: pa.Table, whole: Predictions) -> None:
    for parts in _cuts(records.num_rows):
        session = pipeline.open_session()
        scored = [session.step(records.slice(p.start, p.stop - p.start)) for p in parts]
        _same(whole, scored, f"{pipeline.address} in {len(parts)} batches")


def _check_resumes(pipeline: Pipeline, records: pa.Table, whole: Predictions) -> None:
    half = records.num_rows // 2
    session = pipeline.open_session()
    first = session.step(records.slice(0, half))
    resumed = pipeline.open_session()
    resumed.restore(session.export_state())
    _same(whole, [first, resumed.step(records.slice(half))], f"{pipeline.address} resumed")


def _same(whole: Predictions, parts: list[Predictions], what: str) -> None:
    ids = np.concatenate([part["record_id"] for part in parts])
    assert ids.tolist() == whole["record_id"].tolist(), f"{what}: other records come out"
    scores = np.concatenate([part["score"] for part in parts])
    difference = float(np.abs(scores - whole["score"]).max())
    assert difference <= _SAME, f"{what}: scores differ by {difference}"
    labels = np.concatenate([part["label"] for part in parts])
    assert (labels == whole["label"]).all(), f"{what}: labels differ"


def _check_preprocessor(pipeline: Pipeline, records: pa.Table) -> None:
    state, arrays = pipeline.preprocessor.state()
    again = type(pipeline.preprocessor).from_state(state, arrays)
    checked = pipeline.score(records)
    other = Pipeline(
        pipeline.task, pipeline.address, again, pipeline.runtime, pipeline.decision
    ).score(records)
    same = np.array_equal(checked["score"], other["score"])
    assert same, f"{pipeline.address}: the preprocessor does not survive state() and from_state()"


def _check_bad_input(pipeline: Pipeline, records: pa.Table) -> None:
    required = [column for column in pipeline.task.inputs if column.required]
    for column in required:
        try:
            pipeline.score(records.drop_columns([column.name]))
        except LeptonError as error:
            told = str(error)
        else:
            raise AssertionError(f"{pipeline.address} scores without its column {column.name}")
        assert column.name in told, f"the error does not name {column.name}: {told}"
    twice = pa.concat_tables([records.slice(0, 3), records.slice(0, 3)])
    predictions = pipeline.score(twice)
    assert len(predictions) == 3, f"{pipeline.address} scores a repeated record twice"
    for reject in predictions.rejects:
        assert reject.reasons, f"{pipeline.address} refuses a record without a reason"
