"""``lc.layers`` has every Keras layer and ours; ours keep to what a layer must."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from lepton_core import layers
from lepton_core.testing.layers import check_layer

MEAN = [10.0, -5.0, 0.5]
STD = [2.0, 0.25, 4.0]


@pytest.fixture
def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(MEAN, STD, size=(50, 3)).astype("float32")


def adapted() -> layers.Affine:
    layer = layers.Affine()
    layer.set_statistics(MEAN, STD)
    return layer


def test_every_keras_layer_is_there_and_is_keras() -> None:
    for name in (name for name in dir(keras.layers) if not name.startswith("_")):
        assert getattr(layers, name) is getattr(keras.layers, name)
    assert {"Affine", "Conv2D", "GRU"} <= set(dir(layers))
    with pytest.raises(AttributeError, match=r"'lepton_core.layers' has no attribute 'Conv9D'"):
        layers.Conv9D  # noqa: B018


def test_a_star_import_brings_them_all() -> None:
    names: dict[str, object] = {}
    exec("from lepton_core.layers import *", names)
    assert names["Affine"] is layers.Affine
    assert names["MaxPooling2D"] is keras.layers.MaxPooling2D


@pytest.mark.parametrize("shape", [(3,), (5, 3), (4, 4, 3)])
def test_affine_keeps_to_what_a_layer_must(shape) -> None:
    check_layer(layers.Affine, {"name": "norm"}, input_shape=shape, output_shape=shape)


def test_affine_centres_and_scales(rows) -> None:
    scaled = np.asarray(adapted()(rows))
    np.testing.assert_allclose(scaled, (rows - MEAN) / STD, rtol=1e-5, atol=1e-6)


def test_affine_agrees_with_keras_normalization(rows) -> None:
    theirs = keras.layers.Normalization()
    theirs.adapt(rows)
    ours = layers.Affine()
    ours.set_statistics(rows.mean(axis=0), rows.std(axis=0))
    np.testing.assert_allclose(ours(rows), theirs(rows), rtol=1e-4, atol=1e-5)


def test_a_feature_that_never_varied_is_only_centred() -> None:
    layer = layers.Affine()
    layer.set_statistics([7.0], [0.0])
    np.testing.assert_array_equal(layer(np.array([[7.0], [8.0]], "float32")), [[0.0], [1.0]])


def test_affine_is_the_identity_until_it_is_set_and_is_never_trained(rows) -> None:
    layer = layers.Affine()
    np.testing.assert_array_equal(layer(rows), rows)
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == 2


@pytest.mark.parametrize(
    ("mean", "std", "problem"),
    [
        ([0.0, 1.0], [1.0], "vectors of one length"),
        (0.0, 1.0, "vectors of one length"),
        ([float("nan")], [1.0], "finite"),
        ([0.0], [float("inf")], "finite"),
        ([0.0], [-1.0], "not negative"),
    ],
)
def test_statistics_that_make_no_sense_are_refused(mean, std, problem) -> None:
    with pytest.raises(ValueError, match=problem):
        layers.Affine().set_statistics(mean, std)


def test_statistics_for_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match="built for 3 features"):
        adapted().set_statistics([0.0], [1.0])


def test_statistics_travel_with_the_weights(rows, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), adapted()])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(rows), model(rows))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf2onnx reads TensorFlow")
def test_affine_exports_to_onnx_with_no_input_but_the_models_own(rows, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    tensor = keras.Input((3,), name="features")
    model = keras.Model(tensor, keras.layers.Dense(2)(adapted()(tensor)))
    expected = np.asarray(model(rows))
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    assert [entry.name for entry in session.get_inputs()] == ["features"]
    for size in (1, 4, 9):
        (received,) = session.run(None, {"features": rows[:size]})
        np.testing.assert_allclose(received, expected[:size], rtol=1e-4, atol=1e-5)


# check_layer itself


@keras.saving.register_keras_serializable(package="lepton_tests")
class Forgetful(keras.layers.Layer):
    def __init__(self, factor: float = 1.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return inputs * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": 1.0}


class Unregistered(keras.layers.Layer):
    def call(self, inputs):
        return inputs


@keras.saving.register_keras_serializable(package="lepton_tests")
class AcrossTheBatch(keras.layers.Layer):
    def call(self, inputs):
        return inputs - keras.ops.mean(inputs, axis=0, keepdims=True)


@keras.saving.register_keras_serializable(package="lepton_tests")
class NoGradient(keras.layers.Layer):
    def build(self, input_shape):
        self.gain = self.add_weight(shape=(), initializer="ones", name="gain")

    def call(self, inputs):
        return inputs * keras.ops.stop_gradient(self.gain) + 0.0 * keras.ops.sum(self.gain)


@keras.saving.register_keras_serializable(package="lepton_tests")
class WrongShape(keras.layers.Layer):
    def call(self, inputs):
        return inputs[:, :1]

    def compute_output_shape(self, input_shape):
        return input_shape


@pytest.mark.parametrize(
    ("kind", "options", "problem"),
    [
        (Forgetful, {"factor": 3.0}, "after saving and loading"),
        (Unregistered, {}, "register_keras_serializable"),
        (AcrossTheBatch, {}, "a record comes alone"),
        (NoGradient, {}, "no gradient reaches gain"),
        (WrongShape, {}, "announces"),
    ],
)
def test_check_layer_names_the_broken_rule(kind, options, problem) -> None:
    with pytest.raises(AssertionError, match=problem):
        check_layer(kind, options, input_shape=(3,))


def test_check_layer_accepts_keras_layers() -> None:
    check_layer(keras.layers.Dense, {"units": 5}, input_shape=(3,), output_shape=(5,))
    check_layer(keras.layers.GRU, {"units": 2}, input_shape=(4, 3), output_shape=(2,))
    tokens = np.arange(20).reshape(4, 5) % 7
    options = {"input_dim": 7, "output_dim": 2}
    check_layer(keras.layers.Embedding, options, input_shape=(5,), inputs=tokens)


def test_a_place_of_causal_attention_knows_itself_and_what_came_before() -> None:
    rng = np.random.default_rng(0)
    h = rng.normal(size=(2, 6, 4)).astype("float32")
    there = np.array([[0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]], "float32")
    layer = layers.CausalAttention(heads=2, length=3)
    before = np.asarray(layer(h, there))
    later, padded = h.copy(), h.copy()
    later[:, 4:] += 1
    padded[0, :2] += 1
    held = there[:, :4] > 0
    np.testing.assert_allclose(np.asarray(layer(later, there))[:, :4][held], before[:, :4][held])
    assert np.abs(np.asarray(layer(later, there))[:, 4:] - before[:, 4:]).min() > 0
    np.testing.assert_allclose(layer(padded, there)[:, 2:], before[:, 2:], atol=1e-6)
    assert layers.CausalAttention.from_config(layer.get_config()).get_config() == layer.get_config()


def test_padding_is_told_from_codes_and_the_last_place_is_taken() -> None:
    codes = np.array([[0, 0, 5], [3, 1, 2]], "int32")
    np.testing.assert_array_equal(layers.Known()(codes), [[0, 0, 1], [1, 1, 1]])
    h = np.arange(12, dtype="float32").reshape(2, 3, 2)
    np.testing.assert_array_equal(layers.LastPlace()(h), [[4, 5], [10, 11]])
