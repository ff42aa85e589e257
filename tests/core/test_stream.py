"""A stream: one answer a line, in order, each record applied once, and the same after a kill."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from scoring_task import Lines, outcome, records, stream, table_pipeline

from lepton_core.errors import UsageError
from lepton_core.pipeline import Pipeline
from lepton_core.scoring.engine import score_files
from lepton_core.scoring.options import Options
from lepton_core.scoring.stream import batches_of, score_stream

pytestmark = pytest.mark.usefixtures("fast_runs")


def test_every_line_is_answered_in_order_as_in_a_file(tmp_path: Path) -> None:
    table = records(60)
    told, summary = stream(table_pipeline(), table.to_pylist())
    assert [one["record_id"] for one in told] == table["record_id"].to_pylist()
    pq.write_table(table, tmp_path / "in.parquet")
    score_files(table_pipeline(), [tmp_path / "in.parquet"], tmp_path / "out.parquet")
    filed = {row["record_id"]: row for row in outcome(tmp_path / "out.parquet")["rows"]}
    first: dict[str, Any] = {}
    for one in told:
        first.setdefault(one["record_id"], one)
    assert {name: one for name, one in first.items() if "rejected" not in one} == filed
    assert summary.read == 60


def test_a_repeated_id_gets_its_answer_and_is_not_applied_twice(
    fraud: Pipeline, transactions: Lines
) -> None:
    def scores(rows: Lines) -> list[float | None]:
        told, _ = stream(fraud, rows)
        assert [one["record_id"] for one in told] == [row["record_id"] for row in rows]
        return [one.get("score") for one in told]

    once, twice = scores(transactions), scores([row for row in transactions for _ in range(2)])
    assert twice[::2] == twice[1::2] == pytest.approx(once, abs=1e-5)
    assert once.count(None) == 1


BAD = [
    b"",
    b"{",
    b"[1, 2]",
    b"17",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"record_id": "\xff", "amount": 5}',
    b'{"record_id": "\\ud800", "amount": 5}',
    b'{"record_id": "half", "shop": "\\udfff", "amount": 5}',
    b"[" * 100_000,
    b'{"record_id": "deep", "amount": ' + b"[" * 100_000,
    b'{"record_id": "big", "amount": ' + b"9" * 5000 + b"}",
    b'{"record_id": "list", "amount": [1, {"a": 2}]}',
    b'{"record_id": "nan", "amount": NaN}',
    b'{"record_id": "far", "amount": 1e999}',
    b'{"record_id": "text", "amount": "much"}',
    b'{"record_id": "low", "amount": -1}',
    b'{"record_id": null, "amount": 20}',
    b'{"amount": 20}',
    b"{}",
]


def test_a_bad_line_is_answered_with_its_reason_and_harms_no_other(tmp_path: Path) -> None:
    rows: list[Any] = []
    for number, bad in enumerate(BAD[1:]):
        rows += [bad, {"record_id": f"good-{number}", "amount": 20 + number}]
    for out in (None, tmp_path / "scores"):
        told, summary = stream(table_pipeline(), rows, out)
        assert len(told) == len(rows)
        for bad, good in zip(told[::2], told[1::2], strict=True):
            assert bad["rejected"][0]["message"]
            assert "rejected" not in good
        assert (summary.scored, summary.rejected) == (len(BAD) - 1, len(BAD) - 1)
    assert len(outcome(tmp_path / "scores")["rows"]) == len(BAD) - 1


def test_blank_lines_are_passed_over_and_a_last_line_needs_no_end() -> None:
    lines = io.BytesIO(
        b'\n{"record_id": "a", "amount": 20}\n  \n\r\n{"record_id": "b", "amount": 21}'
    )
    answers = io.StringIO()
    score_stream(table_pipeline(), lines, answers)
    assert [json.loads(line)["record_id"] for line in answers.getvalue().splitlines()] == ["a", "b"]


def test_lines_are_answered_before_more_come() -> None:
    answered = threading.Semaphore(0)
    told: list[str] = []

    class Answers(io.StringIO):
        def write(self, text: str) -> int:
            told.append(text)
            return len(text)

        def flush(self) -> None:
            answered.release()

    def lines() -> Iterator[bytes]:
        for number in range(5):
            yield b'{"record_id": "%d", "amount": 20}\n' % number
            assert answered.acquire(timeout=30)

    score_stream(table_pipeline(), lines(), Answers())  # type: ignore[arg-type]
    assert [json.loads(one)["record_id"] for one in told] == list("01234")


def test_an_input_that_breaks_is_an_error_and_no_silence() -> None:
    def lines() -> Iterator[bytes]:
        yield b"{}\n"
        raise OSError("gone")

    found = batches_of(lines())  # type: ignore[arg-type]
    assert next(found) == [b"{}"]
    with pytest.raises(OSError, match="gone"):
        list(found)


def test_names_are_mapped_and_columns_of_the_lines_can_be_selected(tmp_path: Path) -> None:
    rows = [{"record_id": "a", "sum": 30, "amount": -5, "till": 7}, {"record_id": "b", "sum": 31}]
    options = Options(select=("record_id", "amount", "till"), mapping=(("sum", "amount"),))
    told, _ = stream(
        table_pipeline(), rows, tmp_path / "out", options=options, mapping={"sum": "amount"}
    )
    assert not [one for one in told if "rejected" in one]
    assert outcome(tmp_path / "out")["rows"] == [
        {"record_id": "a", "amount": 30.0, "till": "7"},
        {"record_id": "b", "amount": 31.0, "till": None},
    ]


def test_a_stream_does_not_go_on_with_a_batch(tmp_path: Path) -> None:
    pq.write_table(records(20), tmp_path / "in.parquet")
    score_files(table_pipeline(), [tmp_path / "in.parquet"], tmp_path / "out", Options(threads=1))
    with pytest.raises(UsageError) as caught:
        stream(table_pipeline(), [], tmp_path / "out")
    assert caught.value.values["setting"] == "mode"
