"""A client's file before training: the report, ``lepton data check`` and ``lepton train`` agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pytest
from report_task import INPUTS, TASK, N, found, good

from lepton_core.cli import main as command
from lepton_core.data.inspection import inspect
from lepton_core.data.labelled import load_labelled
from lepton_core.data.report import DataReport
from lepton_core.errors import DataError, TrainingError
from lepton_core.solution import find_task
from lepton_core.spec import Spec

LABEL = np.asarray(good()["label"])


def write(path: Path, table: pa.Table) -> str:
    arrow_csv.write_csv(table, path)
    return str(path)


def frauds(**columns: Any) -> pa.Table:
    """Records that fraud_rnn takes, under a client's own spelling."""
    rows = good()
    taken = {
        "Record ID": rows["record_id"],
        "Time": [str(time) for time in rows["time"]],
        "card": rows["machine"],
        "amount": rows["pressure"],
        "Label": rows["label"],
    }
    return pa.table({**taken, **columns})


def test_training_takes_the_same_guesses_and_stops_at_an_error(tmp_path: Path) -> None:
    task, notes = find_task("fraud_rnn"), list[str]()
    path = write(tmp_path / "in.csv", frauds())
    records, _ = load_labelled(path, task, {}, notes.append)
    assert records.num_rows == N
    assert sum("read as" in line for line in notes) == 3
    reviewed, _ = load_labelled(path, task, {}, notes.append, lambda report: report.require())
    assert reviewed.equals(records)
    path = write(tmp_path / "leak.csv", frauds(amount=LABEL * 1.0))
    with pytest.raises(TrainingError, match="equals_label"):
        load_labelled(path, task, {}, notes.append, lambda report: report.require())
    accepted: Callable[[DataReport], None] = lambda report: report.require(["equals_label"])  # noqa: E731
    assert load_labelled(path, task, {}, notes.append, accepted)[0].num_rows == N


def test_an_unusable_file_is_the_usual_error(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        inspect(tmp_path / "none.csv", TASK)
    assert raised.value.key == "data.no_file"
    path = write(tmp_path / "in.csv", frauds())
    with pytest.raises(DataError, match="did you mean amount"):
        inspect(path, find_task("fraud_rnn"), {"card": "amont"})
    assert "missing_columns" in found(inspect(path, replace(TASK, inputs=Spec(INPUTS[2:5]))))


def test_the_command_line_tells_and_ends_by_the_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lepton(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["lepton", *words])
        with pytest.raises(SystemExit) as ended:
            command.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    task = ("--task", "fraud_rnn")
    path = write(
        tmp_path / "in.csv", frauds().rename_columns(["Record ID", "Time", "card", "sum", "Label"])
    )
    code, out, err = lepton("data", "check", path, *task)
    assert (code, err) == (1, "")
    assert "THEIR_COLUMN=amount" in out
    code, out, _ = lepton("data", "check", path, *task, "--map", "sum=amount", "--json")
    assert code == 0
    assert json.loads(out)["mapping"]["sum"] == "amount"
    folder = tmp_path / "bundle"
    code, out, err = lepton("train", "fraud_rnn", "--data", path, "--out", str(folder))
    assert (code, out, folder.exists()) == (1, "", False)
    *_, last = err.strip().splitlines()
    assert last.startswith("lepton: ")
    assert "missing_columns" in last
    assert "400 records" in err
