"""Order lines as histories: what clients' tables are like, and what becomes of each line."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lepton_core.checking import check
from lepton_core.data.lookup import resolve
from lepton_core.data.mapping import match_columns
from lepton_core.errors import DataError
from lepton_core.records.atomic_files import read_atomic
from lepton_core.records.histories import HistoryReader, histories, open_histories
from lepton_core.scoring.sinks import open_sink
from lepton_core.spec import Column, Spec

SPEC = Spec(
    (
        Column("record_id", "string", "id", rows="user"),
        Column("items", "list<string>", rows="item"),
        Column("times", "list<timestamp>", "meta", required=False, rows="time"),
        Column("quantities", "list<float64>", "quantity", required=False, rows="quantity"),
        Column("prices", "list<float64>", "meta", required=False, rows="price"),
    )
)


def of(*lines: tuple, columns: str = "user item time quantity price") -> dict[str, list[str]]:
    names = columns.split()
    table = pa.table({name: [line[at] for line in lines] for at, name in enumerate(names)})
    made = histories(table, SPEC)
    return {row["record_id"]: row["items"] for row in made.table.to_pylist()} | {
        "": [key for reject in made.rejects for key, _ in reject.reasons]
    }


DAY = "2026-01-0{}".format
CASES = {
    "in order of time": (
        [("u", "b", DAY(2), 1, 1.0), ("u", "a", DAY(1), 1, 1.0)],
        {"u": ["a", "b"]},
        [],
    ),
    "zones are one time": (
        [("u", "b", "2026-01-01 12:00", 1, 1.0), ("u", "a", "2026-01-01 12:30+02:00", 1, 1.0)],
        {"u": ["a", "b"]},
        [],
    ),
    "a line twice counts once": (
        [("u", "a", DAY(1), 1, 1.0), ("u", "a", DAY(1), 1, 1.0), ("u", "a", DAY(2), 1, 1.0)],
        {"u": ["a", "a"]},
        [],
    ),
    "a return takes the latest back": (
        [("u", "a", DAY(1), 2, 1.0), ("u", "b", DAY(2), 1, 1.0), ("u", "b", DAY(3), -1, 1.0)],
        {"u": ["a"]},
        [],
    ),
    "part of it may come back": (
        [("u", "a", DAY(1), 5, 1.0), ("u", "a", DAY(2), -3, 1.0)],
        {"u": ["a"]},
        [],
    ),
    "a return of the same moment": (
        [("u", "a", DAY(1), -1, 1.0), ("u", "a", DAY(1), 1, 1.0)],
        {"u": []},
        [],
    ),
    "a return of what was never bought": (
        [("u", "a", DAY(1), -1, 1.0), ("u", "b", DAY(2), 1, 1.0)],
        {"u": ["b"]},
        [],
    ),
    "another's purchase stays": (
        [("u", "a", DAY(1), 1, 1.0), ("v", "a", DAY(2), -1, 1.0)],
        {"u": ["a"], "v": []},
        [],
    ),
    "prices as text": (
        [("u", "a", DAY(1), "1", "$1,234.50"), ("u", "b", DAY(2), "1", "cheap")],
        {"u": ["a"]},
        ["type"],
    ),
    "dates of spreadsheets": (
        [
            ("u", "b", "02.01.2026 09:00", 1, 1.0),
            ("u", "a", "1.1.2026", 1, 1.0),
            ("u", "c", "2026/1/3", 1, 1.0),
            ("u", "d", "2026年1月4日 9:30", 1, 1.0),
            # Of January or of February: nobody knows.
            ("u", "e", "01/02/2026", 1, 1.0),
        ],
        {"u": ["a", "b", "c", "d"]},
        ["type"],
    ),
    "no user, no item, nothing bought": (
        [
            (None, "a", DAY(1), 1, 1.0),
            ("u", "", DAY(1), 1, 1.0),
            ("u", "c", DAY(1), 0, 1.0),
            ("u", "d", None, 1, 1.0),
            ("u", "e", DAY(1), 1, 1.0),
        ],
        {"u": ["e"]},
        ["null", "null", "zero_quantity", "null"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_lines_become_histories(case: str) -> None:
    lines, expected, refused = CASES[case]
    found = of(*lines)
    assert found.pop("") == refused
    assert found == expected


def test_without_times_the_order_is_that_of_the_lines() -> None:
    found = of(("u", "b"), ("u", "a"), ("u", "b"), columns="user item")
    assert found["u"] == ["b", "a", "b"]


def test_lists_stay_side_by_side() -> None:
    lines = pa.table(
        {
            "user": ["u", "u", "u"],
            "item": ["c", "a", "b"],
            "time": [DAY(3), DAY(1), DAY(2)],
            "quantity": [3, 1, 2],
            "price": ["3", "1", None],
        }
    )
    row = histories(lines, SPEC).table.to_pylist()[0]
    assert row["items"] == ["a", "b", "c"]
    assert row["quantities"] == [1.0, 2.0, 3.0]
    assert row["prices"] == [1.0, None, 3.0]
    assert [moment.day for moment in row["times"]] == [1, 2, 3]


def test_a_file_of_lines_and_one_of_histories_give_the_same_records(tmp_path: Path) -> None:
    lines = tmp_path / "lines.csv"
    lines.write_text(
        "customer,sku,when\nu,a,2026-01-01\nv,c,2026-01-01\nu,b,2026-01-02\n,x,2026-01-03\n"
    )
    mapping = {"customer": "user", "sku": "item", "when": "time"}
    with open_histories(lines, SPEC, mapping, batch_rows=1) as reader:
        assert isinstance(reader, HistoryReader)
        batches = list(reader.batches())
        assert [reject.row for reject in reader.rejects] == [3]
    table = pa.concat_tables(batches)
    checked = check(table, SPEC).table
    for name in ("nested.parquet", "nested.csv", "nested.jsonl"):
        with open_sink(tmp_path / name, table.schema) as sink:
            sink.write(table)
        with open_histories(tmp_path / name, SPEC) as reader:
            again = check(pa.concat_tables(list(reader.batches())), SPEC).table
        assert again.equals(checked), name


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    file.write_text("user,sku\nu,a\n")
    with pytest.raises(DataError, match="item"):
        open_histories(file, SPEC)


def test_a_list_cell_that_is_none_refuses_its_record_alone() -> None:
    table = pa.table({"record_id": list("abcd"), "items": ['["x"]', "[]", "x", '["x", null]']})
    checked = check(table, SPEC)
    assert checked.table["record_id"].to_pylist() == ["a", "b"]
    told = [json.dumps(reject.to_json()) for reject in checked.rejects]
    assert "list<string>" in told[0]
    assert "value_missing" in told[1]


def test_columns_of_lines_are_recognised() -> None:
    from dataclasses import replace

    from lepton_core.solution import find_task

    task = replace(find_task("fraud_rnn/transactions"), inputs=SPEC)
    match = match_columns(["User", "ITEM", "ts"], task, {"ts": "time"})
    assert match.mapping == {"User": "user", "ITEM": "item", "ts": "time"}
    with pytest.raises(DataError, match="tmie"):
        match_columns(["User", "ITEM", "ts"], task, {"ts": "tmie"})


def test_atomic_files_bring_titles_and_first_classes(tmp_path: Path) -> None:
    (tmp_path / "a.inter").write_text(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t7\t3\t1000\n1\t8\t3\t5\n"
    )
    (tmp_path / "a.item").write_text(
        "item_id:token\tmovie_title:token_seq\tclass:token_seq\n"
        '7\tToy "S" Story\tAnimation Comedy\n'
    )
    spec = Spec((*SPEC, Column("titles", "list<string>", "meta", required=False, rows="title")))
    made = histories(read_atomic(tmp_path / "a.inter"), spec).table.to_pylist()
    assert made[0]["items"] == ["8", "7"]
    assert made[0]["titles"] == [None, 'Toy "S" Story']


@pytest.mark.real_data
def test_online_retail_as_it_is() -> None:
    located = resolve("online_retail", None, SPEC)
    with open_histories(located.path, SPEC, located.mapping) as reader:
        assert isinstance(reader, HistoryReader)
        table = pa.concat_tables(list(reader.batches()))
        # Every line without a customer is refused, and no other.
        customers = pq.read_table(located.path, columns=["Customer ID"]).column(0)
        assert len(reader.rejects) == customers.null_count
        assert set(reader.rejects.counts()) == {"null"}
    assert table.num_rows == 4383
    assert min(value for row in table["quantities"].to_pylist() for value in row) > 0
