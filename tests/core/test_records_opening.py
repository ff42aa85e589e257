"""One door: the Spec decides how an input is read, and what is wrong names its file."""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lepton_core.checking import check
from lepton_core.errors import DataError
from lepton_core.records import (
    expand_inputs,
    open_records,
    open_table,
    opening,
    read_records,
)
from lepton_core.spec import Column, Spec

TABLE = Spec(
    (
        Column("record_id", "string", "id"),
        Column("amount", "float64"),
        Column("label", "int64", "label", required=False),
    )
)
PICTURES = Spec((Column("record_id", "string", "id"), Column("image", "image")))


def written(path: Path, text: str = "record_id,amount,shop\n1,9.5,north\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def problem(call, *args, **kwargs) -> DataError:
    with pytest.raises(DataError) as caught:
        call(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_table_task_reads_a_table_and_a_picture_task_pictures(tmp_path: Path) -> None:
    with open_records(written(tmp_path / "a.csv"), TABLE) as reader:
        assert reader.schema_names == ("record_id", "amount")
    written(tmp_path / "1.png", "x")
    with open_records(tmp_path, PICTURES) as reader:
        assert reader.schema_names == ("record_id", "image")
        assert reader.rows_total == 1


def test_a_picture_task_also_reads_a_table_that_holds_pictures(tmp_path: Path) -> None:
    written(tmp_path / "1.png", "x")
    table = read_records(tmp_path, PICTURES)
    pq.write_table(table, tmp_path / "a.parquet")
    assert read_records(tmp_path / "a.parquet", PICTURES).equals(table)


@pytest.mark.parametrize(
    ("spec", "rows"), [(TABLE, opening.TABLE_BATCH_ROWS), (PICTURES, opening.PICTURE_BATCH_ROWS)]
)
def test_batches_have_a_size_that_suits_the_records(tmp_path: Path, spec: Spec, rows: int) -> None:
    if spec is TABLE:
        lines = "".join(f"{n},1\n" for n in range(rows + 1))
        source = written(tmp_path / "a.csv", "record_id,amount\n" + lines)
    else:
        source = tmp_path
        for n in range(rows + 1):
            written(tmp_path / f"{n:03}.png", "x")
    with open_records(source, spec) as reader:
        assert [batch.num_rows for batch in reader.batches()] == [rows, 1]
    with open_records(source, spec, batch_rows=rows + 1) as reader:
        assert [batch.num_rows for batch in reader.batches()] == [rows + 1]


def test_further_columns_come_under_their_own_names(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "record_id,sum,amount,shop\n1,9.5,7,north\n")
    with open_records(path, TABLE, {"sum": "amount"}, extra=["shop", "sum", "record_id"]) as reader:
        assert reader.schema_names == ("record_id", "amount", "shop", "sum")
        assert next(reader.batches()).to_pylist() == [
            {"record_id": "1", "amount": "9.5", "shop": "north", "sum": "9.5"}
        ]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_a_column_delivered_twice_is_right_in_every_format(tmp_path: Path, suffix: str) -> None:
    rows = [{"record_id": f"r{n}", "sum": n, "shop": f"s{n}"} for n in range(5)]
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        path.write_text("record_id,sum,shop\n" + "".join(f"r{n},{n},s{n}\n" for n in range(5)))
    table = read_records(path, TABLE, {"sum": "amount"}, extra=["sum", "shop"])
    assert table.column_names == ["record_id", "amount", "sum", "shop"]
    assert table["sum"].equals(table["amount"])
    assert table["shop"].to_pylist() == [row["shop"] for row in rows]


def test_a_further_column_that_is_not_there_is_answered_with_near_ones(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv")
    error = problem(open_records, path, TABLE, extra=["shopp"])
    assert (error.key, error.values["near"]) == ("data.unknown_column", "shop")
    assert str(path) in str(error)
    twice = written(tmp_path / "b.csv", "record_id,amount,shop,shop\n1,2,3,4\n")
    assert problem(open_records, twice, TABLE, extra=["shop"]).key == "data.column_twice"


def test_a_folder_stands_for_its_tables_in_order(tmp_path: Path) -> None:
    for name in ("b.csv", "a.parquet", "c.jsonl.gz", ".d.csv", "_e.csv", "notes.txt", "deep/f.csv"):
        written(tmp_path / name)
    (tmp_path / "folder.csv").mkdir()
    single = written(tmp_path / "deep" / "g.csv")
    found = expand_inputs([single, tmp_path], TABLE)
    assert found == [single, *(tmp_path / n for n in ("a.parquet", "b.csv", "c.jsonl.gz"))]


def test_for_pictures_a_folder_or_zip_is_one_input(tmp_path: Path) -> None:
    picture = written(tmp_path / "in" / "1.PNG", "x")
    archive = written(tmp_path / "a.zip", "x")
    assert expand_inputs([tmp_path / "in", archive, picture], PICTURES) == [
        tmp_path / "in",
        archive,
        picture,
    ]


@pytest.mark.parametrize(
    ("spec", "name", "key"),
    [
        (TABLE, "gone.csv", "data.no_file"),
        (PICTURES, "gone", "data.no_file"),
        (TABLE, "empty", "data.no_tables"),
        (TABLE, "a.zip", "data.zipped_tables"),
        (TABLE, "notes.txt", "data.unknown_suffix"),
        (PICTURES, "notes.txt", "data.not_pictures"),
    ],
)
def test_an_input_that_cannot_be_read_is_named(
    tmp_path: Path, spec: Spec, name: str, key: str
) -> None:
    (tmp_path / "empty").mkdir()
    for there in ("a.zip", "notes.txt", "good.csv", "good.png"):
        written(tmp_path / there)
    good = tmp_path / ("good.png" if spec is PICTURES else "good.csv")
    error = problem(expand_inputs, [good, tmp_path / name], spec)
    assert error.key == key
    assert str(tmp_path / name) in str(error)
    for language in ("en", "zh"):
        assert str(tmp_path / name) in error.text(language)


def test_several_files_are_read_as_one_whatever_the_order_of_their_columns(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", "record_id,amount\n1,9.5\n")
    written(tmp_path / "b.csv", "amount,record_id\n7,2\n")
    pq.write_table(pa.table({"record_id": ["3"], "amount": [5.0]}), tmp_path / "c.parquet")
    table = read_records(tmp_path, TABLE)
    assert table.column_names == ["record_id", "amount"]
    assert check(table, TABLE).table["amount"].to_pylist() == [9.5, 7.0, 5.0]


def test_pictures_of_two_folders_are_read_as_one(tmp_path: Path) -> None:
    for name in ("one/a.png", "two/b.png", "two/c.png"):
        written(tmp_path / name, name)
    table = read_records([tmp_path / "two", tmp_path / "one"], PICTURES)
    assert table["record_id"].to_pylist() == ["b.png", "c.png", "a.png"]


@pytest.mark.parametrize(
    ("second", "key", "told"),
    [
        ({"record_id": ["2"]}, "data.missing_columns", "amount"),
        ({"record_id": ["2"], "amount": [1.0], "label": [1]}, "data.other_columns", "label"),
        ({"record_id": ["2"], "amount": [[1.0]]}, "data.other_types", "list<"),
        ({"record_id": ["2"], "amount": [b"\xff"]}, "data.other_types", "binary"),
    ],
)
def test_files_that_do_not_go_together_name_the_second(
    tmp_path: Path, second: dict, key: str, told: str
) -> None:
    pq.write_table(pa.table({"record_id": ["1"], "amount": [1.0]}), tmp_path / "a.parquet")
    pq.write_table(pa.table(second), tmp_path / "b.parquet")
    error = problem(read_records, tmp_path, TABLE)
    assert error.key == key
    assert str(error).startswith(str(tmp_path / "b.parquet"))
    assert told in str(error)


def test_a_nested_column_is_told_with_its_file_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"record_id": [f"{n}" for n in range(10)], "amount": [[1.0]] * 10}), path
    )
    with open_records(path, TABLE, batch_rows=4) as reader:
        for n, batch in enumerate(reader.batches()):
            error = problem(check, batch, TABLE, reader.source, n * 4, whole=False)
            last = min(n * 4 + 3, 9)
            assert error.key == "data.wrong_type"
            assert (error.values["row"], error.values["last"]) == (n * 4, last)
            assert f"{path}: column amount" in str(error)
            assert f"rows {n * 4} to {last}" in str(error)


BIG = [{"record_id": f"id-{n}", "amount": n} for n in range(400_000)]


def big_file(path: Path) -> Path:
    if path.suffix == ".parquet":
        table = pa.Table.from_pylist(BIG)
        pq.write_table(table, path, row_group_size=20_000, compression="none")
        return path
    if ".jsonl" in path.name:
        lines = "".join(
            f'{{"record_id": "{r["record_id"]}", "amount": {r["amount"]}}}\n' for r in BIG
        )
    else:
        lines = "record_id,amount\n" + "".join(f"{r['record_id']},{r['amount']}\n" for r in BIG)
    data = lines.encode()
    path.write_bytes(gzip.compress(data, 1) if path.suffix == ".gz" else data)
    return path


SUFFIXES = [".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet"]


def damaged(path: Path, damage: str) -> None:
    data = path.read_bytes()
    half = len(data) // 2
    with path.open("r+b") as file:
        if damage == "zeros":
            file.seek(half)
            file.write(bytes(len(data) - half))
        else:
            file.truncate(data.index(b"\n", half) + 1 if damage == "cut at a line" else half)


def read_while_damaged(path: Path, damage: str) -> int:
    read = 0
    with open_table(path, batch_rows=1000, spec=TABLE) as reader:
        for batch in reader.batches():
            if not read:
                damaged(path, damage)
            read += batch.num_rows
    return read


# Zeros in CSV are text like any other; the check refuses their cells. Packed CSV is unpacked ahead
# by a thread of Arrow's, which may have passed the place already.
@pytest.mark.parametrize(
    ("suffix", "damage"),
    [(s, d) for s in SUFFIXES for d in ("cut", "cut at a line")]
    + [(s, "zeros") for s in SUFFIXES if not s.startswith(".csv")],
)
def test_a_file_that_changes_while_it_is_read_is_an_error_that_names_it(
    tmp_path: Path, suffix: str, damage: str
) -> None:
    path = big_file(tmp_path / f"a{suffix}")
    assert str(path) in str(problem(read_while_damaged, path, damage))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_vanishes_before_its_rows_are_read_is_an_error_that_names_it(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lepton_core.records import table as module

    path = big_file(tmp_path / f"a{suffix}")
    plain = module.choose_columns

    def vanishing(*args, **kwargs):
        path.unlink()
        return plain(*args, **kwargs)

    monkeypatch.setattr(module, "choose_columns", vanishing)
    error = problem(open_table, path, spec=TABLE)
    assert error.key == "data.no_file"
    assert str(path) in str(error)


def test_a_file_removed_after_it_was_opened_is_still_read_whole(tmp_path: Path) -> None:
    path = big_file(tmp_path / "a.parquet")
    with open_table(path, spec=TABLE) as reader:
        path.unlink()
        assert sum(batch.num_rows for batch in reader.batches()) == len(BIG)


@pytest.mark.parametrize("suffix", [".csv.gz", ".jsonl.gz"])
def test_gzip_damaged_in_its_first_bytes_is_an_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    data = bytearray(gzip.compress(b"record_id,amount\n1,2\n" * 1000))
    data[12:40] = b"\xff" * 28
    path.write_bytes(data)
    with pytest.raises(zlib.error):
        gzip.decompress(data)
    assert problem(open_table, path).key == "data.unreadable"


def test_json_nested_without_end_is_an_error_of_its_line(tmp_path: Path) -> None:
    deep = '{"record_id": ' + "[" * 100_000 + "]" * 100_000 + "}\n"
    error = problem(open_table, written(tmp_path / "a.jsonl", deep))
    assert (error.key, error.values["row"]) == ("data.json_line", 1)


def test_tables_are_not_opened_from_a_list(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="one file"):
        open_records([written(tmp_path / "a.csv")], TABLE)


def test_a_zip_of_pictures_goes_through_the_door(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("good/1.png", b"x")
    table = read_records(tmp_path / "a.zip", PICTURES)
    assert table["record_id"].to_pylist() == ["good/1.png"]
