"""A file of records comes out whole, in order and under our names, or as one clear error."""

import gzip
import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

from lepton_core.checking import check
from lepton_core.errors import DataError
from lepton_core.records import open_table, read_table
from lepton_core.spec import Column, Spec

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("time", "timestamp", "time"),
        Column("amount", "float64", low=0),
        Column("label", "int64", "label", required=False),
    )
)
CSV = "record_id,time,amount\n1,2026-01-01 10:00:00,9.5\n2,2026-01-01 10:00:01,7\n"


def written(folder, name, text):
    path = folder / name
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def problem(*args, **kwargs):
    with pytest.raises(DataError) as caught:
        read_table(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return caught.value


ROWS = [
    {"record_id": "1", "time": "2026-01-01 10:00:00", "amount": "9.5"},
    {"record_id": "2", "time": "2026-01-01 10:00:01", "amount": "7"},
]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", CSV),
        ("a.CSV", CSV),
        ("a.csv.gz", CSV),
        ("byte_order_mark.csv", "\ufeff" + CSV),
        ("dos.csv", CSV.replace("\n", "\r\n")),
        ("semicolon.csv", CSV.replace(",", ";")),
        ("bar.csv", CSV.replace(",", "|")),
        ("tab.csv", CSV.replace(",", "\t")),
        ("quoted.csv", '"' + CSV.replace(",", '","').strip().replace("\n", '"\n"') + '"\n'),
        ("blank_lines.csv", CSV.replace("\n", "\n\n")),
        ("no_last_newline.csv", CSV[:-1]),
        ("spaced_header.csv", CSV.replace("record_id,time", " record_id , time")),
    ],
)
def test_every_dialect_of_csv_gives_the_same_rows(tmp_path, name, text):
    assert read_table(written(tmp_path, name, text)).to_pylist() == ROWS


def test_the_formats_agree_after_checking(tmp_path):
    plain = written(tmp_path, "a.csv", CSV)
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    in_json = written(tmp_path, "a.jsonl", lines)
    in_gzip = written(tmp_path, "a.jsonl.gz", "\ufeff" + lines)
    in_parquet = tmp_path / "a.parquet"
    typed = check(read_table(plain), SPEC).table
    pq.write_table(typed, in_parquet)
    for path in (in_json, in_gzip, in_parquet):
        assert check(read_table(path), SPEC).table.equals(typed)
    assert typed["record_id"].to_pylist() == ["1", "2"]
    assert typed["label"].null_count == 2


def test_a_newline_inside_quotes_belongs_to_its_cell(tmp_path):
    path = written(tmp_path, "a.csv", 'shop,amount\n"Main\nStreet; 5",1\n"b, c",2\n')
    assert read_table(path)["shop"].to_pylist() == ["Main\nStreet; 5", "b, c"]
    # In a file of several megabytes some cell lies across every place where it is cut.
    cell = "line\n" * 100
    path = written(tmp_path, "b.csv", "shop,amount\n" + f'"{cell}",1\n' * 5000)
    assert read_table(path)["shop"].unique().to_pylist() == [cell]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_bad_cell_far_down_refuses_its_row_only(tmp_path, suffix):
    rows = [{"record_id": str(n), "time": "2026-01-01T00:00:00Z", "amount": n} for n in range(9000)]
    rows[8500]["amount"] = "abc"
    if suffix == "csv":
        body = "\n".join(",".join(str(v) for v in row.values()) for row in rows)
        text = "record_id,time,amount\n" + body
    else:
        text = "\n".join(json.dumps(row) for row in rows)
    path = written(tmp_path, f"a.{suffix}", text)
    rejects, n_good, first_row = [], 0, 0
    with open_table(path, batch_rows=1000, spec=SPEC) as reader:
        for batch in reader.batches():
            checked = check(batch, SPEC, first_row=first_row)
            rejects += list(checked.rejects)
            n_good += checked.table.num_rows
            first_row += batch.num_rows
    assert n_good == 8999
    assert [(r.row, r.record_id, r.reasons[0][0]) for r in rejects] == [(8500, "8500", "type")]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("batch_rows", [1, 7, 1000, 100_000])
def test_batches_are_bounded_and_lose_nothing(tmp_path, suffix, batch_rows):
    n = 2500 if batch_rows > 1 else 50
    path = tmp_path / f"a.{suffix}"
    ids = [f"id-{k}" for k in range(n)]
    if suffix == "parquet":
        pq.write_table(pa.table({"id": ids}), path, row_group_size=300)
    elif suffix == "csv":
        path.write_text("id\n" + "\n".join(ids))
    else:
        path.write_text("\n".join(json.dumps({"id": i}) for i in ids))
    with open_table(path, batch_rows=batch_rows) as reader:
        assert reader.rows_total == (n if suffix == "parquet" else None)
        batches = list(reader.batches())
    assert max(b.num_rows for b in batches) <= batch_rows
    assert [i for b in batches for i in b["id"].to_pylist()] == ids


def test_ids_that_look_like_numbers_or_times_stay_as_they_are_written(tmp_path):
    ids = ["007", "1e5", "2026-01-01", "NA", "true", "nan"]
    in_csv = written(tmp_path, "a.csv", "id\n" + "\n".join(ids))
    in_json = written(tmp_path, "a.jsonl", "\n".join(json.dumps({"id": i}) for i in ids))
    assert read_table(in_csv)["id"].to_pylist() == ids
    assert read_table(in_json)["id"].to_pylist() == ids


def test_json_lines_may_lack_keys_and_hold_nulls(tmp_path):
    lines = '{"id": "a", "x": null}\n\n{"id": "b", "x": 2.5, "y": 1}\n{"id": "c"}\n'
    table = read_table(written(tmp_path, "a.jsonl", lines))
    assert table.to_pydict() == {
        "id": ["a", "b", "c"],
        "x": [None, 2.5, None],
        "y": [None, 1, None],
    }


def test_json_batches_of_different_types_join_as_text(tmp_path):
    lines = "".join(json.dumps({"x": n if n < 70_000 else f"n{n}"}) + "\n" for n in range(70_002))
    table = read_table(written(tmp_path, "a.jsonl", lines))
    assert table["x"].to_pylist()[69_998:] == ["69998", "69999", "n70000", "n70001"]


def test_a_mapping_renames_and_wins_over_a_column_that_has_the_name_already(tmp_path):
    path = written(tmp_path, "a.csv", "amount,amount_usd,card\n1,2,c\n")
    with open_table(path, {"amount_usd": "amount"}) as reader:
        assert reader.schema_names == ("amount", "card")
        assert next(reader.batches()).to_pylist() == [{"amount": "2", "card": "c"}]


def test_only_wanted_columns_are_read_so_that_damage_elsewhere_does_no_harm(tmp_path):
    path = tmp_path / "a.parquet"
    noise = np.random.default_rng(0).bytes(200_000)
    table = pa.table({"id": ["a"] * 1000, "blob": [noise[k : k + 200] for k in range(1000)]})
    pq.write_table(table, path, compression="zstd", use_dictionary=["id"])
    column = pq.read_metadata(path).row_group(0).column(1)
    data = bytearray(path.read_bytes())
    start = column.data_page_offset
    data[start : start + 40] = b"\xff" * 40
    path.write_bytes(data)
    assert read_table(path, columns=["id"]).num_rows == 1000
    assert problem(path).key == "data.unreadable"


@pytest.mark.parametrize(
    ("name", "content", "key", "told"),
    [
        ("gone.csv", None, "data.no_file", {}),
        ("a.xlsx", "x", "data.unknown_suffix", {}),
        ("a.csv", "", "data.empty", {}),
        ("a.csv.gz", "", "data.empty", {}),
        ("a.csv", "a,b\n", "data.empty", {}),
        ("a.csv", "\n\n", "data.empty", {}),
        ("a.jsonl", "\n\n", "data.empty", {}),
        ("a.parquet", "", "data.empty", {}),
        ("a.parquet", "PAR1 is not all of it", "data.unreadable", {"kind": "Parquet"}),
        ("a.csv", "a,b\n1,2\n1,2,3\n", "data.csv_row", {"row": "3", "received": "3"}),
        ("a.csv", "a,b\n1,2\n\n1\n", "data.csv_row", {"expected": "2", "received": "1"}),
        ("a.csv", b"a,b\n1,\xff\xfe\n", "data.not_utf8", {}),
        ("a.csv", CSV.encode("utf-16"), "data.not_utf8", {}),
        ("a.csv", "a,a\n1,2\n", "data.column_twice", {"column": "a"}),
        ("a.jsonl", '{"a": 1}\n\n{"a": \n', "data.json_line", {"row": 3}),
        ("a.jsonl", '{"a": 1}\n[1, 2]\n', "data.json_line", {"row": 2}),
        ("a.jsonl", '{"a": 1} {"a": 2}\n', "data.json_line", {"row": 1}),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(tmp_path, name, content, key, told):
    path = tmp_path / name if content is None else written(tmp_path, name, content)
    error = problem(path)
    assert error.key == key
    assert str(path) in str(error)
    assert {k: error.values[k] for k in told} == told


def test_a_folder_is_no_table(tmp_path):
    assert problem(tmp_path).key == "data.is_folder"


@pytest.mark.parametrize("kept", [10, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_parquet_is_refused(tmp_path, kept):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [str(n) for n in range(5000)]}), path)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept if kept > 1 else kept * len(data))])
    assert problem(path).key == "data.unreadable"


def test_a_truncated_gzip_is_refused_even_late(tmp_path):
    path = tmp_path / "a.csv.gz"
    lines = np.random.default_rng(0).integers(0, 1 << 40, 300_000)
    data = gzip.compress(b"a\n" + "\n".join(map(str, lines)).encode(), compresslevel=1)
    path.write_bytes(data[: len(data) // 2])
    assert problem(path).key == "data.unreadable"


@pytest.mark.parametrize(
    ("mapping", "key", "told"),
    [
        ({"ammount": "amount"}, "data.map_unknown", "--map amount=amount"),
        ({"a": "card", "b": "card"}, "data.map_twice", "a, b"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(tmp_path, mapping, key, told):
    error = problem(written(tmp_path, "a.csv", "a,b,amount\n1,2,3\n"), mapping)
    assert error.key == key
    assert told in str(error)


def test_a_missing_column_is_told_with_all_columns_that_are_there(tmp_path):
    path = written(tmp_path, "a.csv", "record_id,when,amounts,other\n1,2,3,4\n")
    error = problem(path, spec=SPEC)
    assert error.key == "data.missing_columns"
    assert "time, amount" in str(error)
    assert "record_id, when, amounts, other" in str(error)
    assert "--map amounts=amount" in str(error)
    assert problem(path, columns=["card"]).key == "data.missing_columns"


def test_closing_lets_go_of_the_file_in_the_middle(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a\n" + "1\n" * 100_000)
    with open_table(path, batch_rows=100) as reader:
        next(reader.batches())
    assert list(reader.batches()) == []


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_file(tmp_path, suffix):
    program = (
        "import sys, resource\n"
        "from lepton_core.records import open_table\n"
        "with open_table(sys.argv[1]) as reader:\n"
        "    for batch in reader.batches(): pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    peaks, sizes = [], []
    for n in (1_000_000, 5_000_000):
        path = tmp_path / f"{n}.{suffix}"
        amounts = np.random.default_rng(0).random(n)
        table = pa.table({"id": np.arange(n), "amount": amounts})
        if suffix == "csv":
            arrow_csv.write_csv(table, path)
        else:
            pq.write_table(table, path)
        # From a small parent: a child inherits the peak of the process that starts it.
        out = subprocess.run(
            ["/bin/sh", "-c", f'"{sys.executable}" -c "$0" "{path}"', program],
            capture_output=True,
            check=True,
        )
        peaks.append(int(out.stdout))
        sizes.append(path.stat().st_size // 1024)
    # How far Arrow reads ahead depends on who is faster, reader or parser, and is bounded by 32
    # blocks; reading the whole file would take at least what the file has grown by.
    assert peaks[1] - peaks[0] < (sizes[1] - sizes[0]) / 2
