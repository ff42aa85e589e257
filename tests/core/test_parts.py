"""Parts in a folder: partitions of any value, and a folder that reads well at any moment."""

from __future__ import annotations

import math
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from scoring_task import read, records, table_pipeline

from lepton_core.errors import UsageError
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.options import Options
from lepton_core.scoring.parts import PartWriter

pytestmark = pytest.mark.usefixtures("fast_runs")

ODD_VALUES = [
    "plain",
    "a/b",
    "..",
    ".",
    "a=b",
    "50 %",
    "数",
    "",
    None,
    "x" * 60,
    " ",
    "a\\b",
    "'\"",
    "%2F",
]


def test_any_value_makes_a_folder_that_arrow_reads_back(tmp_path: Path) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out"
    table = records(70, faults=False).drop_columns(["shop"])
    kinds = [ODD_VALUES[row % len(ODD_VALUES)] for row in range(70)]
    pq.write_table(table.append_column("kind", pa.array(kinds)), source)
    options = Options(select=("record_id", "kind", "score"), partition="kind", batch_rows=16)
    score_files(table_pipeline(), [source], out, options)
    hive = ds.partitioning(pa.schema([("kind", pa.string())]), flavor="hive")
    found = ds.dataset(out, partitioning=hive).to_table()
    received = dict(zip(found["record_id"].to_pylist(), found["kind"].to_pylist(), strict=True))
    # Hive cannot tell an empty text from none.
    expected = dict(zip(table["record_id"].to_pylist(), [k or None for k in kinds], strict=True))
    assert received == expected
    assert all(path.parent.parent == out for path in out.rglob("part-*"))


def test_values_that_equal_nothing_keep_their_rows(tmp_path: Path) -> None:
    values = [1.5, math.nan, None, 1.5, math.nan, -0.0, math.inf]
    writer = PartWriter(tmp_path, "_part-00000", ".jsonl", partition="value")
    writer.write(pa.table({"record_id": [str(n) for n in range(7)], "value": values}))
    files = writer.close()
    assert sum(files.values()) == 7
    assert sorted(r for path in files for r in read(path)["record_id"].to_pylist()) == list(
        "0123456"
    )
    assert {path: read(path).num_rows for path in files} == files


@pytest.mark.parametrize("name", ["a/b", "a=b", "input.shop", "数"])
def test_a_column_of_any_name_can_partition(tmp_path: Path, name: str) -> None:
    writer = PartWriter(tmp_path, "_part-00000", ".parquet", partition=name)
    writer.write(pa.table({"record_id": ["1", "2"], name: ["x", "y"]}))
    assert {path.parent.parent for path in writer.close()} == {tmp_path}


def test_too_many_values_are_told_before_the_system_runs_out_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lepton_core.scoring.parts._MOST_PARTITIONS", 20)
    source, out = tmp_path / "in.parquet", tmp_path / "out"
    pq.write_table(records(30, faults=False), source)
    with pytest.raises(UsageError) as caught:
        score_files(table_pipeline(), [source], out, Options(partition="record_id"))
    assert caught.value.key == "usage.partition_many"
    assert not out.exists()


def test_every_csv_part_in_a_folder_has_its_header(tmp_path: Path) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out"
    pq.write_table(records(60), source)
    options = Options(suffix=".csv", batch_rows=8, part_batches=2)
    summary = score_files(table_pipeline(), [source], out, options)
    parts = sorted(out.glob("part-*"))
    assert len(parts) == 4
    assert all(part.read_text().startswith('"record_id","score"') for part in parts)
    assert sum(read(part).num_rows for part in parts) == summary.written


@pytest.mark.parametrize("partition", ["", "label"])
def test_the_folder_can_be_read_while_it_fills(
    tmp_path: Path, partition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lepton_core.scoring.parts._GROUP_ROWS", 1)  # written at once
    source, out = tmp_path / "in.parquet", tmp_path / "out"
    pq.write_table(records(200), source)
    seen = []

    def look(done: int, total: int | None) -> None:
        seen.append(pq.read_table(out).num_rows if list(out.rglob("part-*")) else 0)

    options = Options(batch_rows=16, part_batches=2, partition=partition, threads=2)
    summary = score_files(table_pipeline(), [source], out, options, progress=look)
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert pq.read_table(out).num_rows == summary.written


def test_json_lines_hold_no_nan(tmp_path: Path) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.jsonl"
    table = records(5, faults=False)
    pq.write_table(table.append_column("x", pa.array([math.nan, 1.0, math.inf, None, 2.0])), source)
    score_files(table_pipeline(), [source], out, Options(select=("record_id", "x")))
    assert read(out)["x"].to_pylist() == [None, 1.0, None, None, 2.0]
    assert "NaN" not in out.read_text()
