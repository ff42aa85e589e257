"""Reasons of a table's row: of a model whose weights are known, each column's share is known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.decision import Classify
from lepton_core.explain.occlusion import ColumnOcclusion
from lepton_core.pipeline import Pipeline
from lepton_core.runtime.base import Runtime
from lepton_core.solution import Task
from lepton_core.spec import Column, Spec
from lepton_core.tabular import TablePreprocessor

INPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("fee", "float64"),
        Column("calls", "int64", required=False),
        Column("auto", "bool"),
        Column("plan", "string"),
    )
)
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
# What a sum says of each feature; columns outside it have no say.
WEIGHTS = {"fee": 1.0, "calls (missing)": 3.0, "plan = full": 2.0}


class Sum(Runtime):
    """A weighted sum of features."""

    name = "sum"

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> Sum:
        raise NotImplementedError

    def __init__(self, names: tuple[str, ...]) -> None:
        self._weights = np.array([WEIGHTS.get(name, 0.0) for name in names], np.float32)

    def roles(self) -> tuple[str, ...]:
        return ("main",)

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return {"x": (None, len(self._weights))}

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {"score": inputs["x"] @ self._weights}


@pytest.fixture(scope="module")
def records() -> pa.Table:
    return pa.table(
        {
            "record_id": ["a", "b", "c", "d"],
            "fee": [40.0, 10.0, 10.0, 20.0],
            "calls": pa.array([1, None, 1, 1]),
            "auto": [True, False, True, False],
            "plan": ["basic", "basic", "full", "basic"],
        }
    )


@pytest.fixture(scope="module")
def pipeline(records: pa.Table) -> Pipeline:
    preprocessor = TablePreprocessor(INPUTS, least_rows=1).fit(records)
    task = Task("shop/records", "", "", INPUTS, OUTPUTS, "", "", "", "", "")
    runtime = Sum(preprocessor.feature_names)
    return Pipeline(
        task, "shop/records@a", preprocessor, runtime, Classify(("stays", "leaves"), threshold=0.7)
    )


def test_each_column_gets_what_it_adds_to_the_usual(pipeline: Pipeline, records: pa.Table) -> None:
    explained = ColumnOcclusion().explain(pipeline, records, ["a", "b", "c", "d"])
    found = {
        one.record_id: {r.values["column"]: round(r.contribution, 3) for r in one.reasons}
        for one in explained
    }
    fee = round(20.0 / float(np.std([40, 10, 10, 20])), 3)
    # A quarter of the records lack calls, and a quarter have the full plan: that is the usual.
    assert found == {"a": {"fee": fee}, "b": {"calls": 2.25}, "c": {"plan": 1.5}, "d": {}}


def test_reasons_say_what_is_there_in_both_languages(pipeline: Pipeline, records: pa.Table) -> None:
    explained = ColumnOcclusion().explain(pipeline, records, ["a", "b", "c"])
    told = {one.record_id: one.reasons[0] for one in explained}
    assert told["a"].text("en") == "fee is 40, usually 20"
    assert told["b"].text("en") == "calls is not given"
    assert told["c"].text("en") == "plan is full"
    assert all(reason.text("zh") != reason.text("en") for reason in told.values())
    assert explained[0].to_json()["reasons"][0]["value"] == 40.0


def test_without_ids_the_positive_ones_are_explained(pipeline: Pipeline, records: pa.Table) -> None:
    scored = pipeline.score(records)
    called = scored["label"] == "leaves"
    explained = ColumnOcclusion().explain(pipeline, records)
    assert 0 < len(explained) < len(records)
    assert [one.record_id for one in explained] == scored["record_id"][called].tolist()
    assert [one.score for one in explained] == pytest.approx(scored["score"][called].tolist())


def test_a_refused_record_is_not_explained(pipeline: Pipeline, records: pa.Table) -> None:
    at = records.column_names.index("fee")
    broken = records.set_column(at, "fee", pa.array([None, 10.0, 10.0, 20.0]))
    explained = ColumnOcclusion().explain(pipeline, broken, ["a", "b"])
    assert [one.record_id for one in explained] == ["b"]


def test_many_records_are_explained_as_single_ones_are(pipeline: Pipeline) -> None:
    n = 600
    rng = np.random.default_rng(0)
    many = pa.table(
        {
            "record_id": [f"r{number}" for number in range(n)],
            "fee": rng.uniform(0, 60, n),
            "calls": pa.array(rng.integers(0, 3, n), mask=rng.random(n) < 0.3),
            "auto": rng.random(n) < 0.5,
            "plan": rng.choice(["basic", "full"], n),
        }
    )
    explained = ColumnOcclusion().explain(pipeline, many, many["record_id"].to_pylist())
    assert [one.record_id for one in explained] == many["record_id"].to_pylist()
    (alone,) = ColumnOcclusion().explain(pipeline, many.slice(513, 1), ["r513"])
    assert alone.score == pytest.approx(explained[513].score)
    pairs = zip(alone.reasons, explained[513].reasons, strict=True)
    assert all(mine.text() == theirs.text() for mine, theirs in pairs)
