"""What is told at the end of a training."""

from __future__ import annotations

from typing import Any

import pytest

from lepton_core.training.outcome import told


def figure(value: float) -> dict[str, Any]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1, "parts": []}


@pytest.mark.parametrize(
    ("metrics", "baseline", "is_warned"),
    [
        ({"auc": 0.9}, {"auc": 0.8}, False),
        ({"auc": 0.7}, {"auc": 0.8}, True),
        ({"auc": 0.8}, {"auc": 0.8}, True),
        # Less is better, and the mean is no good figure to have met by chance.
        ({"mae": 2.0}, {"mae": 3.0}, False),
        ({"mae": 3.0}, {"mae": 2.0}, True),
        # One figure that is better is worth something.
        ({"auc": 0.7, "f1": 0.9}, {"auc": 0.8, "f1": 0.5}, False),
        # Nothing to compare with, or nothing that can be compared.
        ({"auc": 0.1}, {}, False),
        ({"coverage90": 0.5}, {"coverage90": 0.9}, False),
    ],
)
def test_a_bundle_no_better_than_a_baseline_is_told(metrics, baseline, is_warned: bool) -> None:
    card = {
        "metrics": {key: figure(value) for key, value in metrics.items()},
        "baselines": {"plain": {key: figure(value) for key, value in baseline.items()}},
    }
    lines = told(card, [*metrics, "not_measured"])
    assert [line.split()[0] for line in lines[: len(metrics)]] == list(metrics)
    assert any(line.startswith("Warning: ") for line in lines) is is_warned


def test_the_best_baseline_stands_beside_a_figure() -> None:
    baselines = {"worst": 5.0, "best": 2.0, "middle": 3.0}
    card = {
        "metrics": {"mae": figure(1.5)},
        "baselines": {name: {"mae": figure(value)} for name, value in baselines.items()},
    }
    assert told(card, ["mae"]) == ["mae 1.5000 [1.4000, 1.6000]; baseline best 2.0000"]
