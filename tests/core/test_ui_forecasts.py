"""Forecasts on a page: the truth beside each, errors by series, and the chart."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.decision import Interval
from lepton_core.rejects import Rejects
from lepton_core.solution import Task
from lepton_core.ui.forecasts import Forecasts
from lepton_core.ui.scored import Scored

HOUR_US = 3_600_000_000


@pytest.fixture
def forecasts() -> Forecasts:
    """Two series of ten hours, 10 and 100; forecasts 1 and 5 too high, intervals of 4 each way."""
    hours, large = np.divmod(np.arange(20), 2)
    value = np.where(large, 100.0, 10.0)
    told = value + np.where(large, 5.0, 1.0)
    records = pa.table(
        {
            "record_id": [f"r{n}" for n in range(20)],
            "time": pa.array(hours * HOUR_US, pa.timestamp("us", "UTC")),
            "series": np.where(large, "large", "small").tolist(),
            "value": value,
        }
    )
    scored = Scored(
        key="a",
        source="mine.csv",
        address="shop/forecast@sample",
        records=records,
        rows=np.arange(20),
        score=np.stack([told - 4, told, told + 4], axis=1).astype(np.float32),
        decision=Interval(),
        card={"data": {"name": "another"}},
        rejects=Rejects(),
        read=20,
    )
    task = cast(Task, SimpleNamespace(name="shop/forecast"))
    return Forecasts.of(task, scored, step_minutes=60, horizon=1)


def test_truth_is_the_next_value_and_the_last_has_none(forecasts: Forecasts) -> None:
    assert np.isnan(forecasts.truth[-2:]).all()
    assert np.array_equal(forecasts.truth[:-2], forecasts.value[2:])
    assert forecasts.judged.sum() == 18
    assert not forecasts.learned


def test_errors_by_series_and_their_latest_forecast(forecasts: Forecasts) -> None:
    small, large = sorted(forecasts.by_series().to_pylist(), key=lambda row: row["mae"])
    assert (small["series"], small["n"], small["mae"], small["coverage"]) == ("small", 9, 1.0, 100)
    assert (large["series"], large["n"], large["mae"], large["coverage"]) == ("large", 9, 5.0, 0)
    assert small["wape"] == pytest.approx(10.0)
    assert large["forecast"] == 105.0
    assert large["ahead"].hour == 10


def test_figures_are_of_the_judged_alone(forecasts: Forecasts) -> None:
    assert [figure.value for figure in forecasts.figures()] == ["2", "20", "3.00", "5.5%", "50.0%"]


def test_the_table_tells_the_time_that_is_forecast(forecasts: Forecasts) -> None:
    row = forecasts.table().to_pylist()[0]
    assert row["target_time"].hour == 1
    assert row["truth"] == 10.0


def test_the_chart_marks_what_fell_outside_and_what_comes_next(forecasts: Forecasts) -> None:
    drawn = {trace.name: trace for trace in forecasts.chart("large").data}
    assert len(drawn["Truth outside the interval"].x) == 9
    assert drawn["Next"].y[0] == 105.0
    assert "Truth outside the interval" not in {t.name for t in forecasts.chart("small").data}
