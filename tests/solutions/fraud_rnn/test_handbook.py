"""What the shipped bundle promises on the Handbook's transactions, measured again."""

from __future__ import annotations

import os

import pytest

from lepton_core.bundle import load_bundle
from lepton_core.checking import check
from lepton_core.data.reading import load_records
from lepton_core.evaluation.run import evaluate_bundle, find_protocol
from lepton_core.solution import find_task

DATA = "fraud_handbook"


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set")
def test_the_shipped_bundle_on_the_week_it_never_saw() -> None:
    task = find_task("fraud_rnn")
    if DATA not in task.bundles():
        pytest.skip(f"no bundle {DATA} is shipped: make it with `lepton train fraud_rnn`")
    pipeline = load_bundle(task.bundle(DATA))
    loaded = load_records(DATA, task.inputs)
    checked = check(loaded.table, task.inputs, loaded.source)
    assert not len(checked.rejects)
    protocol = find_protocol(task, DATA, task.hook(task.config)())
    report = evaluate_bundle(pipeline, checked.table, DATA, protocol)
    assert report.metrics["auc"].value >= 0.87
    assert report.metrics["ap"].value >= 0.68
    # The card says what is measured again here, and the interval holds it.
    for key in ("auc", "ap", "card_precision_100"):
        told = pipeline.card["metrics"][key]
        assert report.metrics[key].value == pytest.approx(told["value"], abs=1e-3)
        assert told["low"] <= report.metrics[key].value <= told["high"]
    # Better than logistic regression on the same rows and features.
    simple = report.baselines["logistic_regression"]
    assert report.metrics["ap"].value > simple["ap"].value
