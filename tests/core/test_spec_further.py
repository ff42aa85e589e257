"""Columns that a Spec does not name: taken as numbers, wherever the records come from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check, with_ids
from lepton_core.data.reading import numbered
from lepton_core.errors import DataError
from lepton_core.records.opening import read_records
from lepton_core.scoring.stream import table_of
from lepton_core.spec import FURTHER, Column, Spec
from lepton_core.ui.column_guess import guess_all

OPEN = Spec(
    (
        Column("record_id", "string", "id", required=False, made_of=("unit", "cycle")),
        Column("unit", "string", "entity"),
        Column("cycle", "int64"),
        Column(FURTHER, "float64", required=False),
    )
)
CLOSED = Spec(OPEN.columns[:3])


def test_only_an_open_spec_takes_further_columns():
    assert CLOSED.over(["unit", "heat"]) is CLOSED
    assert OPEN.over(["heat", "unit"]).names == ("record_id", "unit", "cycle", "heat")
    assert OPEN.over(["unit"]).names == ("record_id", "unit", "cycle")


def test_a_spec_with_further_columns_survives_json():
    assert Spec.from_json(json.loads(json.dumps(OPEN.to_json()))) == OPEN


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1.5", "2", ""], [1.5, 2.0, None]),
        (["1.5", "broken", "-"], [1.5, None, None]),
        (["north", "south", "north"], [None, None, None]),
        ([1.5, np.inf, np.nan], [1.5, None, None]),
        ([True, False, None], [1.0, 0.0, None]),
        ([[1], [2], [3]], [None, None, None]),
    ],
)
def test_what_is_no_number_in_a_further_column_is_an_empty_cell(cells, expected):
    table = pa.table({"unit": ["a", "a", "b"], "cycle": [1, 2, 1], "heat": pa.array(cells)})
    checked = check(table, OPEN)
    assert not len(checked.rejects)
    assert checked.table.schema.field("heat").type == pa.float64()
    assert checked.table["heat"].to_pylist() == expected


def test_ids_are_made_of_other_columns_where_there_are_none():
    table = pa.table({"unit": ["a", "b"], "cycle": [7, 9]})
    assert check(table, OPEN).table["record_id"].to_pylist() == ["a/7", "b/9"]
    own = table.append_column("record_id", pa.array(["x", "y"]))
    assert check(own, OPEN).table["record_id"].to_pylist() == ["x", "y"]
    assert numbered(table, OPEN).column_names == ["unit", "cycle"]
    some = pa.table({"unit": ["a", None, "b"], "cycle": [7, None, None]})
    assert with_ids(some, OPEN)["record_id"].to_pylist() == ["a/7", None, "b"]


@pytest.mark.parametrize("cycles", [[[1]], [{"a": 1}], [b"\xff"]])
def test_an_id_of_what_is_no_text_is_told_by_its_column(cycles):
    table = pa.table({"unit": ["a"], "cycle": pa.array(cycles)})
    with pytest.raises(DataError) as raised:
        check(table, OPEN, "line.parquet")
    assert raised.value.key == "data.wrong_type"
    assert "cycle" in str(raised.value)


def test_a_file_of_ones_own_brings_its_sensors_and_may_rename_them(tmp_path: Path):
    path = tmp_path / "press.csv"
    path.write_text("machine,hour,T24,note\np1,1,640.5,ok\np1,2,641,\n")
    mapping = {"machine": "unit", "hour": "cycle", "T24": "heat"}
    checked = check(read_records(path, OPEN, mapping), OPEN)
    assert checked.table.column_names == ["record_id", "unit", "cycle", "heat", "note"]
    assert checked.table["heat"].to_pylist() == [640.5, 641.0]
    assert checked.table["note"].null_count == 2
    with pytest.raises(DataError, match="heat"):
        read_records(path, CLOSED, mapping)


def test_lines_of_a_stream_may_name_different_sensors():
    lines = [b'{"machine": "a", "cycle": 1, "heat": 3}', b'{"machine": "a", "cycle": 2, "oil": 4}']
    table, faults = table_of(lines, OPEN, {"machine": "unit"})
    assert not faults
    checked = check(table, OPEN, whole=False)
    assert checked.table["record_id"].to_pylist() == ["a/1", "a/2"]
    assert checked.table["heat"].to_pylist() == [3.0, None]
    assert checked.table["oil"].to_pylist() == [None, 4.0]


def test_no_column_is_guessed_to_be_the_further_ones():
    table = pa.table({"unit": ["a"], "cycle": [1], "*": [1.0]})
    assert FURTHER not in guess_all(OPEN, table, {})
