"""Which of a client's columns are taken for ours, and which are only suggested."""

from __future__ import annotations

import pyarrow as pa
import pytest
from report_task import TASK, changed, good

from lepton_core.data.inspection import inspect
from lepton_core.solution import find_task

SPELLINGS: list[tuple[list[str], dict[str, str]]] = [
    (["Record ID"], {"Record ID": "record_id"}),
    (["record-id"], {"record-id": "record_id"}),
    (["RECORD.ID", "TIME"], {"RECORD.ID": "record_id", "TIME": "time"}),
    # Two that look alike: which one is a question for the person.
    (["Record ID", "record-id"], {}),
    # Ours is there; what looks like it is another column.
    (["record_id", "Record ID"], {}),
    (["records_id", "id", "tme"], {}),
]


@pytest.mark.parametrize(("theirs", "guessed"), SPELLINGS)
def test_only_another_spelling_is_a_certain_guess(
    theirs: list[str], guessed: dict[str, str]
) -> None:
    report = inspect(pa.table({name: ["1"] for name in theirs}), TASK)
    assert report.match.guessed == report.match.mapping == guessed
    told = "\n".join(report.short_lines())
    assert all(name in told for name in guessed)


def test_a_guess_never_overrules_a_person() -> None:
    table = pa.table({"Time": ["2026-01-01"], "booked": ["2026-01-02"]})
    report = inspect(table, TASK, {"booked": "time"})
    assert report.match.mapping == {"booked": "time"}
    assert report.unused == ("Time",)


@pytest.mark.parametrize(
    ("theirs", "option"),
    [
        ("machine no", "--map 'machine no=machine'"),
        ("machines", "--map machines=machine"),
        ("zzz", "--map THEIR_COLUMN=machine"),
    ],
)
def test_what_is_less_certain_is_only_suggested(theirs: str, option: str) -> None:
    table = changed().rename_columns([theirs if n == "machine" else n for n in good()])
    report = inspect(table, TASK)
    assert report.match.mapping == {}
    (finding,) = report.errors
    assert finding.key == "missing_columns"
    assert option in finding.text("en")


def test_a_known_data_set_is_recognised() -> None:
    head = ["TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD"]
    row = ["1", "2026-01-01", "7", "8", "9.5", "0"]
    table = pa.table({name: [value] for name, value in zip(head, row, strict=True)})
    report = inspect(table, find_task("fraud_rnn"))
    assert report.match.dataset == "fraud_handbook"
    assert report.match.theirs("amount") == "TX_AMOUNT"
    assert report.accepted == 1
