"""Verdicts as labels, and ``lepton verdicts``: nothing is an error for being unknown, nor lost."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from lepton_core.cli import main as command
from lepton_core.data.feedback import Joined, join_verdicts
from lepton_core.errors import UsageError
from lepton_core.solution import Task, find_task
from lepton_core.spec import Column, Spec
from lepton_core.store import Store

TASK = find_task("fraud_rnn/transactions")
RECORDS = pa.table(
    {
        "record_id": ["empty", "same", "other", "untouched"],
        "amount": [1.0, 2.0, 3.0, 4.0],
        "label": pa.array([None, 1, 0, 0], pa.int64()),
    }
)

Lepton = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lepton(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Lepton:
    """Runs ``lepton`` with a store of its own: exit code, stdout and stderr."""
    monkeypatch.setenv("LEPTON_STORE", str(tmp_path / "store.sqlite"))

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lepton", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            command.main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    return run


def join(records: pa.Table, verdicts: dict[str, str], task: Task = TASK) -> Joined:
    table = pa.table(
        {
            "record_id": pa.array(list(verdicts), pa.string()),
            "verdict": pa.array(list(verdicts.values()), pa.string()),
        }
    )
    return join_verdicts(records, table, task)


def test_a_verdict_fills_what_is_empty_and_overrides_what_is_wrong() -> None:
    joined = join(RECORDS, {"other": "fraud", "same": "fraud", "empty": "genuine"})
    assert joined.records["label"].to_pylist() == [0, 1, 1, 0]
    assert joined.records.drop_columns("label").equals(RECORDS.drop_columns("label"))
    assert (joined.filled, joined.agreed, joined.overridden) == (1, 1, ("other",))
    assert joined.matched == 3


def test_unknown_records_and_words_are_told_with_their_ids_and_change_nothing() -> None:
    joined = join(RECORDS, {"gone": "fraud", "same": "stolen", "late": "genuine"})
    assert joined.records.equals(RECORDS)
    assert joined.unknown == ("gone", "late")
    assert joined.unusable == ("same",)
    assert joined.verdicts == 3
    assert joined.matched == 0
    text = "\n".join(joined.lines("en"))
    assert "gone, late" in text
    assert "same" in text
    assert joined.to_json()["ids"]["unknown"] == ["gone", "late"]
    # A bundle's card may not name records.
    assert "ids" not in joined.counts()
    assert joined.lines("zh") != joined.lines("en")


def test_every_verdict_is_counted_once() -> None:
    given = {"empty": "fraud", "same": "fraud", "other": "fraud", "x": "fraud", "untouched": "?"}
    counts = join(RECORDS, given).counts()
    assert counts["verdicts"] == counts["matched"] + counts["unknown"] + counts["unusable"] == 5
    assert counts["matched"] == counts["filled"] + counts["agreed"] + counts["overridden"]


def test_a_million_unknown_ids_fill_no_screen() -> None:
    joined = join(RECORDS, {f"x{n}": "fraud" for n in range(2000)})
    assert len(joined.unknown) == 2000
    assert max(map(len, joined.lines("en"))) < 300


def test_records_without_a_label_column_get_one() -> None:
    joined = join(RECORDS.drop_columns("label"), {"other": "fraud"})
    assert joined.records["label"].to_pylist() == [None, None, 1, None]
    assert join(RECORDS, {}).records.equals(RECORDS)
    assert join(RECORDS.slice(0, 0), {"other": "fraud"}).unknown == ("other",)


def test_a_label_that_is_text_takes_the_word_itself() -> None:
    inputs = Spec((Column("record_id", "string", "id"), Column("kind", "string", "label")))
    outputs = Spec((Column("record_id", "string", "id"), Column("label", "string", "output")))
    task = replace(TASK, inputs=inputs, outputs=outputs)
    records = pa.table({"record_id": ["a", "b"], "kind": ["scratch", None]})
    joined = join(records, {"b": "scratch", "a": "fraud"}, task)
    assert joined.records["kind"].to_pylist() == ["scratch", "scratch"]
    assert joined.unusable == ("a",)


def test_a_task_of_values_takes_no_verdicts() -> None:
    inputs = Spec((Column("record_id", "string", "id"), Column("sales", "float64", "label")))
    with pytest.raises(UsageError) as caught:
        join(RECORDS, {}, replace(TASK, inputs=inputs))
    assert caught.value.key == "feedback.no_classes"


def test_verdicts_are_added_and_listed(lepton: Lepton) -> None:
    note = "called the client"
    code, out, _ = lepton("verdicts", "add", "fraud_rnn", "tx 1", "fraud", "--note", note)
    assert code == 0
    assert "tx 1" in out
    lepton("verdicts", "add", "fraud_rnn", "tx 1", "withdrawn", "--who", "ana")
    code, out, _ = lepton("verdicts", "list", "fraud_rnn", "--json")
    found = json.loads(out)["verdicts"]
    assert [(row["verdict"], row["who"] == "ana") for row in found] == [
        ("fraud", False),
        ("withdrawn", True),
    ]
    assert "called the client" in lepton("verdicts", "list", "fraud_rnn")[1]
    assert (
        json.loads(lepton("verdicts", "list", "fraud_rnn", "--counting", "--json")[1])["verdicts"]
        == []
    )


def test_a_word_that_is_no_class_is_refused_with_those_that_are(lepton: Lepton) -> None:
    code, out, err = lepton("verdicts", "add", "fraud_rnn", "tx-1", "frad")
    assert (code, out) == (2, "")
    assert "genuine, fraud" in err
    assert len(err.splitlines()) == 1


def test_the_bundle_judged_is_noted_by_its_address(lepton: Lepton) -> None:
    lepton("verdicts", "add", "fraud_rnn", "a", "fraud", "--bundle", "fraud_rnn@sample")
    assert Store.open().verdicts(TASK.name)["bundle"].to_pylist() == [f"{TASK.name}@sample"]


def test_a_file_is_imported_once_with_its_own_columns(lepton: Lepton, tmp_path: Path) -> None:
    path = tmp_path / "chargebacks.csv"
    path.write_text("tx,verdict,when,who\na,fraud,2026-03-01T10:00:00+08:00,bank\nb,genuine,,\n")
    imported = ("verdicts", "import", path, "--task", "fraud_rnn", "--map", "tx=record_id")
    assert lepton(*imported, "--who", "ana")[0] == 0
    rows = Store.open().verdicts(TASK.name).to_pylist()
    assert [(row["record_id"], row["who"]) for row in rows] == [("a", "bank"), ("b", "ana")]
    assert rows[0]["when"].isoformat() == "2026-03-01T02:00:00+00:00"
    # The dated one is known already; the other one is said again, now.
    found = json.loads(lepton(*imported, "--json")[1])
    assert (found["added"], found["passed"]) == (1, 1)


@pytest.mark.parametrize(
    "rows",
    ["a,fraud,\nb,yes,\n", "a,fraud,\n,fraud,\n", "a,fraud,\nb,fraud,soon\n", "a,,\nb,fraud,\n"],
    ids=["word", "no id", "no time", "no verdict"],
)
def test_a_file_with_a_bad_row_stores_nothing(lepton: Lepton, tmp_path: Path, rows: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("record_id,verdict,when\n" + rows)
    code, out, err = lepton("verdicts", "import", path, "--task", "fraud_rnn")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert Store.open().verdicts(TASK.name).num_rows == 0


def test_a_store_that_cannot_be_opened_is_one_line(
    lepton: Lepton, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_STORE", "postgres://ana:secret@localhost:1/x?connect_timeout=1")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    code, out, err = lepton("verdicts", "list", "fraud_rnn")
    assert (code, out) == (1, "")
    assert "secret" not in err
    assert len(err.splitlines()) == 1
