"""What the shipped bundles promise on the two published sets, measured again."""

from __future__ import annotations

import os

import pytest

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.report import Report
from lepton_core.evaluation.run import evaluate_bundle, protocol_of
from lepton_core.solution import find_task

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set"),
]


def evaluated(data: str) -> Report:
    task = find_task("traffic_video/forecast")
    records, _ = load_labelled(data, task, {}, print)
    pipeline = load_bundle(task.bundle(data))
    report = evaluate_bundle(pipeline, records, data, protocol_of(pipeline, data))
    for key, figure in report.metrics.items():
        assert figure.value == pytest.approx(pipeline.card["metrics"][key]["value"], abs=1e-2), key
    return report


def test_the_station_of_pems_by_the_published_windows() -> None:
    """SAE 7.06, LSTM 7.21; persistence by these windows is 8.34."""
    report = evaluated("pems_station")
    assert report.baselines["persistence"]["mae_rows"].value == pytest.approx(8.335, abs=0.01)
    assert report.metrics["mae_rows"].value <= 7.00
    assert report.metrics["mae_gap_free"].value <= 7.00
    for minutes in (5, 15, 30, 60):
        assert 0.85 <= report.metrics[f"coverage90_{minutes}min"].value <= 0.95


def test_the_stations_of_los_angeles_by_the_published_windows() -> None:
    """T-GCN 5.126; persistence by these windows is 5.543."""
    report = evaluated("los_loop")
    assert report.baselines["persistence"]["rmse_rows"].value == pytest.approx(5.543, abs=0.001)
    assert report.metrics["rmse_rows"].value <= 5.10
