"""What retail_recommender promises: the core's checks, and what is true of forecasts of series."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.solution import find_task
from lepton_core.testing import check_solution

TASK = find_task("retail_recommender/demand")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


@pytest.fixture(scope="module")
def records() -> pa.Table:
    return TASK.hook(TASK.sample)(seed=3, series=4, weeks=12)


def changed(records: pa.Table, factor: float) -> pa.Table:
    at = records.column_names.index("value")
    return records.set_column(at, "value", pc.multiply(records.column("value"), factor))


def test_the_solution_conforms() -> None:
    check_solution("retail_recommender")


def test_a_forecast_is_in_the_unit_of_its_series(pipeline: Pipeline, records: pa.Table) -> None:
    """The same series in thousands gives the same forecast in thousands."""
    told = pipeline.score(records)
    thousands = pipeline.score(changed(records, 1000.0))
    for end in ("value", "low", "high"):
        # The interval's margin is in the unit of the training data, and does not grow along.
        margin = abs(getattr(pipeline.decision, "margin", 0.0)) if end != "value" else 0.0
        allowed = 1000.0 * margin + 1e-2 * told[end].max() * 1000.0
        np.testing.assert_allclose(thousands[end], 1000.0 * told[end], rtol=1e-2, atol=allowed)


def test_neither_the_future_nor_another_series_reaches_a_forecast(
    pipeline: Pipeline, records: pa.Table
) -> None:
    whole = pipeline.score(records)["value"]
    np.testing.assert_allclose(pipeline.score(records.slice(0, 300))["value"], whole[:300], 1e-5)
    mine = pc.equal(records.column("series"), "s02")
    alone = pipeline.score(records.filter(mine))["value"]
    np.testing.assert_allclose(alone, whole[mine.to_numpy()], 1e-5)


def test_an_announced_event_raises_the_forecast(pipeline: Pipeline, records: pa.Table) -> None:
    """Every event of the sample lifts the value; only the last record's announcement differs."""
    mine = records.filter(pc.equal(records.column("series"), "s01")).slice(0, 160)

    def last(announced: int) -> float:
        event = mine.column("event_ahead").to_pylist()
        table = mine.set_column(4, "event_ahead", pa.array([*event[:-1], announced]))
        return float(pipeline.score(table)["value"][-1])

    assert last(1) > 1.05 * last(0)


def test_the_first_record_of_a_series_is_forecast_within_reason(
    pipeline: Pipeline, records: pa.Table
) -> None:
    first = pipeline.score(records.slice(0, 4))
    value = records.column("value").slice(0, 4).to_numpy()
    assert len(first) == 4
    assert (first["low"] < first["value"]).all()
    assert (first["value"] > 0.2 * value).all()
    assert (first["value"] < 5 * value).all()


def test_what_comes_late_or_twice_is_refused(pipeline: Pipeline, records: pa.Table) -> None:
    mine = records.filter(pc.equal(records.column("series"), "s01")).slice(0, 4)
    order = pa.array([0, 2, 1, 2, 3])
    ids = pa.array(["a", "b", "late", "twice", "c"])
    scored = pipeline.score(mine.take(order).set_column(0, "record_id", ids))
    assert scored["record_id"].tolist() == ["a", "b", "c"]
    assert scored.rejects.counts() == {"late": 1, "same_step": 1}
