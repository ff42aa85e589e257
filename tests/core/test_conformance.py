"""The conformance checks find what is wrong: each is shown a solution with one fault."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.checking import check
from lepton_core.data.reading import load_records
from lepton_core.pipeline import Pipeline, Session
from lepton_core.runtime.base import Runtime
from lepton_core.solution import Task, find_task
from lepton_core.spec import Spec
from lepton_core.testing import pages, scoring
from lepton_core.testing.solution import check_config, check_sample
from lepton_core.testing.training import check_beats_trivial, few_rows, spoil, with_epochs
from lepton_core.training.splits import Split


@pytest.fixture(scope="module")
def task() -> Task:
    return find_task("fraud_rnn")


@pytest.fixture(scope="module")
def pipeline(task: Task) -> Pipeline:
    return load_bundle(task.bundle("sample"))


@pytest.fixture(scope="module")
def records(task: Task) -> pa.Table:
    return task.hook(task.sample)(seed=2, cards=20, terminals=10, days=30).slice(0, 120)


class Noisy(Runtime):
    """Scores that depend on what else is in the batch, as a wrong normalisation makes them."""

    name = "noisy"

    def __init__(self, inner: Runtime) -> None:
        self._inner = inner

    @classmethod
    def open(cls, folder: Any, threads: int | None = None) -> Noisy:
        raise NotImplementedError("made around another runtime")

    def roles(self) -> tuple[str, ...]:
        return self._inner.roles()

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return self._inner.input_shapes(role)

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        outputs = dict(self._inner.run(role, inputs))
        outputs["score"] = outputs["score"] + np.float32(0.01) * len(inputs["x"])
        return outputs


def test_scores_that_depend_on_the_batch_are_found(pipeline: Pipeline, records: pa.Table) -> None:
    wrong = replace(pipeline, runtime=Noisy(pipeline.runtime))
    with pytest.raises(AssertionError, match="batches"):
        scoring.check_cuts(wrong, records, wrong.score(records))
    scoring.check_cuts(pipeline, records, pipeline.score(records))


def test_a_memory_that_is_not_exported_is_found(
    pipeline: Pipeline, records: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Session.export_state

    def without_states(self: Session) -> dict[str, np.ndarray]:
        arrays = whole(self)
        return {n: np.zeros_like(a) if n.startswith("hidden.") else a for n, a in arrays.items()}

    scoring.check_resume(pipeline, records)
    monkeypatch.setattr(Session, "export_state", without_states)
    with pytest.raises(AssertionError, match="other predictions"):
        scoring.check_resume(pipeline, records)
    with pytest.raises(AssertionError, match="resumed"):
        scoring.check_session(pipeline, records, pipeline.score(records))


def test_a_preprocessor_that_forgets_its_scaling_is_found(
    pipeline: Pipeline, records: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(pipeline.preprocessor)
    state, arrays = pipeline.preprocessor.state()
    shifted = {**arrays, "mean": arrays["mean"] + 1}
    monkeypatch.setattr(kind, "state", lambda self: (state, shifted))
    with pytest.raises(AssertionError, match="does not survive"):
        scoring.check_preprocessor(pipeline, records, pipeline.score(records))


def test_a_record_scored_in_spite_of_an_empty_column_is_found(
    pipeline: Pipeline, records: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lax(table: pa.Table, spec: Spec, *rest: Any) -> Any:
        columns = [replace(c, required=c.required and c.dtype != "float64") for c in spec]
        spec.require(table.column_names, "input")
        amount = table.column("amount").fill_null(1.0)
        table = table.set_column(table.column_names.index("amount"), "amount", amount)
        return check(table, Spec(tuple(columns)), *rest)

    scoring.check_bad_input(pipeline, records)
    monkeypatch.setattr("lepton_core.pipeline.check", lax)
    with pytest.raises(AssertionError, match="without amount"):
        scoring.check_bad_input(pipeline, records)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("limits", "limits"),
        ("metrics", "metrics"),
        ("baselines", "compares with nothing"),
        ("licence", "licence"),
        ("interval", "interval"),
    ],
)
def test_a_card_that_leaves_something_out_is_found(
    pipeline: Pipeline, part: str, told: str
) -> None:
    card = {**pipeline.card, "data": {**pipeline.card["data"]}}
    if part == "licence":
        card["data"]["licence"] = ""
    elif part == "interval":
        first = {**card["metrics"]["auc"], "low": None}
        card["metrics"] = {**card["metrics"], "auc": first}
    else:
        card[part] = {}
    with pytest.raises(AssertionError, match=told):
        pages.check_card(replace(pipeline, card=card))
    pages.check_card(pipeline)


def test_a_model_no_better_than_the_base_rate_is_found(pipeline: Pipeline) -> None:
    table = load_records("fraud_sample", pipeline.task.inputs).table

    class LastRows:
        def split(self, records: pa.Table) -> Any:
            n = records.num_rows
            rows = np.arange(n)
            return Split(rows[: n // 2], np.empty(0, np.int64), rows[n // 2 :])

    poor = {k: {"value": 0.5, "low": 0.4, "high": 0.6} for k in pipeline.task.headline}
    with pytest.raises(AssertionError, match="no better than trivial"):
        check_beats_trivial(
            replace(pipeline, card={"metrics": poor}),
            table,
            LastRows(),  # type: ignore[arg-type]
        )


def test_a_sample_that_changes_or_asks_the_network_is_found(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = np.random.default_rng()
    ways = {
        "not always the same": lambda seed=0: pa.table({"x": [drawn.random()]}),
        "same sample": lambda seed=0: pa.table({"x": [1.0]}),
        "opens a connection": lambda seed=0: socket.socket(),
    }
    for told, generate in ways.items():
        monkeypatch.setattr(Task, "hook", lambda self, reference, g=generate: g)
        with pytest.raises(AssertionError, match=told):
            check_sample(task)


@dataclass(frozen=True)
class Changing:
    """Settings with whole numbers as keys, which JSON gives back as text."""

    limits: Any = field(default_factory=lambda: {1: 2.0})


def test_settings_that_do_not_survive_json_are_found(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_config(task)
    monkeypatch.setattr(Task, "hook", lambda self, reference: Changing)
    with pytest.raises(AssertionError, match="change through JSON"):
        check_config(task)


def test_spoiling_changes_the_test_rows_and_only_what_may_be_learned(
    task: Task, records: pa.Table
) -> None:
    checked = check(records, task.inputs).table
    rows = np.arange(100, 120)
    other = spoil(checked, rows, task)
    assert other.slice(0, 100).equals(checked.slice(0, 100))
    for column in task.inputs:
        before, after = checked.column(column.name), other.column(column.name)
        stays = column.role in ("id", "time", "entity")
        assert before.slice(100).equals(after.slice(100)) == stays, column.name
    # Still records that the task takes.
    assert not len(check(other, task.inputs).rejects)


def test_few_rows_hold_every_class(task: Task) -> None:
    label = pa.array([0] * 500 + [1] * 20, pa.int64())
    table = pa.table({"label": label})
    rows = few_rows(table, np.arange(520), task)
    assert len(rows) == 32
    assert sorted(np.bincount(label.to_numpy()[rows]).tolist()) == [16, 16]


def test_epochs_are_set_wherever_they_stand(task: Task) -> None:
    assert with_epochs(task.hook(task.config)(), 3).model.epochs == 3
