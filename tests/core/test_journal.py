"""A run's folder: who may write to it, what counts there, and what is never touched."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from scoring_task import outcome, records, table_pipeline

from lepton_core.errors import DataError, UsageError
from lepton_core.scoring.engine import score_files, work_folder
from lepton_core.scoring.journal import Journal
from lepton_core.scoring.options import Options
from lepton_core.scoring.summary import Summary

pytestmark = pytest.mark.usefixtures("fast_runs")

OPTIONS = Options(batch_rows=8, part_batches=2, threads=1)


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for seed, path in enumerate(paths):
        pq.write_table(records(40, seed), path)
    return paths


@pytest.fixture
def stopped(tmp_path: Path, inputs: list[Path]) -> Path:
    """The folder of a run that was stopped in its second file, with three parts."""
    out = tmp_path / "scores"
    stop_at(56, inputs, out)
    assert [path.name for path in sorted(out.glob("part-*"))] == [
        f"part-0000{number}.parquet" for number in range(3)
    ]
    return out


def scoring(
    inputs: Sequence[Path], out: Path, options: Options = OPTIONS, **modes: bool
) -> Callable[[], Summary]:
    return lambda: score_files(table_pipeline(), inputs, out, options, **modes)


class Stop(Exception):
    pass


def stop_at(read: int, inputs: list[Path], out: Path, **more: Any) -> None:
    def progress(done: int, total: int | None) -> None:
        if done >= read:
            raise Stop

    with pytest.raises(Stop):
        score_files(table_pipeline(), inputs, out, OPTIONS, progress=progress, **more)


def everything(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def refused(key: str, call: Callable[[], object], folder: Path) -> dict[str, Any]:
    """The values of the error, and that it changed nothing in the folder."""
    before = everything(folder)
    with pytest.raises((UsageError, DataError)) as caught:
        call()
    assert caught.value.key == key
    assert caught.value.text("en") != key
    assert everything(folder) == before
    return caught.value.values


def test_a_second_process_is_refused(inputs: list[Path], stopped: Path) -> None:
    with (stopped / "_lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for modes in ({"resume": True}, {"overwrite": True}):
            refused("journal.busy", scoring(inputs, stopped, **modes), stopped)
    score_files(table_pipeline(), inputs, stopped, OPTIONS, resume=True)


def test_a_lock_that_its_holder_just_removed_is_not_held_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    first = Journal(folder, {}, resume=True)
    locked = fcntl.flock

    def flock(file: Any, how: int) -> None:
        # Between our opening of the lock and our locking it, its holder ends and another begins.
        monkeypatch.setattr("fcntl.flock", locked)
        first.close()
        others.append(Journal(folder, {}, resume=True))
        locked(file, how)

    others: list[Journal] = []
    monkeypatch.setattr("fcntl.flock", flock)
    with pytest.raises(UsageError) as caught:
        Journal(folder, {}, resume=True)
    assert caught.value.key == "journal.busy"
    others[0].close()


@pytest.mark.parametrize("modes", [{}, {"resume": True}, {"overwrite": True}])
def test_a_folder_with_other_things_is_left_alone(
    tmp_path: Path, inputs: list[Path], modes: dict[str, bool]
) -> None:
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "part-00000.parquet").write_text("mine")
    (out / "_notes.txt").write_text("mine")
    refused("journal.foreign", scoring(inputs, out, **modes), out)


def test_a_file_is_no_folder(tmp_path: Path, inputs: list[Path]) -> None:
    (tmp_path / "scores").write_text("mine")
    refused("usage.out_exists", scoring(inputs, tmp_path / "scores"), tmp_path)


@pytest.mark.parametrize("name", ["scores", "scores.csv"])
def test_an_output_that_exists_is_refused(tmp_path: Path, inputs: list[Path], name: str) -> None:
    out = tmp_path / name
    score_files(table_pipeline(), inputs, out, OPTIONS)
    refused("usage.out_exists", scoring(inputs, out), tmp_path)
    before = outcome(out)
    score_files(table_pipeline(), inputs, out, OPTIONS, resume=True)
    assert outcome(out) == before
    score_files(table_pipeline(), inputs[:1], out, OPTIONS, overwrite=True)
    assert outcome(out)["rows"] == before["rows"][: len(outcome(out)["rows"])] != before["rows"]


def test_overwrite_removes_only_what_a_run_made(
    inputs: list[Path], stopped: Path, tmp_path: Path
) -> None:
    others = ["_SUCCESS", "notes.txt", "part-00000-copy.parquet", "old/part-00000.parquet"]
    others += ["kept=1/notes.txt", "kept=1/part-1.parquet", "_my_rejected.jsonl"]
    for name in others:
        (stopped / name).parent.mkdir(exist_ok=True)
        (stopped / name).write_text("mine")
    (stopped / "label=high").mkdir()
    (stopped / "label=high" / "part-00009.parquet").write_text("of an older run")
    score_files(table_pipeline(), inputs, stopped, OPTIONS, overwrite=True)
    left = everything(stopped)
    assert {name for name, text in left.items() if text == b"mine"} == set(others)
    assert not (stopped / "label=high").exists()
    assert set(left) - set(others) == {
        *(f"part-0000{number}.parquet" for number in range(5)),
        *("_manifest.json", "_rejected.jsonl", "_inputs.jsonl", "_parts.jsonl"),
    }


def test_a_mistake_in_the_options_does_not_cost_the_older_output(
    inputs: list[Path], stopped: Path
) -> None:
    for options in (Options(select=("label", "label")), Options(partition="none")):
        with pytest.raises(UsageError):
            score_files(table_pipeline(), inputs, stopped, options, overwrite=True)
    assert len(list(stopped.glob("part-*"))) == 3


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({"select": ("record_id", "score")}, "select"),
        ({"condition": "probability > 0.5"}, "condition"),
        ({"limit": 60}, "limit"),
        ({"mapping": (("shop", "shop"),)}, "mapping"),
        ({"suffix": ".csv"}, "suffix"),
        ({"batch_rows": 4}, "batch_rows"),
        ({"partition": "label"}, "partition"),
    ],
)
def test_other_settings_are_refused_by_name(
    inputs: list[Path], stopped: Path, change: dict[str, Any], setting: str
) -> None:
    options = Options(**{"batch_rows": 8, "part_batches": 2, "threads": 1, **change})
    call = scoring(inputs, stopped, options, resume=True)
    assert refused("journal.other_settings", call, stopped)["setting"] == setting


def test_another_number_of_threads_is_no_other_run(inputs: list[Path], stopped: Path) -> None:
    options = Options(batch_rows=8, part_batches=2, threads=3)
    assert score_files(table_pipeline(), inputs, stopped, options, resume=True).read == 80


def test_other_inputs_are_refused_by_name(
    tmp_path: Path, inputs: list[Path], stopped: Path
) -> None:
    def again(*paths: Path) -> Callable[[], Summary]:
        return scoring(paths, stopped, resume=True)

    first, second = inputs
    assert refused("journal.other_input", again(second, first), stopped)["input"] == second
    for paths in ((first,), (first, second, second)):
        assert refused("journal.other_settings", again(*paths), stopped)["setting"] == "inputs"
    pq.write_table(records(39, 1), second)
    assert refused("journal.other_input", again(first, second), stopped)["input"] == second


def test_a_finished_run_is_not_taken_for_one_of_other_inputs(
    tmp_path: Path, inputs: list[Path]
) -> None:
    out = tmp_path / "scores"
    score_files(table_pipeline(), inputs[:1], out, OPTIONS)
    refused("journal.other_input", scoring(inputs[1:], out, resume=True), out)


def test_inputs_are_the_same_from_any_working_folder(
    inputs: list[Path], stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(inputs[0].parent)
    names = [Path(path.name) for path in inputs]
    assert score_files(table_pipeline(), names, stopped, OPTIONS, resume=True).read == 80


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("_manifest.json", cut),
        ("_manifest.json", lambda path: path.write_text("[]")),
        ("_manifest.json", lambda path: path.write_text('{"format": 99}')),
        ("_manifest.json", lambda path: path.write_text('{"format": 1, "settings": null}')),
        ("_manifest.json", lambda path: path.write_bytes(b"\xff\xfe")),
        ("_state-*.npz", cut),
        ("_state-*.npz", lambda path: path.write_bytes(b"")),
        ("_state-*.npz", lambda path: path.unlink()),
        ("_state-*.npz", lambda path: np.savez(path, cursor=np.array(3))),
        ("_inputs.jsonl", lambda path: path.unlink()),
        ("_inputs.jsonl", lambda path: path.write_bytes(b"x" * path.stat().st_size)),
        ("_rejected.jsonl", cut),
    ],
)
def test_a_damaged_run_is_a_clear_error_and_can_be_begun_again(
    inputs: list[Path], stopped: Path, name: str, harm: Callable[[Path], object]
) -> None:
    (path,) = stopped.glob(name)
    harm(path)
    with pytest.raises(DataError) as caught:
        score_files(table_pipeline(), inputs, stopped, OPTIONS, resume=True)
    assert caught.value.key == "journal.damaged"
    assert str(path) in caught.value.text("en") or "_state" in name
    assert len(list(stopped.glob("part-*"))) == 3
    assert score_files(table_pipeline(), inputs, stopped, OPTIONS, overwrite=True).read == 80


def test_a_part_that_is_gone_is_told_before_the_file_would_lack_it(
    tmp_path: Path, inputs: list[Path]
) -> None:
    out = tmp_path / "scores.csv"
    stop_at(56, inputs, out)
    (work_folder(out) / "part-00001.csv").unlink()
    with pytest.raises(DataError) as caught:
        score_files(table_pipeline(), inputs, out, OPTIONS, resume=True)
    assert caught.value.key == "journal.damaged"
    assert not out.exists()


def test_parts_beyond_five_digits_keep_their_order(tmp_path: Path, inputs: list[Path]) -> None:
    out = tmp_path / "scores"
    stop_at(24, inputs, out)
    manifest = json.loads((out / "_manifest.json").read_text())
    manifest["number"] = 99_998
    (out / "_manifest.json").write_text(json.dumps(manifest))
    stop_at(70, inputs, out, resume=True)
    names = sorted((path.name for path in out.glob("part-*")), key=lambda name: (len(name), name))
    assert names[-2:] == ["part-99999.parquet", "part-100000.parquet"]
    (out / "_part-100001.parquet").write_text("half")
    summary = score_files(table_pipeline(), inputs, out, OPTIONS, resume=True)
    assert pq.read_table(out).num_rows == summary.written
