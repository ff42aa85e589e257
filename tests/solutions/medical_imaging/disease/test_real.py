"""What the shipped bundles promise on real patients, measured again."""

from __future__ import annotations

import os

import numpy as np
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.fairness import ALL
from lepton_core.evaluation.report import Report
from lepton_core.evaluation.run import evaluate_bundle, protocol_of
from lepton_core.solution import find_task
from lepton_core.tabular import labels_of

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set"),
]


def evaluated(data: str, sizes: tuple[int, int, int]) -> Report:
    """The bundle of a data set on its own test part, after a look at the split."""
    task = find_task("medical_imaging/disease")
    told: list[str] = []
    records, _ = load_labelled(data, task, {}, told.append)
    pipeline = load_bundle(task.bundle(data))
    protocol = protocol_of(pipeline, data)
    split = protocol.split(protocol.with_truth(records))
    assert (len(split.train), len(split.valid), len(split.test)) == sizes
    report = evaluate_bundle(pipeline, records, data, protocol, by_group=True)
    for key, figure in report.metrics.items():
        assert figure.value == pytest.approx(pipeline.card["metrics"][key]["value"], abs=1e-3)
    return report


def test_cardio() -> None:
    report = evaluated("cardio", (45_429, 10_402, 14_169))
    # 302 of the test records hold values that no person has.
    assert report.n == 13_867
    metrics, others = report.metrics, report.baselines
    assert metrics["auc"].value > others["logistic_regression"]["auc"].value + 0.005
    # Held to the same directions, trees are no better; free, they are, by little.
    assert metrics["auc"].value == pytest.approx(
        others["directed_boosting"]["auc"].value, abs=0.002
    )
    assert metrics["auc"].value > others["gradient_boosting"]["auc"].value - 0.005
    assert metrics["ece"].value < 0.03
    assert 0.95 < metrics["calibration_ratio"].value < 1.05
    # The operating point was asked for on validation, and holds.
    assert metrics["recall"].value == pytest.approx(0.80, abs=0.02)
    assert report.groups is not None
    rows = {(row["attribute"], row["group"]): row for row in report.groups.to_pylist()}
    assert (
        rows["sex", ALL]["n"] == rows["sex", "male"]["n"] + rows["sex", "female"]["n"] == report.n
    )
    assert "unknown" not in {row["group"] for row in rows.values()}


def test_the_cleveland_truth_is_turned_the_right_way_round() -> None:
    """The healthier by every clinical sign are those without the disease."""
    task = find_task("medical_imaging/disease")
    records, _ = load_labelled("heart_cleveland", task, {}, print)
    pipeline = load_bundle(task.bundle("heart_cleveland"))
    truth = labels_of(protocol_of(pipeline, "heart_cleveland").with_truth(records), "disease")
    assert int((truth == 1).sum()) == 138
    for name, more in (("ca", 1), ("oldpeak", 1), ("exang", 1), ("age", 1), ("thalach", -1)):
        values = np.asarray(records[name].to_pylist(), float)
        assert more * (values[truth == 1].mean() - values[truth == 0].mean()) > 0, name


def test_cleveland() -> None:
    report = evaluated("heart_cleveland", (205, 34, 64))
    assert report.n == 64
    assert report.metrics["auc"].value > 0.85
    trees = report.baselines["gradient_boosting"]["auc"]
    assert report.metrics["auc"].high is not None
    assert report.metrics["auc"].high > trees.value
