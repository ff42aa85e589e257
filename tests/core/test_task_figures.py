"""A task's figures beyond its scores: they join its measures, on the records that were scored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.run import _mean, measure
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.solution import Task

from .scoring_task import ODD, table_pipeline

SEEN: dict[str, Any] = {}


def measures(records: pa.Table, scores: np.ndarray, decision: Any) -> dict[str, Measured]:
    return {"ap": Measured(0.5), "map50": Measured(0.1)}


def figures(records: pa.Table, predictions: Predictions, pipeline: Any) -> dict[str, Measured]:
    SEEN.update(records=records, predictions=predictions, pipeline=pipeline)
    return {"map50": Measured(0.75)}


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    hooks = {"here:measures": measures, "here:figures": figures}
    monkeypatch.setattr(Task, "hook", lambda self, reference: hooks[reference])
    made = table_pipeline()
    return replace(made, task=replace(made.task, measures="here:measures"))


def amounts(*values: float) -> pa.Table:
    ids = [f"r{number}" for number in range(len(values))]
    shops = pa.nulls(len(values), pa.string())
    return pa.table({"record_id": ids, "amount": list(values), "shop": shops})


def test_figures_join_the_measures_and_win_over_them(pipeline: Pipeline) -> None:
    table = amounts(30.0, ODD, 50.0, 70.0)
    without, _ = measure(pipeline, table, np.arange(4))
    assert {key: one.value for key, one in without.items()} == {"ap": 0.5, "map50": 0.1}
    told = replace(pipeline, task=replace(pipeline.task, figures="here:figures"))
    found, n = measure(told, table, np.arange(4))
    assert {key: one.value for key, one in found.items()} == {"ap": 0.5, "map50": 0.75}
    assert n == 3


def test_figures_see_the_scored_records_row_by_row(pipeline: Pipeline) -> None:
    told = replace(pipeline, task=replace(pipeline.task, figures="here:figures"))
    measure(told, amounts(30.0, ODD, 50.0, 70.0), np.array([1, 2, 3]))
    assert SEEN["records"]["record_id"].to_pylist() == ["r2", "r3"]
    assert SEEN["predictions"].columns["record_id"].to_pylist() == ["r2", "r3"]
    assert SEEN["predictions"].raw["score"].shape == (2,)
    assert SEEN["pipeline"] is told


def test_the_mean_over_folds_leaves_out_what_a_fold_has_not() -> None:
    first = {"ap": Measured(0.5), "map50": Measured(0.4, 0.3, 0.5)}
    second = {"ap": Measured(0.7)}
    means = _mean([first, second], alike=False)
    assert set(means) == {"ap"}
    assert means["ap"].value == pytest.approx(0.6)
