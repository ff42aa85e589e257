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


@pytest.mark.parametrize("ages", [[31.0, float("nan"), None], ["31", "nan", ""]])
def test_not_a_number_where_none_is_required_is_a_missing_value(ages: list) -> None:
    spec = Spec((Column("record_id", "string", "id"), Column("age", "float64", required=False)))
    checked = check(pa.table({"record_id": ["a", "b", "c"], "age": ages}), spec)
    assert checked.table["age"].to_pylist() == [31.0, None, None]
    endless = check(pa.table({"record_id": ["a"], "age": [float("inf")]}), spec)
    assert endless.rejects.counts() == {"not_finite": 1}


def test_unreadable_cells_are_refused_one_by_one() -> None:
    records = pa.table(
        {
            "record_id": ["a", "b", "c", "d"],
            "time": ["2026-01-01", "yesterday", "2026-01-01 10:00:00", "2026-01-01T10:00:00Z"],
            "amount": ["1.5", "2", "a dozen", "4"],
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


def test_an_unreadable_value_is_told_with_how_to_write_it() -> None:
    told = table(
        record_id=["a", "b"], time=["01/02/2026 10:00", "2026-02-01"], amount=["5", "five"]
    )
    messages = [reject.to_json()["reasons"][0]["message"] for reject in check(told, SPEC).rejects]
    assert messages == [
        "time is not a readable timestamp: '01/02/2026 10:00'; write it as 2026-01-31 16:05:00Z.",
        "amount is not a readable float64: 'five'; write it as 1234.5.",
    ]


def test_what_is_no_arrow_table_is_refused_with_what_to_do() -> None:
    for given in (table().to_pandas(), "day.csv", None):
        with pytest.raises(DataError, match="expected as a pyarrow Table") as caught:
            check(given, SPEC)
        assert caught.value.values["received"] == type(given).__name__


def test_a_guess_can_be_pasted_and_offers_no_column_twice() -> None:
    spec = Spec(tuple(Column(name, "string") for name in ("record_id", "card", "amount")))
    with pytest.raises(DataError) as caught:
        spec.require(["card_no", "amount"], "day.csv")
    told = str(caught.value)
    assert "--map card_no=card." in told
    assert "card_no=record_id" not in told
    with pytest.raises(DataError) as caught:
        spec.require(["Card No", "record_id", "amount"], "day.csv")
    assert "--map 'Card No=card'" in str(caught.value)


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


IMAGES = Spec((Column("record_id", "string", "id"), Column("image", "image")))
IMAGE = Column("image", "image").arrow_type()


def image(path: str, data: bytes | None) -> dict:
    return {"path": path, "bytes": data, "sha256": None}


def test_a_picture_without_bytes_is_refused_with_its_path() -> None:
    cells = [image("a.png", b"x"), None, image("c.png", None), image("d.png", b"")]
    records = pa.table({"record_id": list("abcd"), "image": pa.array(cells, IMAGE)})
    # As a stream of chunks, which are not joined.
    checked = check(pa.concat_tables([records, records]), IMAGES, first_row=10)
    assert checked.table["record_id"].to_pylist() == ["a", "a"]
    assert checked.table.schema.equals(IMAGES.arrow_schema())
    assert checked.rows.tolist() == [10, 14]
    told = [(r.row, r.record_id, *r.reasons) for r in checked.rejects][:3]
    named = {"column": "image"}
    assert told == [
        (11, "b", ("unreadable_image", {**named, "received": "-"})),
        (12, "c", ("unreadable_image", {**named, "received": "c.png"})),
        (13, "d", ("unreadable_image", {**named, "received": "d.png"})),
    ]
    assert "c.png" in list(checked.rejects)[1].to_json()["reasons"][0]["message"]


def test_an_optional_picture_may_be_absent_but_not_broken() -> None:
    spec = Spec((IMAGES["record_id"], Column("image", "image", required=False)))
    cells = pa.array([None, image("b.png", None)], IMAGE)
    checked = check(pa.table({"record_id": ["a", "b"], "image": cells}), spec)
    assert checked.rows.tolist() == [0]
    assert check(pa.table({"record_id": ["a"]}), spec).table["image"].null_count == 1


def test_pictures_that_pass_are_not_copied() -> None:
    cells = pa.array([image("a.png", b"x" * 1000)], IMAGE)
    checked = check(pa.table({"record_id": ["a"], "image": cells}), IMAGES)
    (chunk,) = checked.table["image"].chunks
    assert chunk.field("bytes").buffers()[2].address == cells.field("bytes").buffers()[2].address


def test_pictures_without_a_checksum_are_taken_all_the_same() -> None:
    cells = pa.array([{"bytes": b"x", "path": "a.png"}])
    checked = check(pa.table({"record_id": ["a"], "image": cells}), IMAGES)
    assert checked.table["image"].to_pylist() == [image("a.png", b"x")]


@pytest.mark.parametrize("cells", [[b"x" * 1000], ["a.png"], [[1]], [{"size": 1}]])
def test_what_is_no_picture_column_is_an_error_with_its_rows(cells: list) -> None:
    records = pa.table({"record_id": ["a"], "image": cells})
    with pytest.raises(DataError, match="rows 64 to 64") as caught:
        check(records, IMAGES, "a.parquet", 64, whole=False)
    assert caught.value.key == "data.wrong_type"
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    "cells",
    [
        pa.array([b"\xff\xfe"]),
        pa.array([[1.0]]),
        pa.array([1], pa.duration("ns")),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        pa.array([(1, 2, 3)], pa.month_day_nano_interval()),
    ],
    ids=lambda cells: str(cells.type),
)
def test_an_odd_type_is_an_error_of_the_column(cells: pa.Array, whole: bool) -> None:
    records = table().set_column(2, "amount", cells)
    with pytest.raises(DataError) as caught:
        check(records, SPEC, "a.parquet", 7, whole=whole)
    assert caught.value.key == "data.wrong_type"
    assert (caught.value.values["row"], caught.value.values["last"]) == (7, 7)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("label", ["1", "99999999999999999999", "-99999999999999999999"]),
        ("time", ["2026-01-01", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]),
    ],
)
def test_a_value_too_large_for_its_type_refuses_that_record_alone(name: str, cells: list) -> None:
    base = {"record_id": ["a", "b", "c"], "time": ["2026-01-01"] * 3, "amount": [1.0] * 3}
    checked = check(pa.table({**base, name: cells}), SPEC)
    assert checked.rows.tolist() == [0]
    assert checked.rejects.counts() == {"type": 2}


def test_a_column_of_0_and_1_is_read_from_yes_and_no() -> None:
    told = ["yes", "No", " TRUE ", "false", "1", "0", None]
    records = pa.table({"record_id": list("abcdefg"), "label": told})
    checked = check(records, Spec((SPEC["record_id"], SPEC["label"])))
    assert checked.table["label"].to_pylist() == [1, 0, 1, 0, 1, 0, None]


def test_a_column_of_0_and_1_with_stars_in_it_tells_what_is_wanted() -> None:
    records = pa.table({"record_id": ["a", "b"], "label": ["5 stars", "1 star"]})
    with pytest.raises(DataError, match=r"0/1.*5 stars") as caught:
        check(records, Spec((SPEC["record_id"], SPEC["label"])))
    assert caught.value.key == "data.wrong_type"
