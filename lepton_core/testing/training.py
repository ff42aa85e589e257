"""Training: it never sees the test part, it can learn at all, and what it learned is worth it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.bundle import Trained, load_bundle, save_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.data.lookup import find_dataset
from lepton_core.decision import Decision, Outlier, Rank
from lepton_core.evaluation.directions import HIGHER_IS_BETTER
from lepton_core.evaluation.protocols import Protocol, score_rows
from lepton_core.evaluation.run import find_protocol
from lepton_core.pipeline import Pipeline
from lepton_core.settings import apply_settings, from_dict, keys
from lepton_core.solution import Task
from lepton_core.spec import Column
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split

_FEW = 32
_EPOCHS = 300
# What 32 learned records must reach: nearly all right, or a quarter of the trivial error.
_LEARNED = 0.95
_LEARNED_ERROR = 0.25


def check_training(task: Task) -> None:
    """All of this module on a task's embedded sample.

    Args:
        task: its configuration has a setting ``epochs``, unless it is computed; its ``sample``
            bundle must be there.
    """
    records, _ = load_labelled(task.sample_data, task, {}, lambda text: None)
    pipeline = load_bundle(task.bundle("sample"))
    kind, kept = task.hook(task.config), pipeline.card.get("settings")
    config = from_dict(kind, kept) if kept else kind()
    protocol = find_protocol(task, task.sample_data, config)
    records = protocol.with_truth(records)
    check_test_is_unseen(task, records, protocol, config)
    if not pipeline.runtime.roles():
        return  # Computed: there is no model that could learn, or be no better than a trivial one.
    if find_dataset(task.sample_data).card.target is None:
        # What is to be told is not a column but made by the protocol, of what came later.
        check_beats_a_baseline(pipeline)
        return
    check_beats_trivial(pipeline, records, protocol)
    if not isinstance(pipeline.decision, Outlier):
        # What learns good parts alone knows no target that it could learn by heart.
        check_overfits(task, records, protocol, config, pipeline)


def check_test_is_unseen(task: Task, records: pa.Table, protocol: Protocol, config: Any) -> None:
    """Other values and labels in the test rows change nothing that training makes.

    Args:
        task: the task.
        records: checked records, in order, from the protocol's ``with_truth``.
        protocol: which of them are for what.
        config: the task's settings.
    """
    split = protocol.split(records)
    other = protocol.with_truth(spoil(records, split.test, task))
    assert not other.equals(records), f"{task.name}: the test rows could not be changed"
    brief = with_epochs(config, 1) if any(map(_is_epochs, keys(config))) else config
    first, second = (
        task.hook(task.trainer)(TrainingJob(task, brief, 0, given, split))
        for given in (records, other)
    )
    for what, a, b in _parts(first, second):
        assert np.array_equal(a, b), f"{task.name}: {what} depends on the test rows"


def _parts(first: Trained, second: Trained) -> Any:
    (state, arrays), (other_state, other_arrays) = (
        trained.preprocessor.state() for trained in (first, second)
    )
    yield "the preprocessor's state", [str(state)], [str(other_state)]
    for name, values in arrays.items():
        yield f"the preprocessor's {name}", values, other_arrays[name]
    yield "the decision", [str(first.decision.to_json())], [str(second.decision.to_json())]
    if first.source is None or second.source is None:
        return
    weights = zip(first.source.get_weights(), second.source.get_weights(), strict=True)
    for number, (a, b) in enumerate(weights):
        yield f"weight {number} of the model", a, b


def check_overfits(
    task: Task, records: pa.Table, protocol: Protocol, config: Any, pipeline: Pipeline
) -> None:
    """Trained on 32 records alone, the model knows these by heart.

    Args:
        task: the task.
        records: checked records, in order.
        protocol: the few are taken from its training part.
        config: the task's settings.
        pipeline: a bundle of the task, for what a trivial model would say.
    """
    split = protocol.split(records)
    rows = few_rows(records, split.train, task)
    empty = np.empty(0, np.int64)
    job = TrainingJob(task, with_epochs(config, _EPOCHS), 0, records, Split(rows, empty, empty))
    trained = task.hook(task.trainer)(job)
    with tempfile.TemporaryDirectory() as folder:
        save_bundle(Path(folder, "few"), task, trained, {}, {"seed": 0})
        learned = load_bundle(Path(folder, "few"))
        scored = score_rows(learned, records, rows)
    tested = records.take(pa.array(rows))
    measures = task.hook(task.measures)
    key = task.headline[0]
    ranks = _ranks(learned.decision)
    # What was had before may be what came next, too: known by heart, it is asked for.
    by_heart = None if ranks is None else replace(ranks, seen=True)
    reached = measures(tested, scored.raw["score"], by_heart)[key].value
    trivial = _trivial(pipeline, records, rows, rows)
    if HIGHER_IS_BETTER[key]:
        asked, enough = _LEARNED, reached >= _LEARNED
    else:
        error = measures(tested, trivial, _ranks(pipeline.decision))[key].value
        asked = _LEARNED_ERROR * error
        enough = reached <= asked
    assert enough, f"{task.name}: {key} on 32 learned records is {reached:.3f}, not {asked:.3f}"


def check_beats_trivial(pipeline: Pipeline, records: pa.Table, protocol: Protocol) -> None:
    """On its test part the sample bundle is better than a model that only knows the targets.

    The nearer end of its interval must lie beyond the trivial model's figure.
    """
    task, split = pipeline.task, protocol.split(records)
    trivial = _trivial(pipeline, records, split.train, split.test)
    tested = records.take(pa.array(split.test))
    figures = task.hook(task.measures)(tested, trivial, _ranks(pipeline.decision))
    for key in task.headline:
        if key not in figures or key not in HIGHER_IS_BETTER:
            continue
        ours, theirs = pipeline.card["metrics"][key], figures[key].value
        better = ours["low"] > theirs if HIGHER_IS_BETTER[key] else ours["high"] < theirs
        assert better, f"{pipeline.address}: {key} {ours} is no better than trivial {theirs:.4f}"


def check_beats_a_baseline(pipeline: Pipeline) -> None:
    """On its test part the sample bundle is better than the weakest baseline on its card."""
    card = pipeline.card
    for key in pipeline.task.headline:
        sign = 1 if HIGHER_IS_BETTER[key] else -1
        theirs = min(sign * one[key]["value"] for one in card["baselines"].values() if key in one)
        ours = sign * card["metrics"][key]["value"]
        assert ours > theirs, f"{pipeline.address}: {key} {ours} is no better than {theirs}"


def target_of(task: Task) -> Column:
    """The column that the task predicts, as its sample's card says."""
    name = find_dataset(task.sample_data).card.target
    assert name is not None, f"the card of {task.sample_data} names no target"
    return task.inputs[name]


def _ranks(decision: Decision) -> Rank | None:
    """The decision where scores say nothing without it: a customer's vector without items."""
    return decision if isinstance(decision, Rank) else None


def _trivial(
    pipeline: Pipeline, records: pa.Table, known: np.ndarray, asked: np.ndarray
) -> np.ndarray:
    values = records.column(target_of(pipeline.task).name).take(pa.array(known))
    targets = values.to_numpy()
    if isinstance(pipeline.decision, Rank):
        targets = pipeline.decision.items.catalogue.codes(values)
    elif pa.types.is_string(values.type):
        classes = list(pipeline.decision.to_json()["classes"])
        targets = np.array([classes.index(value) for value in values.to_pylist()])
    return pipeline.decision.trivial(targets, len(asked))


def few_rows(records: pa.Table, rows: np.ndarray, task: Task) -> np.ndarray:
    """Some rows of the training part, ascending, its classes in equal parts where it has any."""
    target = target_of(task)
    lists = [column.name for column in task.inputs if column.is_list and column.required]
    if lists:
        # Of a history of nothing, or one that nothing is told to follow, nothing can be learned.
        some = records.take(pa.array(rows))
        there = some.column(target.name).is_valid().to_numpy()
        for name in lists:
            there = there & (pc.list_value_length(some.column(name)).to_numpy() > 0)
        return rows[there][-_FEW:]
    if target.role != "label":
        # The latest: what a model learns of a series is its past, and the first have none.
        return rows[-_FEW:]
    classes = np.array(records.column(target.name).take(pa.array(rows)).to_pylist(), object)
    kinds = sorted({value for value in classes if value is not None})
    share = -(-_FEW // len(kinds))
    chosen = [rows[classes == kind][:share] for kind in kinds]
    return np.sort(np.concatenate(chosen)[:_FEW] if len(kinds) > _FEW else np.concatenate(chosen))


def with_epochs(config: Any, epochs: int) -> Any:
    """The settings with another number of epochs."""
    names = list(filter(_is_epochs, keys(config)))
    assert names, f"the settings have no epochs: {', '.join(keys(config))}"
    return apply_settings(config, [f"{name}={epochs}" for name in names])


def _is_epochs(name: str) -> bool:
    return name.split(".")[-1] == "epochs"


def spoil(records: pa.Table, rows: np.ndarray, task: Task) -> pa.Table:
    """The records with other values in some rows; ids, times and entities stay.

    Args:
        records: checked records [n].
        rows: int64 [m], what is changed.
        task: whose Spec bounds the new values.
    """
    for column in task.inputs.over(records.column_names):
        if column.role in ("id", "time", "entity"):
            continue
        at = records.column_names.index(column.name)
        values = records.column(column.name).to_pylist()
        for row in rows.tolist():
            values[row] = _other(values[row], column, values[rows[0]])
        array = pa.array(values, column.arrow_type())
        records = records.set_column(at, records.schema.field(at), array)
    return records


def _other(value: Any, column: Column, neighbour: Any) -> Any:
    if column.role == "label" and column.dtype == "int64":
        return None if value is None else 1 - value
    if column.choices:
        choices = column.choices
        place = choices.index(value) + 1 if value in choices else 0
        return choices[place % len(choices)]
    if column.dtype in ("float32", "float64", "int64"):
        other = -3 * (value or 0) + 7
        low = other if column.low is None else max(other, column.low)
        return type(value or 0)(low if column.high is None else min(low, column.high))
    return neighbour
