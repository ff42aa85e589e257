"""A run killed before any one of its changes on disk, or out of space there, loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from crashing import (
    DONE,
    INTERRUPTED,
    KILLED,
    TOLD,
    full_at_size,
    full_from,
    interrupted_at,
    killed_at,
)
from scoring_task import outcome, records, table_pipeline

from lepton_core.errors import UsageError
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.options import Options
from lepton_core.scoring.summary import Summary
from lepton_core.solution import find_task

pytestmark = pytest.mark.usefixtures("fast_runs")

OUTPUTS = ("dir.parquet", "one.parquet", "one.csv", "one.jsonl.gz")
TASKS = ("stateless", "stateful")


def cases(*quick: tuple[str, str]) -> pytest.MarkDecorator:
    """Every task with every output and every change; in the default run a few."""
    every = [(task, name) for task in TASKS for name in OUTPUTS]
    marked = [pytest.param(*case, 1, marks=pytest.mark.slow) for case in every]
    some = [pytest.param(*case, 5) for case in quick]
    return pytest.mark.parametrize(("score", "name", "stride"), some + marked, indirect=["score"])


# One thread, since the runs are forked; a commit after every second batch.
OPTIONS = Options(batch_rows=8, part_batches=2, threads=1)

Score = Callable[..., Summary]


def fraud_records(n: int) -> pa.Table:
    """Transactions in order of time; one with a negative amount, one repeated."""
    task = find_task("fraud_rnn")
    rows = task.hook(task.sample)(seed=3, cards=10, terminals=10, days=30).slice(0, n).to_pylist()
    rows[5]["amount"] = -1.0
    rows[30] = dict(rows[10])
    names = [name for name in task.inputs.names if name != "label"]
    return pa.Table.from_pylist([{name: row[name] for name in names} for row in rows])


@pytest.fixture
def score(request: pytest.FixtureRequest, tmp_path: Path) -> Score:
    """Scores two files, the second of which begins in the middle of a part."""
    if request.param == "stateless":
        pipeline, tables = table_pipeline(), (records(19), records(13, seed=1))
    else:
        pipeline = request.getfixturevalue("fraud")
        whole = fraud_records(32)
        tables = whole.slice(0, 19), whole.slice(19)
    (tmp_path / "in").mkdir()
    inputs = [tmp_path / "in" / f"{number}.parquet" for number in range(2)]
    for path, table in zip(inputs, tables, strict=True):
        pq.write_table(table, path)

    def scored(out: Path, **modes: Any) -> Summary:
        options = modes.pop("options", OPTIONS)
        return score_files(pipeline, modes.pop("inputs", inputs), out, options, **modes)

    return scored


def place(folder: Path, name: str) -> Path:
    folder.mkdir()
    return folder / ("dir" if name.startswith("dir") else name)


def check_visible(out: Path, whole: dict[str, Any]) -> None:
    """What is to be seen now is whole, and a beginning of the unbroken output."""
    if not out.exists():
        return
    rows = outcome(out)["rows"]
    assert rows == whole["rows"][: len(rows)]
    assert out.is_dir() or len(rows) == len(whole["rows"])
    if out.is_dir() and rows:
        assert pq.read_table(out).num_rows == len(rows)


@cases(("stateless", "one.csv"), ("stateful", "dir.parquet"))
def test_a_kill_before_any_change_is_made_good(
    score: Score, tmp_path: Path, name: str, stride: int
) -> None:
    unbroken = place(tmp_path / "unbroken", name)
    whole = outcome(unbroken, score(unbroken))
    ids = [row["record_id"] for row in whole["rows"]]
    assert len(set(ids)) == len(ids) > 20
    assert whole["refused"]
    step = 0
    while True:
        step += stride
        out = place(tmp_path / str(step), name)
        ended = killed_at(step, lambda out=out: score(out), out.parent)
        if ended == DONE:
            break
        assert ended == KILLED
        check_visible(out, whole)
        if step % 3 == 1:
            # Going on may be killed as well.
            again = killed_at(3 + step % 11, lambda out=out: score(out, resume=True), out.parent)
            assert again in (KILLED, DONE)
            check_visible(out, whole)
        summary = score(out, resume=True)
        received = outcome(out, summary)
        if not summary.read:
            # The file was complete, and its run's folder gone: nothing is counted again.
            received["counts"] = whole["counts"]
        assert received == whole, f"killed before change {step}"
    assert step > 20


@cases(("stateful", "dir.parquet"))
def test_an_interrupt_before_any_change_tidies_up_and_loses_nothing(
    score: Score, tmp_path: Path, name: str, stride: int
) -> None:
    unbroken = place(tmp_path / "unbroken", name)
    whole = outcome(unbroken, score(unbroken))
    step = 0
    while True:
        step += stride
        out = place(tmp_path / str(step), name)
        ended = interrupted_at(step, lambda out=out: score(out), out.parent)
        if ended == DONE:
            break
        assert ended == INTERRUPTED
        check_visible(out, whole)
        assert not list(out.parent.rglob("_part-*"))
        summary = score(out, resume=True)
        received = outcome(out, summary)
        if not summary.read:
            received["counts"] = whole["counts"]
        assert received == whole, f"interrupted before change {step}"
    assert step > 20


@cases(("stateless", "dir.parquet"))
def test_a_kill_while_an_older_output_is_replaced(
    score: Score, tmp_path: Path, name: str, stride: int
) -> None:
    unbroken = place(tmp_path / "unbroken", name)
    whole = outcome(unbroken, score(unbroken))
    older = Options(batch_rows=4, part_batches=1, threads=1)
    step = 0
    while True:
        step += stride
        out = place(tmp_path / str(step), name)
        score(out, options=older)
        before = outcome(out)
        ended = killed_at(step, lambda out=out: score(out, overwrite=True), out.parent)
        if ended == DONE:
            break
        assert ended == KILLED
        # The older command either finds its output whole, or is told that there is another.
        with suppress(UsageError):
            score(out, options=older, resume=True)
            assert outcome(out) == before
        assert outcome(out, score(out, overwrite=True)) == whole
    assert step > 20


@cases(("stateless", "one.parquet"), ("stateful", "dir.parquet"))
def test_a_full_disk_is_one_clear_error_at_any_write(
    score: Score, tmp_path: Path, name: str, stride: int
) -> None:
    unbroken = place(tmp_path / "unbroken", name)
    whole = outcome(unbroken, score(unbroken))
    step = 0
    while True:
        step += stride
        out = place(tmp_path / str(step), name)
        ended = full_from(step, lambda out=out: score(out), out.parent)
        if ended == DONE:
            break
        assert ended == TOLD, f"full from change {step}"
        check_visible(out, whole)
        assert outcome(out, score(out, resume=True)) == whole, f"full from change {step}"
    assert step > 10


@pytest.mark.parametrize(
    ("score", "name"), [("stateless", "dir.parquet"), ("stateful", "one.csv")], indirect=["score"]
)
@pytest.mark.parametrize("size", [0, 10, 300, 1200])
def test_a_write_that_stops_half_way_is_told_and_made_good(
    score: Score, tmp_path: Path, name: str, size: int
) -> None:
    unbroken = place(tmp_path / "unbroken", name)
    whole = outcome(unbroken, score(unbroken))
    out = place(tmp_path / "small", name)
    assert full_at_size(size, lambda: score(out), out.parent) == TOLD
    check_visible(out, whole)
    assert outcome(out, score(out, resume=True)) == whole
