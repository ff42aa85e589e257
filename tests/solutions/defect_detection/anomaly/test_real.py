"""What the shipped bundle promises on real tiles, measured again on some of its test pictures."""

from __future__ import annotations

import os

import numpy as np
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.data.labelled import load_labelled
from lepton_core.evaluation.run import measure, protocol_of
from lepton_core.solution import find_task

DATA = "magnetic_tile"
EVERY = 3
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set"),
]


def test_the_shipped_bundle_on_a_third_of_its_test_pictures() -> None:
    task = find_task("defect_detection/anomaly")
    records, _ = load_labelled(DATA, task, {}, print)
    pipeline = load_bundle(task.bundle(DATA))
    protocol = protocol_of(pipeline, DATA)
    records = protocol.with_truth(records)
    split = protocol.split(records)
    labels = np.array(records["label"].to_pylist())
    assert set(labels[split.train]) == set(labels[split.valid]) == {"good"}
    some = split.test[::EVERY]
    figures, n = measure(pipeline, records, some)
    # Real pictures of the product, defective ones too, are judged and not refused.
    assert n >= 0.97 * len(some)
    for key in ("image_auroc", "false_reject", "escape"):
        stated = pipeline.card["metrics"][key]
        assert stated["low"] <= figures[key].value <= stated["high"], key
    # A flipped score or a threshold that is not the bundle's would fall out of these.
    assert figures["image_auroc"].value > 0.7
    assert figures["false_reject"].value < 0.2
