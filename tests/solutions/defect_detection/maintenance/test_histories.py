"""What is remembered of a unit: the same however its records are cut, and true to what came."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.defect_detection.maintenance.histories import LAG, TIMES, UnitHistory


def _take(history: UnitHistory, unit: list[int], cycle: list[float], value: np.ndarray):
    n = len(unit)
    for number in unit:
        history.slot(number)
    age = np.full(n, np.nan)
    return history.take(np.array(unit), np.array(cycle, float), age, value, value)


def _fleet(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    unit = rng.integers(0, 4, 300)
    cycle = np.zeros(300)
    for number in range(4):
        rows = np.flatnonzero(unit == number)
        cycle[rows] = np.cumsum(rng.choice([1, 1, 1, 3], len(rows)))
    value = rng.normal(size=(300, 2))
    value[rng.random((300, 2)) < 0.1] = np.nan
    return unit, cycle, value


@pytest.mark.parametrize("size", [1, 7, 100])
def test_any_cut_of_the_records_gives_the_same(size):
    unit, cycle, value = _fleet()
    whole = _take(UnitHistory(2), list(unit), list(cycle), value)
    history, parts = UnitHistory(2), []
    for number in range(4):
        history.slot(number)
    for start in range(0, 300, size):
        rows = slice(start, start + size)
        some = history.take(
            unit[rows], cycle[rows], np.full(len(unit[rows]), np.nan), value[rows], value[rows]
        )
        parts.append(some)
    assert np.array_equal(np.concatenate([p.features for p in parts]), whole.features)
    assert np.array_equal(np.concatenate([p.run for p in parts]), whole.run)
    assert np.array_equal(np.concatenate([p.skipped for p in parts]), whole.skipped)


def test_units_do_not_see_each_other():
    unit, cycle, value = _fleet()
    mixed = _take(UnitHistory(2), list(unit), list(cycle), value)
    rows = np.flatnonzero(unit == 2)
    alone = _take(UnitHistory(2), [0] * len(rows), list(cycle[rows]), value[rows])
    assert np.allclose(mixed.features[rows], alone.features, atol=1e-6)


def test_a_level_follows_a_step_and_the_trend_shows_it():
    value = np.concatenate([np.zeros(100), np.ones(100)])[:, None]
    features = _take(UnitHistory(1), [0] * 200, list(range(1, 201)), value).features[:, -1]
    level, fast, slow = features[:, 0], features[:, 1], features[:, 2]
    assert level[99] == 0
    assert 0.7 < level[109] < 0.8
    assert level[199] > 0.99
    assert fast[105] > 0.3
    assert slow[115] > 0.3
    assert abs(fast[199]) < 0.05


def test_what_was_known_before_stands_a_lag_back():
    unit, cycle, value = _fleet()
    features = _take(UnitHistory(2), list(unit), list(cycle), value).features
    rows = np.flatnonzero(unit == 1)
    for back in range(1, TIMES):
        assert np.array_equal(features[rows[40], -1 - back], features[rows[40 - back * LAG], -1])


def test_late_and_repeated_records_leave_no_trace():
    cycle = [1.0, 2.0, 5.0, 4.0, 5.0, 6.0]
    value = np.array([[1.0], [1.0], [1.0], [99.0], [99.0], [1.0]])
    seen = _take(UnitHistory(1), [0] * 6, cycle, value)
    assert seen.late.tolist() == [False, False, False, True, False, False]
    assert seen.repeated.tolist() == [False, False, False, False, True, False]
    assert seen.known.tolist() == [1, 2, 3, 0, 0, 4]
    assert seen.features[5, -1, 0] == pytest.approx(1.0)
    assert seen.skipped.tolist() == [0, 0, 2, 0, 0, 2]


def test_the_age_is_counted_from_the_first_record_where_nobody_tells_it():
    seen = _take(UnitHistory(1), [0, 0], [5000.0, 5003.0], np.zeros((2, 1)))
    assert np.expm1(seen.features[:, -1, -1]).round(3).tolist() == [1.0, 4.0]
