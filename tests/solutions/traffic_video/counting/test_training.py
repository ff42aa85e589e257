"""Bundles by each detector, from the command line's own functions; tiny ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.evaluation.run import find_protocol
from lepton_core.settings import apply_settings
from lepton_core.training.run import make_bundle
from solutions.traffic_video.counting.config import Config, ModelConfig
from solutions.traffic_video.counting.examples import of_records, rendered
from solutions.traffic_video.counting.sample import generate
from solutions.traffic_video.counting.targets import UNKNOWN
from solutions.traffic_video.counting.task import TASK

from .test_detectors import onnx_file

TINY = ["size=[64,96]", "clips=2", "seconds=1.6", "every=8", "epochs=1", "channels=4", "batch=2"]


@pytest.fixture(scope="module")
def records() -> pa.Table:
    return generate(seconds=1.6, width=96, height=64)


def bundle_of(records: pa.Table, settings: list[str], folder: Path):  # type: ignore[no-untyped-def]
    config = apply_settings(Config(), settings)
    made = make_bundle(
        TASK,
        records,
        find_protocol(TASK, "road_sample", config),
        config,
        seed=0,
        out=folder / "made",
        data={"name": "road_sample", "source": "-", "licence": "-"},
        command="lepton train",
        note=lambda line: None,
        folder=folder / "run",
    )
    return load_bundle(made)


def test_a_bundle_without_a_network_holds_no_model(records: pa.Table, tmp_path: Path) -> None:
    pipeline = bundle_of(records, ["detector=classical"], tmp_path)
    assert not pipeline.runtime.roles()
    assert pipeline.card["training"]["detector"] == "classical"
    assert pipeline.card["metrics"]["f_measure"]["value"] >= 0
    assert len(pipeline.score(records)) == records.num_rows


def test_a_detector_of_your_own_is_taken_into_the_bundle(records: pa.Table, tmp_path: Path) -> None:
    answer = np.zeros((1, 6, 10), np.float32)
    answer[0, :, 0] = 80, 80, 40, 30, 0.9, 0.0
    path = onnx_file(tmp_path / "mine.onnx", [1, 3, 160, 160], answer)
    pipeline = bundle_of(records, [f"detector={path}"], tmp_path)
    path.unlink()
    found = pipeline.score(records.slice(0, 4))
    assert len(found) == 4
    assert pipeline.card["training"]["detector"] == "mine.onnx"
    assert str(tmp_path) not in (tmp_path / "made" / "preprocessor.json").read_text()


def test_examples_are_what_scoring_shows(records: pa.Table) -> None:
    config = Config(model=ModelConfig(size=(64, 96), seconds=4.0, every=8))
    some = rendered(config, seed=1, clips=1)
    assert some.x.shape[1:] == (64, 96, 7)
    assert some.vehicle.shape == some.core.shape == (len(some), 32, 48)
    assert set(np.unique(some.vehicle)) <= {0, 1, UNKNOWN}
    is_vehicle = some.vehicle == 1
    assert is_vehicle.any()
    assert (some.core == 1)[is_vehicle].any()
    # At half the size a core may reach a pixel further than the mask.
    near = np.array(
        [cv2.dilate((one == 1).astype(np.uint8), np.ones((3, 3))) for one in some.vehicle]
    )
    assert not (some.core == 1)[near == 0].any(), "a core lies within its vehicle"
    assert some.weight.min() == 1
    assert (some.weight[is_vehicle] >= 1).all()
    wanted = np.arange(records.num_rows) >= 8
    recorded = of_records(config, records, wanted)
    assert len(recorded) == 4
    assert (recorded.weight == 1).all()
    assert (recorded.core == UNKNOWN).all(), "whose is whose is not known from a mask"


@pytest.mark.slow
def test_a_network_learns_and_is_exported(records: pa.Table, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    pipeline = bundle_of(records, TINY, tmp_path)
    assert pipeline.runtime.roles() == ("main",)
    assert len(pipeline.score(records)) == records.num_rows
    other = generate(seconds=0.4, width=160, height=96)
    assert len(pipeline.score(other)) == other.num_rows, "any size of picture is taken"
