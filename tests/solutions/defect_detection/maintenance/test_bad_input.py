"""What a machine's log gets wrong is told: refused with the reason, or scored and marked."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lepton_core.messages import t


@pytest.fixture
def press(presses) -> pa.Table:
    """One press from new to failure."""
    return presses.filter(pc.equal(presses["unit"], "P01"))


def _with(table: pa.Table, name: str, values) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, pa.array(values))


def test_a_sound_log_raises_no_doubt(sample, press):
    found = sample.score(press)
    assert not len(found.rejects)
    assert found["reason"][25:].tolist() == [""] * (press.num_rows - 25)
    assert not found["review"][25:].any()


def test_a_unit_with_one_cycle_is_told_and_marked(sample, press):
    found = sample.score(press.slice(0, 1))
    assert found["reason"].tolist() == ["short_history (1)"]
    assert found["review"].all()
    assert found["high"][0] - found["low"][0] > 0


def test_a_sensor_that_stands_still_is_named(sample, press):
    heat = press["heat"].to_numpy().copy()
    heat[60:] = heat[60]
    reason = sample.score(_with(press, "heat", heat))["reason"]
    assert reason[59] == ""
    assert reason[-1] == "stuck: heat"


def test_a_value_that_cannot_be_is_marked_and_leaves_the_estimate_alone(sample, press):
    heat = press["heat"].to_numpy().copy()
    heat[80] = -9999.0
    wrong, right = sample.score(_with(press, "heat", heat)), sample.score(press)
    assert wrong["reason"][80] == "outside: heat"
    assert wrong["reason"][81] == ""
    assert abs(wrong["value"] - right["value"]).max() < 12


@pytest.mark.parametrize("how", ["nulls", "column", "text"])
def test_a_missing_sensor_is_marked(sample, press, how):
    if how == "column":
        table = press.drop_columns(["vibration"])
    else:
        cells = [None] * press.num_rows if how == "nulls" else ["off"] * press.num_rows
        table = _with(press, "vibration", pa.array(cells, pa.string()))
    found = sample.score(table)
    assert len(found) == press.num_rows
    assert set(found["reason"][25:].tolist()) == {"missing: vibration"}


def test_without_most_sensors_nothing_is_said(sample, press):
    table = press.drop_columns(["vibration", "heat", "pressure", "current"])
    found = sample.score(table)
    assert not len(found)
    (key, told), *_ = next(iter(found.rejects)).reasons
    assert key == "maintenance_few_sensors"
    assert "heat" in t(f"reject.{key}", **told)


def test_cycles_that_jump_are_marked_until_they_no_longer_weigh(sample, press):
    rows = np.concatenate([np.arange(40), np.arange(70, press.num_rows)])
    reason = sample.score(press.take(pa.array(rows)))["reason"]
    assert reason[39] == ""
    assert reason[40] == "gap (30)"


@pytest.mark.parametrize(
    ("order", "key"),
    [([0, 1, 2, 1], "maintenance_same_cycle"), ([0, 1, 5, 3], "maintenance_late")],
)
def test_a_cycle_that_comes_late_or_twice_is_refused(sample, press, order, key):
    table = press.take(pa.array(order))
    ids = [f"{number}" for number in range(len(order))]
    if key == "maintenance_same_cycle":
        table = table.take(pa.array([0, 1, 2, 2]))
    found = sample.score(_with(table, "record_id", ids))
    assert [r.reasons[0][0] for r in found.rejects] == [key]
    assert len(found) == 3


def test_neither_cycle_nor_time_is_refused(sample, press):
    found = sample.score(press.drop_columns(["cycle"]).slice(0, 2))
    assert {r.reasons[0][0] for r in found.rejects} == {"maintenance_no_cycle"}


def test_a_negative_cycle_is_refused(sample, press):
    cycle = press["cycle"].to_numpy().copy()
    cycle[0] = -4
    found = sample.score(_with(press, "cycle", cycle))
    assert [r.reasons[0][0] for r in found.rejects] == ["below"]


def test_units_in_any_order_get_the_same_estimates(sample, presses):
    by_cycle = presses.sort_by([("cycle", "ascending"), ("unit", "descending")])
    one, other = sample.score(presses), sample.score(by_cycle)
    order = np.argsort(one["record_id"].astype(str))
    assert np.allclose(
        one["value"][order], other["value"][np.argsort(other["record_id"].astype(str))], atol=1e-3
    )


def test_a_clients_own_names_and_no_ids(sample, press):
    table = press.drop_columns(["record_id"])
    found = sample.score(table)
    assert found["record_id"][:2].tolist() == ["P01/1", "P01/2"]
    assert np.allclose(found["value"], sample.score(press)["value"])
