"""Bundles by each detector, from the command line's own functions; tiny ones."""

from __future__ import annotations

import itertools
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
from solutions.traffic_video.counting.examples import of_records, rendered, scene_of
from solutions.traffic_video.counting.model_batches import ExampleBatches, varied
from solutions.traffic_video.counting.sample import generate
from solutions.traffic_video.counting.scenes.rendering import render
from solutions.traffic_video.counting.size_classes import OF_KIND
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
    # It is asked about every second frame alone; the others have a row all the same.
    without = records.drop_columns(["mask"]).slice(0, 8)
    session = pipeline.open_session()
    single = [session.step(without.slice(k, 1)).columns["vehicles"][0].as_py() for k in range(8)]
    assert pipeline.score(without).columns["vehicles"].to_pylist() == single


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
    assert not (some.ids[~is_vehicle] > 0).any(), "who it is is known of vehicles alone"
    assert (some.ids[is_vehicle] > 0).all()
    assert set(np.unique(some.size[is_vehicle])) <= {0, 1, 2}
    assert (some.size[~is_vehicle] == UNKNOWN).all()
    assert some.weight.min() == 1
    assert (some.weight[is_vehicle] >= 1).all()
    wanted = np.arange(records.num_rows) >= 8
    recorded = of_records(config, records, wanted)
    assert len(recorded) == 4
    assert (recorded.weight == 1).all()
    assert (recorded.core == UNKNOWN).all(), "whose is whose is not known from a mask"
    assert not recorded.ids.any()


@pytest.mark.slow
def test_a_network_learns_and_is_exported(records: pa.Table, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    pipeline = bundle_of(records, TINY, tmp_path)
    assert pipeline.runtime.roles() == ("main",)
    assert len(pipeline.score(records)) == records.num_rows
    other = generate(seconds=0.4, width=160, height=96)
    assert len(pipeline.score(other)) == other.num_rows, "any size of picture is taken"


def test_a_part_of_a_picture_tells_the_boxes_of_what_it_shows(records: pa.Table) -> None:
    """A vehicle that the part's edge cuts ends there: what lies beyond cannot be told."""
    config = Config(model=ModelConfig(size=(64, 96), seconds=4.0, every=8))
    some = rendered(config, seed=1, clips=2)
    batches = ExampleBatches(some, len(some), seed=3)
    x, y = batches[0]
    height, width = y["box"].shape[1:3]
    assert x.shape[1:3] == (2 * height, 2 * width)
    assert (height, width) < (32, 48)
    sides, counts = y["box"][..., :4], y["box"][..., 4]
    size, is_known = y["size"][..., :3], y["size"][..., 3] > 0
    assert size.shape[1:3] == (height // 2, width // 2)
    assert (size[is_known].sum(axis=-1) == 1).all()
    assert np.array_equal(is_known, (counts > 0)[:, ::2, ::2])
    across, down = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    is_one = counts > 0
    assert is_one.any()
    assert np.array_equal(is_one, y["vehicle"][..., 0] == 1)
    for side, place, end in ((0, across, 0.0), (1, down, 0.0)):
        assert (np.broadcast_to(place - sides[..., side], is_one.shape)[is_one] >= end).all()
    for side, place, end in ((2, across, width), (3, down, height)):
        assert (np.broadcast_to(place + sides[..., side], is_one.shape)[is_one] <= end).all()


def test_the_size_of_a_vehicle_is_that_of_its_kind() -> None:
    config = Config(model=ModelConfig(size=(64, 96), seconds=4.0, every=8))
    some = rendered(config, seed=1, clips=1)
    scene = scene_of(config, 1, "day")
    kinds = {one.id: one.kind for frame in render(scene) for one in frame.vehicles}
    seen = set(np.unique(some.ids).tolist()) & set(kinds)
    assert seen
    for number in seen:
        assert set(some.size[some.ids == number].tolist()) == {OF_KIND[kinds[number]]}


def test_a_dark_picture_varies_in_the_dark() -> None:
    """Around a fixed brightness a night would turn black or grey, which none is."""
    rng = np.random.default_rng(0)
    night = rng.integers(4, 24, (16, 64, 96, 7), dtype=np.uint8)
    told = {"vehicle": np.zeros((16, 32, 48), np.uint8)}
    shown, _ = varied(night, told, rng)
    light = shown[..., :6].mean(axis=(1, 2, 3))
    assert (light > 0.5 * night[..., :6].mean()).all()
    assert (light < 1.6 * night[..., :6].mean()).all()
    assert (shown[..., :6] == 0).mean() < 0.05
    assert light.std() > 0.5


def test_the_loss_of_a_box_is_its_share_that_is_wrong_whatever_its_size() -> None:
    keras = pytest.importorskip("keras")
    from solutions.traffic_video.counting.model import box_loss

    def loss(told: float, answered: float, counts: float = 1.0) -> float:
        truth = np.full((1, 2, 2, 5), told, np.float32)
        truth[..., 4] = counts
        raw = np.full((1, 2, 2, 4), np.log(answered / 8.0), np.float32)
        return float(keras.ops.convert_to_numpy(box_loss(truth, raw))[0])

    assert loss(12.0, 12.0) == pytest.approx(0.0, abs=1e-5)
    assert loss(40.0, 20.0) == pytest.approx(loss(80.0, 40.0), rel=0.02)
    assert loss(40.0, 20.0) > loss(40.0, 30.0) > 0.1
    assert loss(40.0, 20.0, counts=0.0) == 0.0


def test_each_side_of_a_box_is_learned_as_that_side() -> None:
    keras = pytest.importorskip("keras")
    from solutions.traffic_video.counting.model import box_loss

    sides = [3.0, 9.0, 14.0, 5.0]
    truth = np.array([[[[*sides, 1.0]]]], np.float32)
    losses = {
        order: float(
            keras.ops.convert_to_numpy(
                box_loss(truth, np.log(np.array([[[[sides[k] for k in order]]]], np.float32) / 8))
            )[0]
        )
        for order in itertools.permutations(range(4))
    }
    assert losses[0, 1, 2, 3] == pytest.approx(0.0, abs=1e-5)
    assert sorted(losses.values())[1] > 0.05


def test_the_loss_of_a_size_counts_what_is_known() -> None:
    keras = pytest.importorskip("keras")
    from solutions.traffic_video.counting.model import size_loss

    def loss(logits: list[float], counts: float) -> float:
        truth = np.array([[[[0, 0, 1, counts]]]], np.float32)
        found = size_loss(truth, np.array([[[logits]]], np.float32))
        return float(keras.ops.convert_to_numpy(found)[0])

    assert loss([0, 0, 9], 4.0) < 0.01 < loss([0, 0, 0], 4.0) < loss([9, 0, 0], 4.0)
    assert loss([9, 0, 0], 0.0) == 0.0


def test_dark_pictures_are_shown_as_if_by_more_light_and_bright_ones_as_they_are() -> None:
    keras = pytest.importorskip("keras")
    from solutions.traffic_video.counting.model import brightened

    rng = np.random.default_rng(0)
    for level, low, high in ((0.05, 0.15, 0.4), (0.4, 0.39, 0.41)):
        pictures = rng.uniform(0.8 * level, 1.2 * level, (2, 8, 8, 6)).astype(np.float32)
        pictures[0, 0, 0], pictures[0, 0, 1] = 0.0, 1.0
        lit = keras.ops.convert_to_numpy(brightened(pictures))
        assert low < np.median(lit) < high
        assert lit[0, 0, 0].max() == 0.0
        assert lit[0, 0, 1].min() == pytest.approx(1.0)
        order = np.argsort(pictures[1].ravel())
        assert (np.diff(lit[1].ravel()[order]) >= 0).all()
