"""The demo counts on the true test part, for every kind of decision."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.cli.demo import run, to_lines
from lepton_core.decision import Classify, ClassifyMany, Decision, Interval
from lepton_core.evaluation.measures import interval_measures, many_class_measures
from lepton_core.evaluation.protocols import Protocol, score_rows
from lepton_core.evaluation.rows import in_steps, take_rows
from lepton_core.evaluation.run import measure, part_to_test
from lepton_core.pipeline import Pipeline
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.runtime.base import Runtime
from lepton_core.solution import Task
from lepton_core.spec import Column, Spec
from lepton_core.training.run import _unseen_from
from lepton_core.training.splits import Split

N = 300
# Refused by the Spec, and met a second time: neither may shift what the protocol sees.
REFUSED, REPEATED = 7, 150
TESTED = set(np.random.default_rng(3).choice(np.arange(20, 140), 40, replace=False).tolist()) | {
    10,
    12,
    21,
}
CLASSES = ("bus", "car", "van")


class Given(Preprocessor):
    """The column ``x`` as it is, but for one record that it refuses."""

    def fit(self, records: pa.Table) -> Given:
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        ids = np.array(records.column("record_id").to_pylist())
        kept = np.flatnonzero(ids != "r21")
        prepared = Prepared({"x": records.column("x").to_numpy()[kept]}, kept)
        for row in np.flatnonzero(ids == "r21").tolist():
            prepared.rejects.add(row, "r21", "json", reason="test")
        return prepared

    def state(self) -> tuple[dict, dict]:
        return {}, {}

    @classmethod
    def from_state(cls, state: dict, arrays: dict) -> Given:
        return cls()


@dataclass(frozen=True)
class Answer(Runtime):
    """Scores of a known ``x``."""

    kind: str
    name = "answer"

    @classmethod
    def open(cls, folder: Any, threads: int | None = None) -> Answer:
        raise NotImplementedError

    def roles(self) -> tuple[str, ...]:
        return ("main",)

    def input_shapes(self, role: str) -> dict:
        return {"x": (None,)}

    def run(self, role: str, inputs: Any) -> dict[str, np.ndarray]:
        x = np.asarray(inputs["x"])
        if self.kind == "classify":
            return {"score": np.where(x > 0, 3.0, -3.0)}
        if self.kind == "classify_many":
            return {"score": 4 * np.eye(3)[x.astype(int)]}
        return {"score": x[:, None] + np.array([-1.0, 0.0, 1.0])}


class ByName(Protocol):
    """Tests on some records by their ids, wherever they stand."""

    name = "by_name"

    def __init__(self, config: Any = None) -> None:
        pass

    def split(self, records: pa.Table) -> Split:
        number = np.array([int(name[1:]) for name in records.column("record_id").to_pylist()])
        test = np.isin(number, list(TESTED))
        return Split(np.flatnonzero(~test), np.empty(0, np.int64), np.flatnonzero(test))

    def describe(self) -> dict[str, Any]:
        return {"name": self.name}


def _measures(records: pa.Table, scores: np.ndarray, decision: Any) -> dict:
    truth = records.column("label")
    if isinstance(decision, Interval):
        return interval_measures(truth.to_numpy(), scores, decision)
    codes = [CLASSES.index(name) for name in truth.to_pylist()]
    return many_class_measures(codes, scores, decision)


class FakeTask(Task):
    """Its hooks stand in this file."""

    def hook(self, reference: str) -> Any:
        return {"protocol": ByName, "config": dict, "measures": _measures}[reference]

    def bundle(self, name: str | None = None) -> Any:
        return "sample"


def table(label: np.ndarray, wrong: np.ndarray, right: np.ndarray) -> pa.Table:
    """Records later first, ``x`` right on the tested ones and wrong on the others."""
    number = np.arange(N)[::-1]
    x = np.where(np.isin(number, list(TESTED)), right[number], wrong[number]).astype(np.float32)
    rows = pa.table(
        {
            "record_id": [f"r{i}" for i in number],
            "time": pa.array(number * 60_000_000, pa.timestamp("us", tz="UTC")),
            "x": pa.array(x, pa.float32(), mask=number == REFUSED),
            "label": label[number],
        }
    )
    return pa.concat_tables([rows, rows.slice(N - REPEATED - 1, 1)])


def case(
    monkeypatch: pytest.MonkeyPatch, decision: Decision, records: pa.Table, stateful: bool
) -> tuple[Task, Pipeline]:
    """A task whose sample is these records, scored by that decision."""
    is_value = decision.kind == "interval"
    outputs = (
        [Column(name, "float32", "output", unit="mm") for name in ("value", "low", "high")]
        if is_value
        else [
            Column("score", "float32", "output"),
            Column("probability", "float32", "output"),
            Column("label", "string", "output"),
            Column("review", "bool", "output"),
        ]
    )
    kinds = {pa.string(): "string", pa.int64(): "int64", pa.float64(): "float64"}
    label = Column("label", kinds[records.schema.field("label").type], "label", required=False)
    head = Column("record_id", "string", "id")
    task = FakeTask(
        name="fake/task",
        title="common.no_such_key",
        package="fake",
        inputs=Spec((head, Column("time", "timestamp", "time"), Column("x", "float32"), label)),
        outputs=Spec((head, *outputs, Column("bundle", "string", "meta"))),
        preprocessor="",
        trainer="",
        sample="",
        sample_data="fake_sample",
        config="config",
        protocols={"*": "protocol"},
        measures="measures",
        stateful=stateful,
    )
    pipeline = Pipeline(task, "fake/task@sample", Given(), Answer(decision.kind), decision)
    dataset = SimpleNamespace(card=SimpleNamespace(target="label"))
    loaded = SimpleNamespace(table=records, source="fake_sample", dataset=dataset)
    monkeypatch.setattr("lepton_core.bundle.load_bundle", lambda folder: pipeline)
    monkeypatch.setattr("lepton_core.data.reading.load_records", lambda name, spec: loaded)
    return task, pipeline


both = pytest.mark.parametrize("stateful", [False, True])
# The preprocessor refuses one of the tested records.
COUNTED = len(TESTED - {21})


@both
@pytest.mark.parametrize("numbers", [True, False])
def test_many_classes_are_counted_on_the_test_part(
    monkeypatch: pytest.MonkeyPatch, stateful: bool, numbers: bool
) -> None:
    truth = np.arange(N) % 3
    label = truth if numbers else np.array(CLASSES)[truth]
    records = table(label, (truth + 1) % 3, truth)
    task, _ = case(monkeypatch, ClassifyMany(CLASSES), records, stateful)
    found = run(task)
    assert found["correct"] == found["tested"] == COUNTED
    assert found["records"] == N - 2
    assert found["rejected"] == 3  # by Spec, as repeated, by the preprocessor
    assert sum(found["labels"].values()) == found["records"]
    line = f"in the part it never learned from: {COUNTED} of {COUNTED} records named correctly"
    assert line in to_lines(found)[2]


@both
def test_two_classes_are_counted_on_the_test_part(
    monkeypatch: pytest.MonkeyPatch, stateful: bool
) -> None:
    truth = np.arange(N) % 2
    records = table(truth, 1 - truth, truth)
    task, _ = case(monkeypatch, Classify(("genuine", "fraud")), records, stateful)
    found = run(task)
    positives = sum(number % 2 for number in TESTED - {21})
    assert found["known_positives"] == found["found_positives"] == positives
    assert found["false_positives"] == 0
    assert (
        f"{positives} of {positives} records that are fraud found, 0 others" in to_lines(found)[2]
    )


@both
def test_values_are_judged_on_the_test_part(
    monkeypatch: pytest.MonkeyPatch, stateful: bool
) -> None:
    truth = np.arange(N, dtype=np.float64)
    tested = np.array(sorted(TESTED - {21}))
    error = np.zeros(N)
    error[tested] = np.where(np.arange(len(tested)) % 2 == 0, 1.0, 3.0)
    records = table(truth, truth + 100, truth + error)
    task, _ = case(monkeypatch, Interval(margin=1.0), records, stateful)
    found = run(task)
    assert found["tested"] == COUNTED
    assert found["metrics"]["mae"] == pytest.approx(error[tested].mean(), abs=1e-6)
    assert found["metrics"]["coverage90"] == pytest.approx((error[tested] == 1).mean())
    assert found["labels"] == {}
    lines = to_lines(found)
    assert lines[1].endswith(" s")
    assert " mm off on average, " in lines[2]
    assert "(90% promised)" in lines[2]


@both
def test_figures_of_a_scattered_test_part_belong_to_its_records(
    monkeypatch: pytest.MonkeyPatch, stateful: bool
) -> None:
    truth = np.arange(N) % 3
    records = table(np.array(CLASSES)[truth], (truth + 1) % 3, truth)
    records = records.filter(pa.compute.is_valid(records.column("x"))).slice(0, N - 1)
    _, pipeline = case(monkeypatch, ClassifyMany(CLASSES), records, stateful)
    rows = ByName().split(records).test
    predictions = score_rows(pipeline, records, rows)
    kept = rows[np.array(records.column("record_id").to_pylist())[rows] != "r21"]
    assert predictions.rows.tolist() == kept.tolist()
    assert predictions["record_id"].tolist() == take_rows(records, kept)["record_id"].to_pylist()
    if not stateful:
        assert {reject.row for reject in predictions.rejects} <= set(rows.tolist())
    figures, n = measure(pipeline, records, rows)
    assert n == COUNTED
    assert figures["accuracy"].value == 1.0
    assert len(score_rows(pipeline, records, np.empty(0, np.int64))) == 0


class Latest(ByName):
    """Tests on the last ten of the records as it sees them."""

    def split(self, records: pa.Table) -> Split:
        n = records.num_rows
        return Split(np.arange(n - 10), np.empty(0, np.int64), np.arange(n - 10, n))


def test_a_protocol_sees_the_records_in_order_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    records = table(np.arange(N) % 3, np.zeros(N), np.zeros(N))
    task, _ = case(monkeypatch, ClassifyMany(CLASSES), records, stateful=False)
    tested, rows = part_to_test(task, records, Latest(), "fake")
    assert tested["record_id"].to_pylist() == [f"r{i}" for i in range(N - 10, N)]
    assert rows.tolist() == list(range(9, -1, -1))


def test_rows_of_more_pictures_than_one_array_holds_are_taken() -> None:
    # Five columns' chunks over one buffer: 3 GB in name, 0.6 GB in memory.
    content = pa.array([b"x" * 600_000] * 1000, pa.binary())
    names = pa.array([f"p{i}" for i in range(1000)])
    images = pa.StructArray.from_arrays([names, content], ["path", "bytes"])
    records = pa.table({"image": pa.chunked_array([images] * 5), "n": np.arange(5000)})
    rows = np.array([4999, 3, 2500, 2501, 1000, 999, 0])
    some = take_rows(records, rows)
    assert some["n"].to_pylist() == rows.tolist()
    paths = [row["path"] for row in some["image"].to_pylist()]
    assert paths == ["p999", "p3", "p500", "p501", "p0", "p999", "p0"]
    sizes = [part.num_rows for part in in_steps(records.select(["image"]), np.arange(150))]
    assert sizes == [64, 64, 22]


def test_a_card_names_the_first_unseen_row_only_where_there_is_one() -> None:
    nothing = np.empty(0, np.int64)
    assert _unseen_from(Split([0, 1], [2], [4, 5])) == {"test_rows_from": 4}
    assert _unseen_from(Split([0, 5], [2], [3, 4])) == {}
    assert _unseen_from(Split([0, 1], [6], [3, 4])) == {}
    assert _unseen_from(Split([0, 1], nothing, nothing)) == {}
