"""Records to learn from are unique and in order, whatever the file was like."""

from __future__ import annotations

from pathlib import Path

import pytest

from lepton_core.data.labelled import load_labelled
from lepton_core.errors import DataError
from lepton_core.solution import find_task

ROWS = """record_id,time,card,amount,label
b,2026-01-02,c,2,0
a,2026-01-01,c,1,0
b,2026-01-02,c,2,1
d,2026-01-03,c,-4,0
"""


def test_repeated_ids_are_left_out_and_the_rest_is_sorted(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(ROWS)
    notes: list[str] = []
    records, dataset = load_labelled(
        str(tmp_path / "in.csv"), find_task("fraud_rnn"), {}, notes.append
    )
    assert dataset is None
    assert records.column("record_id").to_pylist() == ["a", "b"]
    # The first of the repeated ones counts.
    assert records.column("label").to_pylist() == [0, 0]
    assert len(notes) == 3


def test_a_mapping_to_a_column_that_the_task_does_not_take_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(ROWS)
    with pytest.raises(DataError, match="did you mean terminal"):
        load_labelled(str(tmp_path / "in.csv"), find_task("fraud_rnn"), {"card": "termnal"}, print)


def test_records_without_an_id_are_numbered_and_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(
        "time,card,amount,label\n2026-01-01,c,$1.50,0\n2026-01-02,c,2,1\n"
    )
    told: list[str] = []
    records, _ = load_labelled(
        str(tmp_path / "in.csv"),
        find_task("fraud_rnn"),
        {},
        print,
        lambda report: told.extend(finding.key for finding in report.findings),
    )
    assert records.column("record_id").to_pylist() == ["row-1", "row-2"]
    assert records.column("amount").to_pylist() == [1.5, 2.0]
    assert "numbered" in told
    assert "missing_columns" not in told
