"""When a unit failed, who is still running, and which units and moments are tested."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.errors import DataError
from solutions.defect_detection.maintenance import alarms
from solutions.defect_detection.maintenance.config import Config
from solutions.defect_detection.maintenance.evaluation import by_unit
from solutions.defect_detection.maintenance.sample import generate
from solutions.defect_detection.maintenance.task import INPUTS
from solutions.defect_detection.maintenance.truth import remaining


def _records(**columns) -> pa.Table:
    n = len(columns["cycle"])
    return check(pa.table({"unit": ["a"] * n, "heat": np.arange(n) * 1.0, **columns}), INPUTS).table


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"cycle": [1, 2, 5]}, [4, 3, 0]),
        ({"cycle": [5, 1, 2]}, [0, 4, 3]),
        ({"cycle": [1, 2, 5], "rul": [None, None, 30.0]}, [34, 33, 30]),
        ({"cycle": [1, 2, 5], "rul": [40.0, None, None]}, [40, 39, 36]),
        ({"cycle": [1, 2, 5], "running": [None, None, True]}, [np.nan] * 3),
        ({"cycle": [1, 100, 130], "running": [True] * 3}, [129, np.nan, np.nan]),
    ],
)
def test_the_truth_is_what_the_records_say(columns, expected):
    assert np.array_equal(remaining(_records(**columns), 60, 125), expected, equal_nan=True)


def test_time_counts_cycles_where_there_is_no_count():
    time = ["2026-01-01 00:00", "2026-01-02 00:00", "2026-01-04 01:00"]
    table = check(pa.table({"unit": ["a"] * 3, "time": time, "cycle": [None] * 3}), INPUTS).table
    assert remaining(table, 1440, 125).tolist() == [3, 2, 0]


def test_tested_units_are_never_learned_from_and_their_moments_lie_within_their_lives():
    protocol = by_unit(Config())
    records = protocol.with_truth(check(generate(), INPUTS).table)
    split = protocol.split(records)
    units = np.array(records["unit"].to_pylist())
    assert not set(units[split.train]) & set(units[split.test])
    left = records["rul"].to_numpy()
    assert np.isfinite(left[split.train]).all()
    assert np.isfinite(left[split.test]).all()
    assert (left[split.test] <= 150).all()
    assert left[split.test].max() > 60
    assert split.test.size > 30
    again = protocol.split(records.take(pa.array(np.arange(len(units))[::-1])))
    assert set(units[::-1][again.test]) == set(units[split.test])


def test_units_named_for_the_test_are_tested_at_their_last_record():
    table = check(
        pa.table(
            {
                "unit": ["a", "a", "b", "b", "c"],
                "cycle": [1, 2, 1, 2, 1],
                "part": ["train", "train", "test", "test", "test"],
                "rul": [None, None, None, 9.0, 80.0],
            }
        ),
        INPUTS,
    ).table
    protocol = by_unit(Config())
    split = protocol.split(protocol.with_truth(table))
    assert split.train.tolist() == [0, 1]
    assert split.test.tolist() == [3, 4]


def test_nothing_known_is_told():
    protocol = by_unit(Config())
    table = protocol.with_truth(_records(cycle=[1, 2], running=[True, True]))
    with pytest.raises(DataError, match="rul"):
        protocol.split(table)


def test_an_alarm_is_judged_by_the_first_time_it_came():
    left = np.concatenate([np.arange(60.0, -1, -1)] * 3)
    unit = np.repeat([0, 1, 2], 61)
    # In time; too early; too late.
    first = np.repeat([25.0, 55.0, 10.0], 61)
    found = alarms.judge(unit, left, left <= first, ahead=20)
    assert found == alarms.Alarms(3, pytest.approx(2 / 3), pytest.approx(1 / 3), 25.0)
    # A unit that was not followed to its end is not judged.
    assert alarms.judge(unit, np.where(unit == 1, np.nan, left), left <= 25, 20).units == 2
