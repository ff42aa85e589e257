"""What the shipped bundle promises on NASA's test engines, measured again."""

from __future__ import annotations

import os

import pytest

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.run import evaluate_bundle, protocol_of
from lepton_core.solution import find_task

DATA = "cmapss_fd001"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set"),
]


def test_the_shipped_bundle_on_the_official_test() -> None:
    task = find_task("defect_detection/maintenance")
    records, _ = load_labelled(DATA, task, {}, print)
    assert records.num_rows == 20_631 + 13_096
    pipeline = load_bundle(task.bundle(DATA))
    protocol = protocol_of(pipeline, DATA)
    split = protocol.split(protocol.with_truth(records))
    assert (len(split.train), len(split.test)) == (20_631, 100)
    report = evaluate_bundle(pipeline, records, DATA, protocol)
    for key, figure in report.metrics.items():
        assert figure.value == pytest.approx(pipeline.card["metrics"][key]["value"], abs=1e-2)
    assert report.metrics["rmse"].value <= 13.0
    assert 0.85 <= report.metrics["coverage90"].value <= 0.95
    assert report.metrics["rmse"].value < report.baselines["linear"]["rmse"].value
