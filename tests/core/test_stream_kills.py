"""A stream that is killed, interrupted or out of space goes on with the memory it had."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from crashing import DONE, KILLED, TOLD, every_change, full_at_size, killed_at
from scoring_task import Lines, outcome, records, stream, table_pipeline

from lepton_core.pipeline import Pipeline
from lepton_core.scoring.summary import Summary

pytestmark = pytest.mark.usefixtures("fast_runs", "in_batches")


def resumed(
    pipeline: Pipeline, rows: Sequence[Any], out: Path, sent: Path
) -> Callable[[], tuple[Lines, Summary]]:
    """A process that a sender feeds with all that has no answer yet; answers are appended."""

    def work() -> tuple[Lines, Summary]:
        with sent.open("a", encoding="utf-8") as answers:
            done = len(sent.read_text(encoding="utf-8").splitlines())
            return stream(pipeline, rows[done:], out, answers)

    return work


@every_change
@pytest.mark.parametrize("stateful", [True, False])
def test_a_kill_anywhere_changes_no_answer_and_no_bit(
    tmp_path: Path, fraud: Pipeline, transactions: Lines, stateful: bool, stride: int
) -> None:
    pipeline = fraud if stateful else table_pipeline()
    rows: list[Any] = list(transactions if stateful else records(40).to_pylist())
    rows[13] = b'{"record_id": "\xff", "amount": 30, "card": "c", "terminal": "t"}'
    expected, _ = stream(pipeline, rows, tmp_path / "unbroken")
    whole = outcome(tmp_path / "unbroken")
    ids = [row["record_id"] for row in whole["rows"]]
    assert len(set(ids)) == len(ids) > 25
    step = 0
    while True:
        step += stride
        out, sent = tmp_path / f"{step}", tmp_path / f"{step}.jsonl"
        sent.touch()
        ended = killed_at(step, resumed(pipeline, rows, out, sent), out)
        if ended == DONE:
            break
        assert ended == KILLED
        resumed(pipeline, rows, out, sent)()
        received = [json.loads(line) for line in sent.read_text(encoding="utf-8").splitlines()]
        assert received == expected, f"killed before change {step}"
        assert outcome(out)["rows"] == whole["rows"]
    assert step > 15


def test_a_line_that_was_cut_off_in_the_log_was_never_applied(
    tmp_path: Path, fraud: Pipeline, transactions: Lines
) -> None:
    expected, _ = stream(fraud, transactions, tmp_path / "unbroken")
    out, sent = tmp_path / "scores", tmp_path / "sent.jsonl"
    sent.touch()
    killed_at(7, resumed(fraud, transactions, out, sent), out)
    (log,) = out.glob("_stream-*.jsonl")
    log.write_bytes(log.read_bytes() + b'["{\\"record_id\\": \\"x')
    resumed(fraud, transactions, out, sent)()
    assert [json.loads(line) for line in sent.read_text().splitlines()] == expected


def test_a_commit_ends_the_log(tmp_path: Path, fraud: Pipeline, transactions: Lines) -> None:
    out, sizes = tmp_path / "scores", []

    class Answers(io.StringIO):
        def flush(self) -> None:
            sizes.append([len(p.read_bytes().splitlines()) for p in out.glob("_stream-*.jsonl")])

    stream(fraud, transactions, out, Answers())
    assert sizes == [[1], [2], [3], [1], [2], [3], [1], [2], [3], [1]]
    assert not list(out.glob("_stream-*"))


def test_an_interrupt_before_the_first_commit_keeps_what_was_answered(
    tmp_path: Path, fraud: Pipeline, transactions: Lines
) -> None:
    expected, _ = stream(fraud, transactions)

    class Interrupted(io.StringIO):
        def flush(self) -> None:
            raise KeyboardInterrupt

    out = tmp_path / "scores"
    with pytest.raises(KeyboardInterrupt):
        stream(fraud, transactions[:4], out, Interrupted())
    rest, summary = stream(fraud, transactions[4:], out)
    assert rest == expected[4:]
    assert summary.read == len(transactions)


def test_a_full_disk_is_one_clear_error_and_made_good(
    tmp_path: Path, fraud: Pipeline, transactions: Lines
) -> None:
    expected, _ = stream(fraud, transactions, tmp_path / "unbroken")
    for size in (0, 400, 1500):
        out, sent = tmp_path / f"{size}", tmp_path / f"{size}.jsonl"
        sent.touch()

        def feed(out: Path = out, size: int = size) -> None:
            stream(fraud, transactions, out)

        assert full_at_size(size, feed, out) == TOLD
        received, _ = stream(fraud, transactions, out)
        assert [one.get("score") for one in received] == [one.get("score") for one in expected]
        assert outcome(out)["rows"] == outcome(tmp_path / "unbroken")["rows"]
