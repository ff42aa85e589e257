"""The usual day, the clock on the wall, and the arrays that the network sees."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import UsageError
from lepton_core.settings import apply_settings
from solutions.traffic_video.forecast.clock import Clock, local_clock
from solutions.traffic_video.forecast.config import Config, DataConfig
from solutions.traffic_video.forecast.preprocessing import CountsPreprocessor, steps_ahead
from solutions.traffic_video.forecast.usual import learn_usual


@pytest.mark.parametrize(
    "setting",
    [
        *("step_minutes=0", "lags=0", "coverage=1.5", "members=0", "epochs=0", "batch_size=0"),
        *("dropout=2", "embedding=0", "kind=lstm", "value=mode", "short_pasts=-1", "test_share=-1"),
    ],
)
def test_a_setting_that_means_nothing_is_told(setting: str) -> None:
    with pytest.raises(UsageError) as raised:
        apply_settings(Config(), [setting])
    assert setting.split("=")[0] in raised.value.text("zh")


def step(text: str, minutes: float = 5.0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() / 60 / minutes)


@pytest.mark.parametrize(
    ("utc", "zone", "hour", "weekday"),
    [
        ("2026-03-28T06:00", "Europe/Berlin", 7, 5),
        ("2026-03-30T06:00", "Europe/Berlin", 8, 0),  # the clocks went forward in between
        ("2026-10-26T07:00", "Europe/Berlin", 8, 0),  # and back
        ("2026-03-01T23:30", "Asia/Shanghai", 7, 0),  # the next day there
        ("2026-03-30T06:00", "UTC", 6, 0),
    ],
)
def test_the_rush_hour_stays_in_its_place_when_the_clocks_change(
    utc: str, zone: str, hour: int, weekday: int
) -> None:
    clock = local_clock(np.array([step(utc)]), 5.0, zone)
    assert clock.slot[0] * 5 // 60 == hour
    assert clock.weekday[0] == weekday
    assert clock.kind[0] == int(weekday >= 5)


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(UsageError) as told:
        local_clock(np.array([0]), 5.0, "Mars/Olympus")
    assert "Mars/Olympus" in str(told.value)


@pytest.mark.parametrize("ahead", [(), (7.0,), (15.0, 5.0), (0.0, 5.0), (5.0, 5.0)])
def test_times_ahead_are_whole_intervals_in_order(ahead: tuple[float, ...]) -> None:
    with pytest.raises(UsageError) as told:
        steps_ahead(DataConfig(ahead_minutes=ahead))
    assert told.value.key == "traffic_video.forecast.ahead"


def test_a_weekend_that_was_never_seen_is_taken_from_the_weekdays() -> None:
    clock = Clock(np.array([0, 1]), np.array([0, 0]), np.array([0, 0]))
    usual = learn_usual(np.zeros(2, int), ("a",), clock, np.array([4.0, 8.0]), 4, 0.0)
    np.testing.assert_allclose(usual.days[0, 1], usual.days[0, 0])
    # What no day has seen is the station's mean.
    np.testing.assert_allclose(usual.days[0, 0], [4, 8, 6, 6])


def test_smoothing_goes_around_midnight() -> None:
    clock = Clock(np.arange(6), np.zeros(6, int), np.zeros(6, int))
    values = np.array([6.0, 0, 0, 0, 0, 0])
    usual = learn_usual(np.zeros(6, int), ("a",), clock, values, 6, 0.7)
    assert usual.days[0, 0, 5] == pytest.approx(usual.days[0, 0, 1])
    assert usual.days[0, 0, 5] > usual.days[0, 0, 3]


def test_arrays_tell_what_strays_from_the_usual_and_what_is_missing() -> None:
    config = DataConfig(lags=3, ahead_minutes=(5.0,), smooth_minutes=0.0)
    first = step("2026-03-02T00:00")
    minutes = np.arange(first, first + 3 * 288)
    records = pa.table(
        {
            "record_id": [str(n) for n in minutes],
            "time": pa.array(minutes * 300, pa.int64()).cast(pa.timestamp("s", tz="UTC")),
            "station": ["a"] * len(minutes),
            # Each day the same but for its level.
            "count": np.repeat([9.0, 10.0, 11.0], 288),
        }
    )
    preprocessor = CountsPreprocessor(config).fit(records)
    told = preprocessor.transform(records.take(pa.array([0, 2])))
    spread = np.sqrt(2 / 3)
    assert told.arrays["base"][1, 0] == pytest.approx(10.0)
    assert told.arrays["scale"][1, 0] == pytest.approx(spread, rel=1e-5)
    x = told.arrays["x"][1]
    np.testing.assert_allclose(x[:, 0], [-1 / spread, 0, -1 / spread], rtol=1e-5)
    np.testing.assert_allclose(x[:, 1], [1, 0, 1])
    state, arrays = preprocessor.state()
    again = CountsPreprocessor.from_state(state, arrays).transform(records)
    for name, values in preprocessor.transform(records).arrays.items():
        np.testing.assert_array_equal(again.arrays[name], values)
