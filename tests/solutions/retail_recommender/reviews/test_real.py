"""What the shipped bundles promise on the public sets, measured again."""

from __future__ import annotations

import os

import pytest

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.run import evaluate_bundle, protocol_of
from lepton_core.solution import find_task

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set"),
]


@pytest.mark.parametrize(
    ("data", "parts", "floor"),
    [("chnsenticorp", (9_600, 1_200, 1_200), 0.912), ("sst2", (6_920, 872, 1_821), 0.82)],
)
def test_a_shipped_bundle_on_the_reviews_it_never_saw(
    data: str, parts: tuple[int, int, int], floor: float
) -> None:
    task = find_task("retail_recommender/reviews")
    records, _ = load_labelled(data, task, {}, lambda text: None)
    pipeline = load_bundle(task.bundle(data))
    protocol = protocol_of(pipeline, data)
    split = protocol.split(records)
    assert (len(split.train), len(split.valid), len(split.test)) == parts
    report = evaluate_bundle(pipeline, records, data, protocol)
    for key, figure in report.metrics.items():
        assert figure.value == pytest.approx(pipeline.card["metrics"][key]["value"], abs=1e-3)
    accuracy = report.metrics["accuracy"]
    assert accuracy.value >= floor
    assert accuracy.value > report.baselines["bag_of_words"]["accuracy"].value
    assert report.metrics["ece"].value < 0.05
