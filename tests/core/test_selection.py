"""Which rows and columns are written, and that a wrong wish is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scoring_task import read, records, table_pipeline

from lepton_core.errors import DataError, LeptonError, UsageError
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.options import Options
from lepton_core.scoring.selection import Selection

pytestmark = pytest.mark.usefixtures("fast_runs")

PREDICTED = ["record_id", "score", "probability", "label", "review", "bundle"]


def table(n: int = 30) -> pa.Table:
    """Records with columns of the file's own: one of our name, a number with gaps, a text."""
    more = {
        "label": [f"theirs {row}" for row in range(n)],
        "size": [None if row % 4 == 0 else row for row in range(n)],
        "note": [f"note, {row}" for row in range(n)],
    }
    whole = records(n)
    for name, values in more.items():
        whole = whole.append_column(name, pa.array(values))
    return whole


def written(
    tmp_path: Path, *tables: pa.Table, suffix: str = ".parquet", **options: Any
) -> pa.Table:
    paths = [tmp_path / f"in-{number}.parquet" for number in range(len(tables))]
    for path, one in zip(paths, tables, strict=True):
        pq.write_table(one, path)
    out = tmp_path / f"out{suffix}"
    given = Options(batch_rows=7, part_batches=2, **options)
    score_files(table_pipeline(), paths, out, given, overwrite=True)
    return read(out)


def test_all_predictions_without_a_wish(tmp_path: Path) -> None:
    assert written(tmp_path, table()).column_names == PREDICTED
    assert written(tmp_path, table(), select=("*",)).column_names == PREDICTED


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_columns_come_in_the_wanted_order_beside_their_own_record(
    tmp_path: Path, suffix: str
) -> None:
    wanted = ("note", "record_id", "label", "input.label", "size", "amount", "shop")
    out = written(tmp_path, table(), suffix=suffix, select=wanted)
    assert out.column_names == list(wanted)
    scored = {row["record_id"]: row for row in written(tmp_path, table()).to_pylist()}
    given = {row["record_id"]: row for row in reversed(table().to_pylist())}
    assert len(out) == len(scored) > 15
    for row in out.to_pylist():
        theirs = given[row["record_id"]]
        assert row["label"] == scored[row["record_id"]]["label"]
        assert row["input.label"] == theirs["label"]
        for name in ("note", "size", "amount"):
            assert row[name] == theirs[name]
        assert (row["shop"] or None) == theirs["shop"]


def test_all_predictions_and_some_of_the_file(tmp_path: Path) -> None:
    out = written(tmp_path, table(), select=("*", "size"))
    assert out.column_names == [*PREDICTED, "size"]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("probability > 0.5", lambda row: row["probability"] > 0.5),
        ("amount > 500 and label == 'high'", lambda r: r["amount"] > 500 and r["label"] == "high"),
        ("size >= 20", lambda row: row["size"] is not None and row["size"] >= 20),
        ("shop is None", lambda row: row["shop"] is None),
        (
            "note != 'note, 3' and size < 9",
            lambda r: (r["size"] or 99) < 9 and r["note"] != "note, 3",
        ),
    ],
)
def test_a_condition_reads_predictions_input_and_the_files_own_columns(
    tmp_path: Path, condition: str, holds: Any
) -> None:
    wanted = ("*", "amount", "shop", "size", "note")
    every = written(tmp_path, table(), select=wanted).to_pylist()
    expected = [row for row in every if holds(row)]
    assert 0 < len(expected) < len(every)
    assert written(tmp_path, table(), select=wanted, condition=condition).to_pylist() == expected
    # What it reads need not be written.
    few = written(tmp_path, table(), select=("record_id",), condition=condition)
    assert few.column("record_id").to_pylist() == [row["record_id"] for row in expected]


def test_a_filter_changes_no_score(tmp_path: Path) -> None:
    every = {row["record_id"]: row for row in written(tmp_path, table()).to_pylist()}
    for row in written(tmp_path, table(), condition="score > 0").to_pylist():
        assert row == every[row["record_id"]]


def test_types_that_differ_between_files_become_those_of_the_first(tmp_path: Path) -> None:
    first, second = table(14), records(14, seed=1)
    for kind, values in ((pa.int32(), [*range(14)]), (pa.float64(), [float(n) for n in range(14)])):
        other = second.append_column("size", pa.array(values, kind))
        out = written(tmp_path, first, other, select=("record_id", "size"))
        assert out.schema.field("size").type == pa.int64()
        assert set(out["size"].to_pylist()[-5:]) <= set(range(14))


def test_a_type_that_cannot_become_the_first_is_told_by_name(tmp_path: Path) -> None:
    other = records(14, seed=1).append_column("size", pa.array(["large"] * 14))
    with pytest.raises(DataError) as caught:
        written(tmp_path, table(14), other, select=("record_id", "size"))
    assert caught.value.key == "data.mixed_types"
    assert caught.value.values == {"column": "size", "expected": "int64", "received": "string"}
    assert not list(tmp_path.glob("out*"))


def test_texts_with_few_values_are_written_as_texts(tmp_path: Path) -> None:
    coded = table().set_column(
        table().column_names.index("note"), "note", table()["note"].dictionary_encode()
    )
    for suffix in (".parquet", ".csv"):
        out = written(tmp_path, coded, suffix=suffix, select=("record_id", "note"))
        assert out.schema.field("note").type == pa.string()
        assert out["note"].to_pylist()[0] == "note, 0"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"select": ("record_id", "nots")}, "note"),
        ({"condition": "nots == 'x'"}, "note"),
        ({"select": ("input.nots",)}, "note"),
        ({"select": ("label", "*")}, "label"),
        ({"condition": "probability >"}, ""),
        ({"condition": "probability > 'high'"}, ""),
        ({"condition": "size + 1"}, ""),
    ],
)
def test_a_wrong_wish_is_told_and_leaves_nothing(
    tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(LeptonError) as caught:
        written(tmp_path, table(), **options)
    assert told in caught.value.text("en")
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_a_column_that_only_the_second_file_lacks_is_told_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(LeptonError) as caught:
        written(tmp_path, table(), records(10, 1), select=("record_id", "size"))
    assert "in-1.parquet" in caught.value.text("en")


def test_a_mistake_in_a_condition_on_known_columns_is_told_before_reading() -> None:
    with pytest.raises(UsageError):
        Selection(table_pipeline().task, (), "probability > label")


def test_types_survive_their_text() -> None:
    selection = Selection(table_pipeline().task, ("record_id", "size"))
    assert selection.types_text() == ""
    selection._types = {"size": pa.timestamp("us", tz="UTC"), "数": pa.list_(pa.int8())}
    again = Selection(table_pipeline().task, ("record_id", "size"))
    again.restore(selection.types_text())
    assert again._types == selection._types
