"""Splits in which no truth crosses, truths by the clock and by rows, and figures known by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.decision import Ahead
from lepton_core.settings import apply_settings
from solutions.traffic_video.forecast.config import Config
from solutions.traffic_video.forecast.evaluation import measures
from solutions.traffic_video.forecast.protocols import RowsSplit, by_time
from solutions.traffic_video.forecast.truths import told

STEP_US = 300_000_000


def table(steps: np.ndarray, stations: int = 1) -> pa.Table:
    """Counts that are their own place: 0, 1, 2... at each station."""
    time = np.repeat(steps, stations) * STEP_US
    names = [f"s{place}" for place in range(stations)] * len(steps)
    return pa.table(
        {
            "record_id": [str(n) for n in range(len(names))],
            "time": pa.array(time, pa.timestamp("us", tz="UTC")),
            "station": names,
            "count": np.repeat(np.arange(float(len(steps))), stations),
        }
    )


def test_no_truth_crosses_from_part_to_part() -> None:
    config = apply_settings(Config(), ["ahead_minutes=[5,60]"])
    protocol = by_time(config)
    records = protocol.with_truth(table(np.arange(200), stations=2))
    split = protocol.split(records)
    step = np.repeat(np.arange(200), 2)
    assert step[split.test].min() == 160
    assert step[split.valid].min() == 128
    assert step[split.valid].max() + 12 < 160
    assert step[split.train].max() + 12 < 128
    # All stations of an interval are in the same part.
    assert all(len(part) % 2 == 0 for part in (split.train, split.valid, split.test))


def test_truths_are_by_the_clock() -> None:
    steps = np.array([0, 1, 2, 6, 7])
    config = apply_settings(Config(), ["ahead_minutes=[5,20]"])
    names, truth = told(by_time(config).with_truth(table(steps)))
    assert names == ("5", "20")
    np.testing.assert_array_equal(truth[:, 0], [1, 2, np.nan, 4, np.nan])
    np.testing.assert_array_equal(truth[:, 1], [np.nan, np.nan, 3, np.nan, np.nan])


def test_published_windows_run_across_gaps() -> None:
    """Thirty rows of the test with a gap after the twentieth: windows end at rows 11 to 28."""
    steps = np.concatenate([np.arange(100), 200 + np.arange(20), 400 + np.arange(10)])
    config = apply_settings(Config(), ["ahead_minutes=[5,15]"])
    protocol = RowsSplit(config, "published", 1, 0, test_from=150 * 300.0)
    records = protocol.with_truth(table(steps))
    split = protocol.split(records)
    assert split.test.tolist() == list(range(100, 129))
    names, rows = told(records.take(pa.array(split.test)), "rows_")
    assert names == ("5",)
    assert np.isnan(rows[:11, 0]).all()
    np.testing.assert_array_equal(rows[11:, 0], np.arange(112.0, 130.0))
    # A forecast that is always the next row is right by rows, and without a gap.
    right = np.repeat(np.arange(101.0, 130.0)[:, None, None], 2, axis=1)
    figures = measures(records.take(pa.array(split.test)), np.repeat(right, 5, axis=2), None)
    assert figures["mae_rows"].value == 0.0
    assert figures["mae_gap_free"].value == 0.0
    assert figures["mae_5min"].value == 0.0
    assert figures["mae_15min"].value == pytest.approx(2.0)


def test_figures_by_hand() -> None:
    config = apply_settings(Config(), ["ahead_minutes=[5]"])
    records = by_time(config).with_truth(table(np.arange(5)))
    # Truths 1, 2, 3, 4 and none; forecasts are off by 0, 1, 2 and 3.
    value = np.array([1.0, 3.0, 5.0, 7.0, 9.0])[:, None]
    scores = np.stack([value - 1, value, value + 1], axis=2)
    decision = Ahead((5.0,), (0.05, 0.5, 0.95), fitted_on={"data": "x"})
    figures = {k: v.value for k, v in measures(records, scores, decision).items()}
    assert figures["mae"] == pytest.approx(1.5)
    assert figures["rmse_5min"] == pytest.approx(np.sqrt(14 / 4))
    assert figures["wape"] == pytest.approx(6 / 10)
    assert figures["coverage90"] == pytest.approx(0.5)
