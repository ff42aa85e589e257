"""What stands in a trained network: weights of 8 bits, unless somebody wants them whole."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.export.rounding import round_weights
from solutions.defect_detection.surface.config import ModelConfig, Moves
from solutions.defect_detection.surface.model import train
from solutions.defect_detection.surface.model_batches import Tiles


@pytest.mark.parametrize("rounded", [True, False])
def test_a_trained_network_is_rounded_already_or_not_at_all(rounded: bool) -> None:
    x = np.random.default_rng(0).integers(0, 255, (4, 32, 32, 1)).astype(np.uint8)
    config = ModelConfig(
        filters=(16, 32), blocks=1, width=16, epochs=1, batch_size=4, rounded=rounded
    )
    model = train(Tiles(x, np.array([0, 1, 0, 1]), ("dent",)), config, None, Moves(), 0)
    before = model.get_weights()
    assert round_weights(model) > 0
    after = model.get_weights()
    assert rounded == all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
