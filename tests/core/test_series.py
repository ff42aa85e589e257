"""Values of many series: their pasts, whatever the batches, and what comes later."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.messages import LANGUAGES, t
from lepton_core.series import (
    SeriesHistory,
    calendar,
    refuse_unordered,
    step_numbers,
    values_ahead,
)

LENGTH = 9


def a_stream(n: int = 3000) -> tuple[pa.Array, np.ndarray, np.ndarray]:
    """Records of twelve series in a rough order: gaps, late ones, two on one step."""
    rng = np.random.default_rng(0)
    series = rng.integers(0, 12, n)
    steps = np.arange(n) // 6 + rng.integers(-3, 3, n)
    steps[n // 2 :] += 50
    return pa.array([f"s{k}" for k in series]), steps, rng.normal(size=(n, 2))


def one_by_one(names: pa.Array, steps: np.ndarray, values: np.ndarray) -> tuple[list, ...]:
    """The same by plain loops: pasts, kept, late, repeated."""
    memory: dict[str, dict[int, np.ndarray]] = {}
    past, kept, late, repeated = [], [], [], []
    for row, (name, step) in enumerate(zip(names.to_pylist(), steps.tolist(), strict=True)):
        own = memory.setdefault(name, {})
        if own and step <= max(own):
            (late if step < max(own) else repeated).append(row)
            continue
        own[step] = values[row]
        absent = np.full(2, np.nan)
        past.append([own.get(step - back, absent) for back in range(LENGTH - 1, -1, -1)])
        kept.append(row)
    return past, kept, late, repeated


@pytest.mark.parametrize("size", [1, 7, 500, 3000])
def test_pasts_are_those_of_one_record_at_a_time(size: int) -> None:
    names, steps, values = a_stream()
    past, kept, late, repeated = one_by_one(names, steps, values)
    history = SeriesHistory(LENGTH, 2)
    found: dict[str, list] = {"past": [], "kept": [], "late": [], "repeated": []}
    for start, stop in pairwise([*range(0, len(steps), size), len(steps)]):
        batch = history.step(
            names.slice(start, stop - start), steps[start:stop], values[start:stop]
        )
        found["past"].append(batch.past)
        for part in ("kept", "late", "repeated"):
            found[part] += (getattr(batch, part) + start).tolist()
        if start < 30 * size:
            resumed = SeriesHistory(LENGTH, 2)
            resumed.restore(history.export())
            history = resumed
    assert np.array_equal(np.concatenate(found["past"]), np.array(past), equal_nan=True)
    assert [found[part] for part in ("kept", "late", "repeated")] == [kept, late, repeated]
    assert late
    assert repeated


def test_a_long_gap_leaves_nothing_and_takes_no_memory() -> None:
    history = SeriesHistory(3)
    history.step(pa.array(["a"]), np.array([-(10**12)]), np.array([[1.0]]))
    past = history.step(pa.array(["a"]), np.array([10**12]), np.array([[2.0]])).past
    assert np.array_equal(past[0, :, 0], [np.nan, np.nan, 2.0], equal_nan=True)


def test_no_records_have_no_past() -> None:
    empty = SeriesHistory(3).step(pa.array([], pa.string()), np.zeros(0, int), np.zeros((0, 1)))
    assert empty.past.shape == (0, 3, 1)


def test_values_ahead_are_of_the_same_series_and_the_right_step() -> None:
    names, steps, values = a_stream()
    found = values_ahead(names, steps, values[:, 0], 2)
    first: dict[tuple[str, int], float] = {}
    keys = list(zip(names.to_pylist(), steps.tolist(), strict=True))
    for key, value in zip(keys, values[:, 0].tolist(), strict=True):
        first.setdefault(key, value)
    expected = [first.get((name, step + 2), np.nan) for name, step in keys]
    assert np.array_equal(found, expected, equal_nan=True)


def test_calendar_comes_back_after_a_week_and_tells_days_apart() -> None:
    weeks = calendar(np.arange(0, 336), 60)
    assert np.allclose(weeks[:168], weeks[168:], atol=1e-5)
    assert len(np.unique(weeks[:168].round(4), axis=0)) == 168
    monday = step_numbers(pa.array(["2026-01-05T00:00:00Z"]).cast(pa.timestamp("s", "UTC")), 60)
    assert np.allclose(calendar(monday, 60), [[0, 1, 0, 1]], atol=1e-5)


def test_a_step_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        step_numbers(pa.array([0], pa.timestamp("us", "UTC")), 0)


def test_what_is_out_of_order_is_told_with_the_latest_before_it() -> None:
    """Also where that came in an earlier batch; in every language."""
    history = SeriesHistory(3)

    def step(*minutes: int) -> list[tuple[str, dict[str, object]]]:
        times = pa.array([minute * 60_000_000 for minute in minutes], pa.timestamp("us", tz="UTC"))
        names = [str(minute) for minute in minutes]
        records = pa.table({"record_id": names, "road": ["a"] * len(minutes), "time": times})
        steps = step_numbers(times, 5.0)
        windows = history.step(records["road"], steps, np.zeros((len(minutes), 1)))
        told = refuse_unordered(records, windows, series="road", time="time", step_minutes=5.0)
        return [reason for reject in told for reason in reject.reasons]

    found = [*step(0, 30, 20, 30), *step(25)]
    assert [key for key, _ in found] == ["late", "same_step", "late"]
    for key, values in found:
        for language in LANGUAGES:
            text = t(f"reject.{key}", language=language, **values)
            assert key != "late" or "1970-01-01 00:30:00" in text


def test_what_only_asks_changes_nothing_and_sees_nothing_later_in_any_cut() -> None:
    """Half of the records only ask: the others get what they get alone, and a question the same
    whether what is known later stands in its batch or not."""
    series, steps, values = a_stream(1200)
    asks = np.random.default_rng(1).random(1200) < 0.5
    whole = SeriesHistory(LENGTH, 2).step(series, steps, values, asks)
    known = np.flatnonzero(~asks)
    alone = SeriesHistory(LENGTH, 2).step(series.take(pa.array(known)), steps[known], values[known])
    of_known = ~asks[whole.kept]
    np.testing.assert_array_equal(whole.kept[of_known], known[alone.kept])
    np.testing.assert_array_equal(whole.past[of_known], alone.past)
    history = SeriesHistory(LENGTH, 2)
    parts = [
        history.step(series.slice(a, b - a), steps[a:b], values[a:b], asks[a:b])
        for a, b in pairwise([0, 1, 7, 300, 301, 900, 1200])
    ]
    np.testing.assert_array_equal(np.concatenate([part.past for part in parts]), whole.past)
    np.testing.assert_array_equal(np.concatenate([part.since for part in parts]), whole.since)
    # From the first step after the last known one on nothing is known, the own step included.
    asked = np.flatnonzero(asks[whole.kept] & (whole.since > 0))
    for row in asked[:50]:
        unknown = min(int(whole.since[row]), LENGTH)
        assert np.isnan(whole.past[row, LENGTH - unknown :]).all()
        if unknown < LENGTH:
            assert np.isfinite(whole.past[row, LENGTH - unknown - 1]).all()
