"""Published traffic sets that are no plain tables, as their publishers wrote them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lepton_core.errors import DataError
from lepton_core.records.traffic_sets import read_los_loop, read_pems_station

HEAD = "\ufeff5 Minutes,Lane 1 Flow (Veh/5 Minutes),# Lane Points,% Observed\n"


def write(folder: Path, train: str = "04/01/2016 0:05,16,1,100\n") -> Path:
    folder.joinpath("train.csv").write_text(HEAD + train, encoding="utf-8")
    folder.joinpath("test.csv").write_text(HEAD + "31/03/2016 23:55,7,1,100\n", encoding="utf-8")
    return folder


def test_dates_are_day_month_year(tmp_path: Path) -> None:
    table = read_pems_station(write(tmp_path))
    assert table.column("time").to_pylist() == [
        datetime(2016, 1, 4, 0, 5, tzinfo=UTC),
        datetime(2016, 3, 31, 23, 55, tzinfo=UTC),
    ]
    assert table.column("count").to_pylist() == [16.0, 7.0]


@pytest.mark.parametrize("line", ["2016-01-04 0:05,16,1,100\n", "04/01/2016 0:05,many,1,100\n"])
def test_another_form_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(DataError) as told:
        read_pems_station(write(tmp_path, line))
    assert told.value.key == "data.traffic_set"
    assert "train.csv" in str(told.value)


def test_a_matrix_of_speeds_becomes_a_row_each(tmp_path: Path) -> None:
    path = tmp_path / "los_speed.csv"
    path.write_text("773869,767541\n64.4,67.6\n62.7,68.6\n", encoding="utf-8")
    table = read_los_loop(path)
    assert table.column("station").to_pylist() == ["773869", "767541"] * 2
    assert table.column("count").to_pylist() == [64.4, 67.6, 62.7, 68.6]
    assert table.column("time")[2].as_py() == datetime(2012, 3, 1, 0, 5, tzinfo=UTC)


def test_an_empty_cell_is_named(tmp_path: Path) -> None:
    path = tmp_path / "los_speed.csv"
    path.write_text("a,b\n64.4,\n", encoding="utf-8")
    with pytest.raises(DataError) as told:
        read_los_loop(path)
    assert told.value.key == "data.traffic_set"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train\.csv"):
        read_pems_station(tmp_path)
