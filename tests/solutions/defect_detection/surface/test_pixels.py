"""Learning pixels: what a tile's most defective place tells, and what weighs in the loss."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core._keras import keras
from solutions.defect_detection.surface.config import ModelConfig
from solutions.defect_detection.surface.model import build
from solutions.defect_detection.surface.model_pixels import pixel_evidence, pixel_loss

CLASSES, SIDE = 2, 32


def tile(*defects: tuple[int, int, int, int]) -> np.ndarray:
    """Truth of a tile float32 [1, h, w, 2 + C] with rectangles of the first class."""
    truth = np.zeros((1, SIDE, SIDE, 2 + CLASSES), np.float32)
    truth[..., 0] = truth[..., -1] = 1
    for x0, y0, x1, y1 in defects:
        truth[:, y0:y1, x0:x1, :2] = 0, 1
    return truth


def logits(*found: tuple[int, int, int, int]) -> np.ndarray:
    """What a network says that is quite sure of these rectangles and of nothing else."""
    return 8 * tile(*found)[..., :-1]


def loss(truth: np.ndarray, told: np.ndarray) -> float:
    return float(keras.ops.convert_to_numpy(pixel_loss(truth, told))[0])


def test_a_missed_crack_weighs_about_as_much_as_a_missed_large_defect() -> None:
    crack, large = (4, 4, 5, 28), (4, 4, 28, 28)
    missed = [loss(tile(defect), logits()) for defect in (crack, large)]
    assert missed[0] == pytest.approx(missed[1], rel=0.6)
    assert loss(tile(crack), logits(crack)) < 0.01 * missed[0]


def test_one_invented_spot_on_a_sound_tile_is_not_lost_among_its_sound_pixels() -> None:
    assert loss(tile(), logits((10, 10, 14, 14))) > 100 * loss(tile(), logits())


def test_evidence_is_that_of_the_most_defective_cells_whatever_the_size_of_the_defect() -> None:
    sound, crack, large = logits(), logits((8, 8, 12, 9)), logits((8, 8, 30, 30))
    told = keras.ops.convert_to_numpy(pixel_evidence(np.concatenate([sound, crack, large])))
    of_one, of_four, of_sixteen = told.reshape(3, 3, CLASSES)[..., 0].T
    assert of_one == pytest.approx([-8, 8, 8])
    assert of_four == pytest.approx([-8, 8, 8])
    assert of_sixteen == pytest.approx([-8, (4 * 8 - 12 * 8) / 16, 8])
    assert (told.reshape(3, 3, CLASSES)[..., 1] <= 0).all(), "the other class is seen nowhere"


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_the_class_of_a_tile_does_not_pull_at_its_pixels() -> None:
    config = ModelConfig(filters=(16, 16), blocks=1, width=16)
    model = build(config, (SIDE, SIDE, 1), CLASSES, boxes=False, pixels=True)
    whole = keras.Model(model.input, model.output["image"])
    whole.compile(keras.optimizers.SGD(1.0), keras.losses.CategoricalCrossentropy(from_logits=True))
    learned = {name: model.get_layer(name).get_weights()[0] for name in ("pixels", "image_logits")}
    tiles = np.random.default_rng(0).integers(0, 255, (4, SIDE, SIDE, 1)).astype(np.uint8)
    whole.fit(tiles, np.eye(1 + CLASSES, dtype=np.float32)[[1, 0, 2, 1]], verbose=0)
    moved = {
        name for name in learned if (model.get_layer(name).get_weights()[0] != learned[name]).any()
    }
    assert moved == {"image_logits"}
