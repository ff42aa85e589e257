"""A network that begins with another's weights takes over what is alike, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core._keras import keras
from lepton_core.errors import UsageError
from lepton_core.models.residual import residual_stages, stage_outputs
from lepton_core.training.transfer import begin_with, begin_with_bundle

pytestmark = pytest.mark.filterwarnings("ignore")


def network(widths: tuple[int, ...], classes: int, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    x = keras.Input((32, 32, 1), name="x")
    pooled = keras.layers.GlobalAveragePooling2D()(residual_stages(x, widths, blocks=1)[-1])
    return keras.Model(x, keras.layers.Dense(classes, name="head")(pooled))


def test_the_same_body_gives_the_same_features_and_the_head_its_own() -> None:
    old, new = network((16, 32), 3, seed=0), network((16, 32), 5, seed=1)
    head = new.get_layer("head").get_weights()[0]
    taken = begin_with(new, old)
    x = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 1)).astype(np.uint8)
    bodies = [keras.Model(m.input, stage_outputs(m)[-1]) for m in (old, new)]
    features = [body.predict(x, verbose=0) for body in bodies]
    np.testing.assert_array_equal(*features)
    np.testing.assert_array_equal(new.get_layer("head").get_weights()[0], head)
    assert "head" not in taken


def test_layers_of_other_widths_keep_their_own_start() -> None:
    old, new = network((16, 32), 3, seed=0), network((16, 48), 3, seed=1)
    taken = begin_with(new, old)
    assert any(name.startswith("stage1") for name in taken)
    assert not any(name.startswith("stage2_block1_conv") for name in taken)


def test_a_bundle_without_a_like_layer_is_told() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, keras.layers.Dense(1, name="nothing_like_it")(x))
    with pytest.raises(UsageError) as told:
        begin_with_bundle(model, "medical_imaging/xray@sample")
    assert told.value.key == "train.no_start"
