"""The split of forecasts: no part knows a truth of a later one, and the truth is the right one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import DataError
from lepton_core.evaluation.forecasting import ForecastSplit

HOUR_US = 3_600_000_000


def some_records(hours: int = 200, series: int = 3) -> pa.Table:
    """Hourly records in order of time, a tenth of them missing; the value tells hour and series."""
    at, who = np.divmod(np.arange(hours * series), series)
    kept = np.random.default_rng(0).random(len(at)) > 0.1
    at, who = at[kept], who[kept]
    return pa.table(
        {
            "record_id": [f"r{n}" for n in range(len(at))],
            "time": pa.array(at * HOUR_US, pa.timestamp("us", "UTC")),
            "series": [f"s{n}" for n in who],
            "value": who * 1000.0 + at,
        }
    )


@pytest.mark.parametrize("horizon", [1, 5])
def test_no_truth_crosses_into_a_later_part(horizon: int) -> None:
    protocol = ForecastSplit(60, horizon, valid=0.2, test=0.2)
    records = protocol.with_truth(some_records())
    split = protocol.split(records)
    hour = records.column("time").cast(pa.int64()).to_numpy() // HOUR_US
    truth = records.column("target").to_numpy()
    series = np.array([int(name[1]) for name in records.column("series").to_pylist()])
    for rows in (split.train, split.valid, split.test):
        np.testing.assert_array_equal(truth[rows], 1000.0 * series[rows] + hour[rows] + horizon)
    assert (hour[split.train] + horizon).max() < hour[split.valid].min()
    assert (hour[split.valid] + horizon).max() < hour[split.test].min()
    left_out = np.setdiff1d(
        np.flatnonzero(np.isfinite(truth)), np.concatenate([split.train, split.valid, split.test])
    )
    assert 0 < len(left_out) <= 2 * 3 * horizon


def test_a_gap_has_no_truth_and_a_second_record_on_a_step_has_none() -> None:
    records = some_records(hours=30, series=1)
    twice = pa.concat_tables([records, records.slice(3, 1)]).sort_by("time")
    truth = ForecastSplit(60, 1).with_truth(twice).column("target")
    hours = (twice.column("time").cast(pa.int64()).to_numpy() // HOUR_US).tolist()
    for place, hour in enumerate(hours):
        known = hour + 1 in hours and hour not in hours[:place]
        assert truth[place].is_valid == known


def test_truth_is_the_same_when_asked_twice_and_split_needs_none() -> None:
    protocol = ForecastSplit(60, 1)
    once = protocol.with_truth(some_records())
    assert protocol.with_truth(once).equals(once)
    assert protocol.split(some_records()).fingerprint() == protocol.split(once).fingerprint()


def test_a_horizon_beyond_the_data_is_told() -> None:
    with pytest.raises(DataError) as caught:
        ForecastSplit(60, 1000).split(some_records())
    assert caught.value.key == "split.no_labels"
