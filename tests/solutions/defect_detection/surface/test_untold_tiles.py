"""A part of which only the class is known: its defects, which nobody marked, are no background."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core._keras import keras
from lepton_core.tiles import TileGrid
from solutions.defect_detection.surface.config import Moves
from solutions.defect_detection.surface.learning import BOXES, MASK, Part
from solutions.defect_detection.surface.model_batches import UNTOLD, TileBatches, Tiles
from solutions.defect_detection.surface.model_boxes import BoxLoss, place_centres
from solutions.defect_detection.surface.model_pixels import pixel_loss
from solutions.defect_detection.surface.preprocessing import Preprocessor
from solutions.defect_detection.surface.training import tiles_to_learn

SIDE, CLASSES = 32, ("dent", "scratch")
CENTRES = place_centres(4, 4, 8)


def tiles(told: list[bool], masks: bool = False) -> Tiles:
    n = len(told)
    box = np.array([[1, 4, 4, 20, 20]], np.float32)
    return Tiles(
        np.random.default_rng(0).integers(0, 255, (n, SIDE, SIDE, 1)).astype(np.uint8),
        np.ones(n, np.int64),
        CLASSES,
        boxes=None if masks else [box if known else box[:0] for known in told],
        masks=np.zeros((n, SIDE, SIDE), np.uint8) if masks else None,
        told=np.array(told),
    )


def batches(given: Tiles) -> TileBatches:
    return TileBatches(given, len(given), 0, Moves(), None, 4, 0.0, False)


def places(truth: np.ndarray) -> np.ndarray:
    """A network that is sure of a dent everywhere: wrong wherever there is none."""
    boxes = np.concatenate([CENTRES - 8, CENTRES + 8], axis=1)
    said = np.concatenate([boxes, np.full((len(CENTRES), 2), 4.0)], axis=1)
    return np.repeat(said[None], len(truth), axis=0).astype(np.float32)


def test_nothing_said_about_a_tile_that_nobody_marked_is_wrong() -> None:
    _, targets = batches(tiles([True, False]))[0]
    truth = targets["candidates"]
    loss = keras.ops.convert_to_numpy(BoxLoss(CENTRES, 2)(truth, places(truth)))
    untold = truth[:, 0, 0] == UNTOLD
    assert untold.sum() == 1
    assert loss[untold] == 0
    assert loss[~untold] > 0.1
    # Its class is learned all the same.
    assert targets["image"][untold, 1] == 1


def test_a_good_tile_is_told_to_have_no_box() -> None:
    good = Tiles(
        np.zeros((1, SIDE, SIDE, 1), np.uint8),
        np.zeros(1, np.int64),
        CLASSES,
        boxes=[np.zeros((0, 5), np.float32)],
    )
    truth = batches(good)[0][1]["candidates"]
    assert (truth[..., 0] == 0).all()
    assert keras.ops.convert_to_numpy(BoxLoss(CENTRES, 2)(truth, places(truth)))[0] > 0.1


def test_pixels_that_nobody_marked_do_not_count() -> None:
    targets = batches(tiles([False, False], masks=True))[0][1]["pixels"]
    assert (targets[..., -1] == 0).all()
    wrong = np.zeros((*targets.shape[:-1], 3), np.float32)
    wrong[..., 1] = 9.0
    assert keras.ops.convert_to_numpy(pixel_loss(targets, wrong)) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("kind", [BOXES, MASK])
def test_of_a_part_with_a_defect_that_nobody_marked_the_class_is_learned(kind: str) -> None:
    box, mask = np.array([[1, 4, 4, 20, 20]], np.float32), np.zeros((SIDE, SIDE), np.uint8)
    picture = np.full((SIDE, SIDE, 1), 90, np.uint8)
    marked = Part(0, picture, 1, box, mask)
    unmarked = Part(1, picture, 2, None, None)
    large = Part(2, np.tile(picture, (1, 2, 1)), 2, None, None)
    preprocessor = Preprocessor(TileGrid(SIDE, SIDE, 0), 1)
    # Of a large one nobody knows which of its tiles shows the defect.
    found = tiles_to_learn([marked, unmarked, large], ("good", *CLASSES), preprocessor, kind)
    assert found.told is not None
    assert found.told.tolist() == [True, False]
    assert found.image.tolist() == [1, 2]
