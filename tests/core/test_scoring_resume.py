"""A run that is killed and goes on ends as if it had never been stopped."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scoring_task
from scoring_task import ODD, outcome, picture_pipeline, read, records, table_pipeline

from lepton_core.errors import DataError
from lepton_core.records.opening import open_records
from lepton_core.scoring import engine
from lepton_core.scoring.engine import score_files, work_folder
from lepton_core.scoring.options import Options

pytestmark = pytest.mark.usefixtures("fast_runs")

OPTIONS = Options(batch_rows=8, part_batches=2, threads=2)
OUTPUTS = ("dir", "one.parquet", "one.csv", "one.jsonl.gz")


class Stop(Exception):
    pass


def broken(inputs: Sequence[Path], out: Path, options: Options, every: int) -> dict[str, Any]:
    """The outcome of a run that is stopped after every few batches and goes on."""
    for _ in range(100):
        left = every

        def progress(done: int, total: int | None) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Stop

        try:
            summary = score_files(
                table_pipeline(), inputs, out, options, resume=True, progress=progress
            )
            return outcome(out, summary)
        except Stop:
            continue
    raise AssertionError("it never ends")


def unbroken(inputs: Sequence[Path], out: Path, options: Options) -> dict[str, Any]:
    return outcome(out, score_files(table_pipeline(), inputs, out, options))


def written(folder: Path, tables: Sequence[pa.Table]) -> list[Path]:
    paths = [folder / f"in-{number}.parquet" for number in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        pq.write_table(table, path)
    return paths


def check(tmp_path: Path, inputs: Sequence[Path], options: Options = OPTIONS) -> dict[str, Any]:
    """That stopping changes nothing, whatever the output; returns the outcome."""
    wholes = []
    for name in OUTPUTS:
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir(exist_ok=True)
        whole = unbroken(inputs, tmp_path / "a" / name, options)
        again = broken(inputs, tmp_path / "b" / name, options, every=3)
        assert again == whole, name
        assert whole["counts"]["written"] == len(whole["rows"])
        wholes.append([row["record_id"] for row in whole["rows"]])
    assert all(ids == wholes[0] for ids in wholes)
    return whole


def test_a_camera_goes_on_with_what_it_sends_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then, now = written(tmp_path, [records(40, 0), records(24, 1)])
    (tmp_path / "both").mkdir()

    def live(path: Path, *given: Any, **options: Any) -> Any:
        reader = open_records(path, *given, **options)
        reader.is_live = True
        return reader

    def stop(done: int, total: int | None) -> None:
        if done >= 24:
            raise Stop

    monkeypatch.setattr(engine, "open_records", live)
    # All that is known of a camera is its address.
    monkeypatch.setattr(engine, "identity", lambda *given: {"path": "rtsp://camera/live"})
    out = tmp_path / "out.parquet"
    with pytest.raises(Stop):
        score_files(table_pipeline(), [then], out, OPTIONS, progress=stop)
    score_files(table_pipeline(), [now], out, OPTIONS, resume=True)
    (both,) = written(tmp_path / "both", [pa.concat_tables([records(40, 0)[:16], records(24, 1)])])
    score_files(table_pipeline(), [both], tmp_path / "whole.parquet", OPTIONS)
    found = [read(path)["record_id"].to_pylist() for path in (out, tmp_path / "whole.parquet")]
    assert found[0] == found[1]


def test_several_inputs(tmp_path: Path) -> None:
    tables = [records(37, 0), records(5, 1), records(50, 2)]
    inputs = written(tmp_path, tables)
    whole = check(tmp_path, inputs)
    assert whole["counts"]["read"] == 92
    # Refused records are told by the file and the row in it, wherever it stood in the whole.
    amounts = {str(p): t.column("amount").to_pylist() for p, t in zip(inputs, tables, strict=True)}
    for told in whole["refused"]:
        reason = told["reasons"][0]["key"]
        amount = amounts[told["source"]][told["row"]]
        assert (reason == "below") == (amount < 0)
        assert (reason == "not_finite") <= (amount == ODD)
    assert {told["source"] for told in whole["refused"]} >= {str(inputs[0]), str(inputs[2])}


def test_files_that_end_where_a_batch_or_a_part_does(tmp_path: Path) -> None:
    whole = check(tmp_path, written(tmp_path, [records(16), records(8, 1), records(32, 2)]))
    assert whole["counts"]["read"] == 56


def test_a_last_batch_in_which_nothing_is_left(tmp_path: Path) -> None:
    table = records(40, faults=False).to_pylist()
    for row in table[32:]:
        row["amount"] = -1.0
    whole = check(tmp_path, written(tmp_path, [pa.Table.from_pylist(table)]))
    assert [told["row"] for told in whole["refused"]] == list(range(32, 40))


def test_every_record_refused(tmp_path: Path) -> None:
    table = records(40, faults=False)
    bad = table.set_column(1, "amount", pa.array(np.full(40, -1.0)))
    whole = check(tmp_path, written(tmp_path, [bad, bad.slice(0, 10)]))
    assert (whole["rows"], len(whole["refused"])) == ([], 50)
    for name in ("dir/part-00000.parquet", "one.parquet"):
        assert pq.read_schema(
            next((tmp_path / "a").glob(name.replace("00000", "*")))
        ).names == list(scoring_task.OUTPUTS.names)


@pytest.mark.parametrize("limit", [1, 16, 40, 41, 1000])
def test_a_limit(tmp_path: Path, limit: int) -> None:
    inputs = written(tmp_path, [records(40), records(20, 1)])
    whole = check(tmp_path, inputs, replace(OPTIONS, limit=limit))
    assert whole["counts"]["read"] == min(limit, 60)
    every = unbroken(inputs, tmp_path / "every.parquet", OPTIONS)["rows"]
    assert [row["record_id"] for row in every][: len(whole["rows"])] == [
        row["record_id"] for row in whole["rows"]
    ]


def test_a_filter_that_keeps_nothing_leaves_a_valid_file(tmp_path: Path) -> None:
    options = replace(OPTIONS, condition="probability > 2", select=("record_id", "amount"))
    check(tmp_path, written(tmp_path, [records(40)]), options)
    for name in OUTPUTS[1:]:
        assert read(tmp_path / "a" / name).num_rows == 0
    assert pq.read_schema(tmp_path / "a" / "one.parquet").names == ["record_id", "amount"]
    assert (tmp_path / "a" / "one.csv").read_text() == '"record_id","amount"\n'
    # The folder is read as a table with these columns, too.
    assert pq.read_table(tmp_path / "a" / "dir").schema.names == ["record_id", "amount"]


def test_columns_of_the_file_keep_their_type_across_a_stop(tmp_path: Path) -> None:
    first = records(24, 0).append_column("note", pa.nulls(24))
    second = records(24, 1).append_column("note", pa.array(range(24)))
    options = replace(OPTIONS, select=("record_id", "note"))
    whole = check(tmp_path, written(tmp_path, [first, second]), options)
    assert len({row["note"] for row in whole["rows"]}) > 10
    assert pq.read_schema(tmp_path / "b" / "one.parquet").field("note").type == pa.string()


@pytest.mark.parametrize("name", OUTPUTS)
def test_strict_leaves_nothing(tmp_path: Path, name: str) -> None:
    table = records(60, faults=False).to_pylist()
    table[50]["amount"] = -1.0
    (tmp_path / "out").mkdir()
    inputs = written(tmp_path, [pa.Table.from_pylist(table)])
    with pytest.raises(DataError) as caught:
        score_files(
            table_pipeline(), inputs, tmp_path / "out" / name, replace(OPTIONS, strict=True)
        )
    assert (caught.value.key, caught.value.values["row"]) == ("data.strict", 50)
    assert not list((tmp_path / "out").iterdir())


def test_a_fault_in_the_third_file_keeps_what_was_committed(tmp_path: Path) -> None:
    inputs = written(tmp_path, [records(24, 0), records(24, 1), records(24, 2)])
    sound = inputs[2].read_bytes()
    csv = tmp_path / "in-2.csv"
    csv.write_text("record_id,amount\nx,5\ny,6,7\n")
    out = tmp_path / "one.csv"
    with pytest.raises(DataError) as caught:
        score_files(table_pipeline(), [*inputs[:2], csv], out, OPTIONS)
    assert caught.value.key == "data.csv_row"
    assert str(work_folder(out)) in caught.value.__notes__[0]
    assert not out.exists()
    csv.write_text("record_id,amount\nx,5\ny,6\n")
    summary = score_files(table_pipeline(), [*inputs[:2], csv], out, OPTIONS, resume=True)
    assert (summary.read, summary.written) == (50, read(out).num_rows)
    assert read(out)["record_id"].to_pylist()[-2:] == ["x", "y"]
    assert inputs[2].read_bytes() == sound


def test_a_bad_cell_in_a_short_last_batch_refuses_that_record_alone(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(
        "record_id,amount\n" + "".join(f"r{i},{i + 20}\n" for i in range(16)) + "z,abc\n"
    )
    whole = check(tmp_path, [path])
    assert [(told["row"], told["record_id"]) for told in whole["refused"]] == [(16, "z")]
    assert whole["counts"]["scored"] == 16


@pytest.mark.parametrize("name", ["scores", "scores.csv"])
def test_a_folder_of_pictures_whose_output_stands_in_it(tmp_path: Path, name: str) -> None:
    for number in range(40):
        path = tmp_path / f"line {number % 2}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * (number % 20))

    def stop(done: int, total: int | None) -> None:
        if done == 30:
            raise Stop

    out = tmp_path / name
    options = Options(batch_rows=5, part_batches=2)
    with pytest.raises(Stop):
        score_files(picture_pipeline(), [tmp_path], out, options, progress=stop)
    summary = score_files(picture_pipeline(), [tmp_path], out, options, resume=True)
    received = outcome(out, summary)
    # Empty files and those of 13 bytes, which this task refuses.
    assert (summary.read, summary.written, summary.rejected) == (40, 36, 4)
    assert len({row["record_id"] for row in received["rows"]}) == 36


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("name", OUTPUTS)
def test_an_error_in_the_middle_leaves_no_thread_and_no_lock(
    tmp_path: Path, name: str, error: type[BaseException]
) -> None:
    inputs = written(tmp_path, [records(100)])
    before = set(threading.enumerate())

    def stop(done: int, total: int | None) -> None:
        if done == 64:
            raise error

    with pytest.raises(error):
        score_files(table_pipeline(), inputs, tmp_path / name, OPTIONS, progress=stop)
    assert set(threading.enumerate()) <= before
    assert not [
        path for path in tmp_path.rglob("_*") if path.name in ("_lock", "_manifest.json.tmp")
    ]
    assert not list(tmp_path.rglob("_part-*"))


def test_an_error_in_the_first_batch_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("record_id,amount\na,much\nb,more\n")
    for name in OUTPUTS:
        with pytest.raises(DataError) as caught:
            score_files(table_pipeline(), [tmp_path / "in.csv"], tmp_path / name, OPTIONS)
        assert caught.value.key == "data.wrong_type"
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
