"""A report says the same to programs and to people."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.evaluation import run
from lepton_core.evaluation.intervals import bootstrap_mean
from lepton_core.evaluation.metrics import accuracy
from lepton_core.evaluation.report import Measured, Report
from lepton_core.messages import set_language
from lepton_core.pipeline import Pipeline
from lepton_core.training.splits import Split

FOLD = ([0, 1, 1, 1], [0, 1, 0, 1])


@pytest.fixture
def report() -> Report:
    interval = bootstrap_mean(accuracy, [FOLD, FOLD], n=20)
    return Report(
        task="fraud_rnn/transactions",
        bundle="handbook",
        data="fraud_handbook",
        protocol="handbook, four folds",
        n=58264,
        metrics={
            "accuracy": Measured.of(interval, parts=[0.75, 0.75]),
            "auc": Measured(0.887, 0.871, 0.902, (0.88, 0.894)),
        },
        baselines={"logistic_regression": {"auc": Measured(0.87), "own_metric": Measured(12345)}},
        note="The test week was never seen in training.",
    )


def test_json_has_the_shape_that_the_command_line_promises(report: Report) -> None:
    answer = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert list(answer) == ["task", "bundle", "data", "protocol", "n", "metrics", "baselines"]
    assert answer["metrics"]["auc"] == {
        "value": 0.887,
        "low": 0.871,
        "high": 0.902,
        "parts": [0.88, 0.894],
    }
    assert answer["baselines"]["logistic_regression"]["auc"] == {
        "value": 0.87,
        "low": None,
        "high": None,
        "parts": [],
    }
    assert Measured.from_json(answer["metrics"]["auc"]) == report.metrics["auc"]


def test_text_shows_interval_and_baseline_in_one_row(report: Report) -> None:
    text = report.to_text()
    row = next(line for line in text.splitlines() if "(auc)" in line)
    assert "0.8870 [0.8710, 0.9020]" in row
    assert "0.8700" in row
    assert "0.8800 0.8940" in row
    assert "58,264" in text
    assert "never seen" in text
    assert "own_metric" in text  # measured by a baseline alone, and not named in the catalogue


def test_markdown_is_a_table(report: Report) -> None:
    table = [line for line in report.to_markdown().splitlines() if line.startswith("|")]
    assert len(table) == 2 + 3
    assert len({line.count("|") for line in table}) == 1


def test_chinese_columns_stand_below_each_other(report: Report) -> None:
    cells = pytest.importorskip("rich.cells")
    set_language("zh")
    try:
        lines = report.to_text().splitlines()
    finally:
        set_language("en")
    assert any("ROC 曲线下面积" in line for line in lines)
    rows = [line for line in lines if "0.87" in line or "logistic" in line]
    column = [
        cells.cell_len(row[: row.index(mark)])
        for row, mark in zip(rows, ("logistic", "0.8700"), strict=True)
    ]
    assert column[0] == column[1]


@pytest.mark.parametrize("figure", [(float("nan"),), (0.5, float("nan")), (0.5, 0.4, float("inf"))])
def test_nan_is_never_reported(figure: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="finite"):
        Measured(*figure)


def test_what_a_bundle_refused_is_told_beside_its_figures(
    fraud: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LastTen:
        name = "the last ten"

        def with_truth(self, records: pa.Table) -> pa.Table:
            return records

        def split(self, records: pa.Table) -> Split:
            rows = np.arange(records.num_rows)
            return Split(rows[:-10], rows[:0], rows[-10:])

    records = fraud.task.hook(fraud.task.sample)(seed=3, cards=10, terminals=10, days=30)
    for kept, told in ((10, ""), (8, "2 of the 10")):
        monkeypatch.setattr(run, "measure", lambda *given, kept=kept: ({}, kept))
        note = run.evaluate_bundle(fraud, records, "mine.csv", LastTen()).note  # type: ignore[arg-type]
        assert ("Refused by the bundle" in note) == bool(told)
        assert told in note
