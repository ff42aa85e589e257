"""What the shipped bundle promises on the UCI clients, measured again."""

from __future__ import annotations

import os

import pytest

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.fairness import ALL
from lepton_core.evaluation.run import evaluate_bundle, protocol_of
from lepton_core.solution import find_task

DATA = "credit_default"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set"),
]


def test_the_shipped_bundle_on_the_clients_it_never_saw() -> None:
    task = find_task("fraud_rnn/credit")
    told: list[str] = []
    records, _ = load_labelled(DATA, task, {}, told.append)
    # Two ages are nan and some codes are explained nowhere: all of it is read.
    assert len(records) == 30_000
    assert records["age"].null_count == 2
    pipeline = load_bundle(task.bundle(DATA))
    protocol = protocol_of(pipeline, DATA)
    split = protocol.split(records)
    assert (len(split.train), len(split.valid), len(split.test)) == (19_437, 4_524, 6_039)
    report = evaluate_bundle(pipeline, records, DATA, protocol, by_group=True)
    for key, figure in report.metrics.items():
        assert figure.value == pytest.approx(pipeline.card["metrics"][key]["value"], abs=1e-3)
    metrics, trees = report.metrics, report.baselines["gradient_boosting"]
    assert metrics["auc"].value > report.baselines["logistic_regression"]["auc"].value
    assert metrics["auc"].high is not None
    assert metrics["auc"].high > trees["auc"].value
    assert metrics["ece"].value < 0.03
    assert 0.85 < metrics["calibration_ratio"].value < 1.15
    assert report.groups is not None
    rows = {(row["attribute"], row["group"]): row for row in report.groups.to_pylist()}
    assert rows["sex", ALL]["n"] == rows["sex", "male"]["n"] + rows["sex", "female"]["n"] == 6_039
