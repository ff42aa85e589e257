"""Weights of 8 bits: a small file that computes what the model computes, and no other model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from lepton_core._keras import keras  # noqa: E402
from lepton_core.export.onnx import export_onnx  # noqa: E402
from lepton_core.export.rounding import pack_rounded, round_weights  # noqa: E402


def network() -> keras.Model:
    """A convolution with a normalisation that a converter multiplies into it, and a matrix."""
    keras.utils.set_random_seed(0)
    x = keras.Input((16, 16, 32), name="x")
    y = keras.layers.Conv2D(64, 3, padding="same", use_bias=False, name="conv")(x)
    norm = keras.layers.BatchNormalization(name="norm")
    y = keras.layers.ReLU()(norm(y))
    model = keras.Model(x, keras.layers.Dense(64, name="y")(keras.layers.Flatten()(y)))
    rng = np.random.default_rng(0)
    norm.set_weights([rng.uniform(0.2, 3, 64), rng.normal(size=64)] + [rng.uniform(1, 9, 64)] * 2)
    return model


def packed(path: Path) -> set[str]:
    """Names of what the graph keeps as whole numbers."""
    tensors = onnx.load(path).graph.initializer
    return {one.name for one in tensors if one.data_type == onnx.TensorProto.INT8}


def test_a_rounded_model_is_a_quarter_as_large_and_computes_the_same(tmp_path: Path) -> None:
    model = network()
    export_onnx(model, tmp_path / "whole.onnx")
    assert round_weights(model) == 3 * 3 * 32 * 64 + 16 * 16 * 64 * 64
    # The gate compares it with the Keras model before it writes.
    export_onnx(model, tmp_path / "rounded.onnx", tolerance=1e-5)
    assert len(packed(tmp_path / "rounded.onnx")) == 2
    sizes = [(tmp_path / f"{name}.onnx").stat().st_size for name in ("rounded", "whole")]
    assert sizes[0] < 0.27 * sizes[1]


def test_a_model_that_was_not_rounded_keeps_every_bit(tmp_path: Path) -> None:
    export_onnx(network(), tmp_path / "main.onnx", tolerance=1e-5)
    assert not packed(tmp_path / "main.onnx")


def test_no_weight_moves_by_more_than_half_a_step_of_its_channel() -> None:
    model = network()
    before = np.array(model.get_layer("conv").kernel)
    bias = np.array(model.get_layer("y").bias)
    round_weights(model)
    after = np.array(model.get_layer("conv").kernel)
    top = np.abs(before).max(axis=(0, 1, 2))
    assert (np.abs(after - before) <= top / 127 + 1e-9).all()
    assert (after != before).any()
    assert np.array_equal(np.array(model.get_layer("y").bias), bias)


def test_a_channel_of_nothing_stays_nothing() -> None:
    model = network()
    kernel = np.array(model.get_layer("conv").kernel)
    kernel[..., 5] = 0
    model.get_layer("conv").kernel.assign(kernel)
    round_weights(model)
    assert (np.array(model.get_layer("conv").kernel)[..., 5] == 0).all()


def test_a_matrix_of_one_column_is_not_taken_for_a_rounded_one() -> None:
    weights = np.random.default_rng(0).normal(size=(5000, 1)).astype(np.float32)
    tensor = onnx.numpy_helper.from_array(weights, "w")
    graph = onnx.helper.make_graph([], "g", [], [], [tensor])
    assert pack_rounded(onnx.helper.make_model(graph)) == 0


def test_vectors_of_an_embedding_are_rounded_place_by_place(tmp_path: Path) -> None:
    x = keras.Input((3,), dtype="int32", name="x")
    y = keras.layers.Flatten(name="y")(keras.layers.Embedding(100, 64, name="table")(x))
    model = keras.Model(x, y)
    assert round_weights(model) == 6400
    table = np.array(model.get_layer("table").embeddings)
    assert max(len(np.unique(column)) for column in table.T) <= 255
    some = np.random.default_rng(0).integers(0, 100, (9, 3)).astype(np.int32)
    export_onnx(model, tmp_path / "main.onnx", tolerance=1e-5, examples={"x": some})
    assert len(packed(tmp_path / "main.onnx")) == 1
