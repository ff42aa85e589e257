"""Findings as tables: everything a reader of a row needs, and nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from chest_file import finding
from reading_task import reading_pipeline

from lepton_core.decision import Classify
from solutions.medical_imaging.xray.output.findings import (
    finding_of,
    policy_text,
    write_csv,
    write_json,
)


def test_a_row_says_what_by_which_rule_and_what_it_is_for(tmp_path: Path) -> None:
    write_csv([finding(), finding(record_id="dcm-2", low=None, high=None)], tmp_path / "f.csv")
    with (tmp_path / "f.csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert first["probability"] == "0.87"
    assert (first["low"], first["high"], first["threshold"]) == ("0.8", "0.92", "0.42")
    assert (first["policy"], first["policy_value"]) == ("recall", "0.95")
    assert first["bundle"] == "medical_imaging/xray@sample"
    assert first["scored_at"] == "2026-11-25T12:30:00+00:00"
    assert "does not diagnose" in first["intended_use"]
    assert second["low"] == ""


def test_json_holds_the_same_with_limits(tmp_path: Path) -> None:
    write_json([finding()], tmp_path / "f.json")
    told = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert told["findings"] == [finding().to_json()]
    assert "does not diagnose" in told["intended_use"]
    assert told["limits"]
    assert [path.name for path in tmp_path.iterdir()] == ["f.json"]


@pytest.mark.parametrize("record_id", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)"])
def test_a_spreadsheet_runs_no_name(tmp_path: Path, record_id: str) -> None:
    write_csv([finding(record_id=record_id)], tmp_path / "f.csv")
    with (tmp_path / "f.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["record_id"] == f"'{record_id}"


def test_no_findings_are_a_table_too(tmp_path: Path) -> None:
    write_csv([], tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_text(encoding="utf-8").startswith('"record_id"')


@pytest.mark.parametrize(
    ("policy", "value", "text"),
    [
        ("recall", 0.95, "sensitivity of at least 95% on the validation data"),
        ("fixed", 0.5, "set by hand"),
        ("likeliest", None, "the likeliest class"),
        ("of_tomorrow", None, "of_tomorrow"),
    ],
)
def test_the_policy_is_said_in_words(policy: str, value: float | None, text: str) -> None:
    assert policy_text(finding(policy=policy, policy_value=value)) == text


def test_a_probability_is_one() -> None:
    with pytest.raises(ValueError, match="probability"):
        finding(probability=1.2)


def test_the_interval_is_that_of_the_calibration() -> None:
    decision = Classify(("normal", "pneumonia"), spread=(0.04, 0.0, 0.01))
    row = {"record_id": "a", "score": 2.0, "probability": 0.88, "label": "pneumonia"}
    row |= {"review": False}
    about = {"patient": None, "source": "a", "sha256": ""}
    found = finding_of(reading_pipeline(decision), row, **about)
    (low,), (high,) = decision.interval(np.array([2.0]))
    assert (found.low, found.high) == (float(low), float(high))
    without = finding_of(reading_pipeline(Classify(("normal", "pneumonia"))), row, **about)
    assert (without.low, without.high) == (None, None)
