"""Records that break the Spec are refused with every reason; the others go through unchanged."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.errors import DataError
from lepton_core.spec import Column, Spec

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("time", "timestamp", "time"),
        Column("amount", "float64", low=0.0, high=1e6),
        Column("kind", "string", choices=("a", "b"), required=False),
        Column("label", "int64", "label", low=0, high=1, required=False),
    )
)


def table(**columns: list) -> pa.Table:
    base = {"record_id": ["r1"], "time": ["2026-01-01T00:00:00"], "amount": [1.0]}
    return pa.table({**base, **columns})


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ({"amount": [-1.0]}, "below"),
        ({"amount": [2e6]}, "above"),
        ({"amount": [float("nan")]}, "not_finite"),
        ({"amount": [float("inf")]}, "not_finite"),
        ({"amount": pa.array([None], pa.float64())}, "null"),
        ({"record_id": [""]}, "null"),
        ({"record_id": pa.array([None], pa.string())}, "null"),
        ({"kind": ["c"]}, "choice"),
        ({"label": [2]}, "above"),
    ],
)
def test_a_bad_value_is_refused_with_its_reason(columns: dict, key: str) -> None:
    checked = check(table(**columns), SPEC)
    assert checked.table.num_rows == 0
    (reject,) = checked.rejects
    assert [reason for reason, _ in reject.reasons] == [key]
    assert reject.to_json()["reasons"][0]["message"]


def test_unreadable_cells_are_refused_one_by_one() -> None:
    records = pa.table(
        {
            "record_id": ["a", "b", "c", "d"],
            "time": ["2026-01-01", "yesterday", "2026-01-01 10:00:00", "2026-01-01T10:00:00Z"],
            "amount": ["1.5", "2", "12 USD", "4"],
        }
    )
    checked = check(records, SPEC)
    assert checked.table.column("record_id").to_pylist() == ["a", "d"]
    assert checked.rows.tolist() == [0, 3]
    assert [reject.record_id for reject in checked.rejects] == ["b", "c"]


def test_all_faults_of_a_record_are_told_at_once() -> None:
    checked = check(table(amount=[-1.0], kind=["z"]), SPEC)
    (reject,) = checked.rejects
    assert {key for key, _ in reject.reasons} == {"below", "choice"}


def test_all_missing_columns_are_named_with_a_guess() -> None:
    records = pa.table({"record_id": ["a"], "amounts": [1.0]})
    with pytest.raises(DataError) as caught:
        check(records, SPEC, "day.csv")
    text = str(caught.value)
    assert "day.csv" in text
    assert "time, amount" in text
    assert "--map amounts=amount" in text


def test_a_column_without_a_readable_value_is_an_error_of_the_table() -> None:
    with pytest.raises(DataError, match="amount cannot be read as float64"):
        check(table(amount=["cheap"]), SPEC)
    with pytest.raises(DataError, match="time cannot be read as timestamp"):
        check(table(time=[1700000000]), SPEC)


def test_whole_number_ids_stay_whole_when_they_come_as_floats() -> None:
    checked = check(table(record_id=[596.0]), SPEC)
    assert checked.table.column("record_id").to_pylist() == ["596"]


def test_naive_times_are_utc_and_others_are_converted() -> None:
    naive = check(table(time=pa.array([0], pa.timestamp("ns"))), SPEC).table
    aware = check(table(time=["1970-01-01T02:00:00+02:00"]), SPEC).table
    assert naive.column("time") == aware.column("time")
    assert naive.schema.field("time").type == pa.timestamp("us", tz="UTC")


def test_rows_count_from_the_start_of_the_input() -> None:
    checked = check(table(amount=[-1.0]), SPEC, first_row=65_536)
    assert next(iter(checked.rejects)).row == 65_536


def test_good_records_are_not_touched() -> None:
    amounts = np.random.default_rng(0).uniform(0, 100, 50)
    records = pa.table(
        {
            "record_id": [str(i) for i in range(50)],
            "time": pa.array(np.arange(50), pa.timestamp("us", tz="UTC")),
            "amount": amounts,
        }
    )
    checked = check(records, SPEC)
    assert len(checked.rejects) == 0
    assert np.array_equal(checked.table.column("amount").to_numpy(), amounts)
    assert checked.table.column("label").null_count == 50
