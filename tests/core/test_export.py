"""An exported file is the model, or there is no file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lepton_core._keras import keras
from lepton_core.errors import ExportError
from lepton_core.export import onnx as exporting
from lepton_core.export.onnx import export_onnx
from lepton_core.runtime.onnx import OnnxRuntime

onnx = pytest.importorskip("onnx")
layers, ops = keras.layers, keras.ops

# What one recurrent step may cost: no loop, nothing that the runtime must iterate over.
STEP_OPS = {"MatMul", "Gemm", "Add", "Sub", "Mul", "Sigmoid", "Tanh"}
STEP_OPS |= {"Split", "Slice", "Squeeze", "Concat", "Reshape", "Relu", "Identity"}


def small_cnn() -> keras.Model:
    image = keras.Input((12, 12, 1), name="image")
    hidden = layers.Conv2D(4, 3, activation="relu")(image)
    hidden = layers.BatchNormalization(name="norm")(hidden)
    hidden = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(hidden))
    return keras.Model(image, layers.Dense(2, activation="softmax", name="score")(hidden))


def sequence_gru() -> keras.Model:
    x = keras.Input((None, 3), name="x")
    hidden = layers.GRU(4, return_sequences=True)(x)
    return keras.Model(x, {"score": layers.Dense(1)(hidden)[..., 0]})


def gru_cell_step() -> keras.Model:
    x, h = keras.Input((3,), name="x"), keras.Input((4,), name="h")
    h_new, _ = layers.GRUCell(4)(x, [h])
    joined = layers.Concatenate()([h_new, x])
    score = layers.Dense(1)(layers.Dense(8, activation="relu")(joined))
    return keras.Model({"x": x, "h": h}, {"score": score[:, 0], "h_new": h_new})


def dense_step() -> keras.Model:
    x, h = keras.Input((3,), name="x"), keras.Input((4,), name="h")
    gates_x, gates_h = layers.Dense(12)(x), layers.Dense(12)(h)
    z = ops.sigmoid(gates_x[:, :4] + gates_h[:, :4])
    r = ops.sigmoid(gates_x[:, 4:8] + gates_h[:, 4:8])
    candidate = ops.tanh(gates_x[:, 8:] + r * gates_h[:, 8:])
    h_new = z * h + (1 - z) * candidate
    return keras.Model([x, h], [layers.Dense(1)(h_new)[:, 0], h_new])


def test_cnn_with_batch_normalization_uses_the_moving_statistics(tmp_path: Path) -> None:
    model = small_cnn()
    norm = model.get_layer("norm")
    norm.moving_mean.assign([0.5, -1.0, 2.0, 0.0])
    norm.moving_variance.assign([4.0, 0.1, 1.0, 2.0])
    export_onnx(model, tmp_path / "main.onnx")
    image = np.random.default_rng(3).random((5, 12, 12, 1), dtype="float32")
    scores = OnnxRuntime.open(tmp_path).run("main", {"image": image})["score"]
    assert np.abs(scores - model.predict_on_batch(image)).max() < 1e-5


def test_gru_runs_on_any_length_and_batch(tmp_path: Path) -> None:
    model = sequence_gru()
    export_onnx(model, tmp_path / "main.onnx")
    runtime = OnnxRuntime.open(tmp_path)
    assert runtime.input_shapes("main") == {"x": (None, None, 3)}
    for batch, length in ((2, 1), (3, 40)):
        x = np.random.default_rng(length).standard_normal((batch, length, 3)).astype("float32")
        scores = runtime.run("main", {"x": x})["score"]
        assert scores.shape == (batch, length)
        assert np.abs(scores - keras.ops.convert_to_numpy(model(x)["score"])).max() < 1e-5


@pytest.mark.parametrize("build", [gru_cell_step, dense_step])
def test_step_model_is_plain_arithmetic_with_the_declared_names(build, tmp_path: Path) -> None:
    model = build()
    names = None if isinstance(model.output, dict) else ["score", "h_new"]
    export_onnx(model, tmp_path / "step.onnx", output_names=names)
    graph = onnx.load(tmp_path / "step.onnx").graph
    assert {node.op_type for node in graph.node} <= STEP_OPS
    assert {value.name for value in graph.input} == {"x", "h"}
    assert {value.name for value in graph.output} == {"score", "h_new"}


def test_steps_with_kept_state_equal_the_whole_sequence(tmp_path: Path) -> None:
    sequence = sequence_gru()
    gru, dense = sequence.layers[1], sequence.layers[2]
    x, h = keras.Input((3,), name="x"), keras.Input((4,), name="h")
    h_new, _ = gru.cell(x, [h])
    step = keras.Model([x, h], {"score": dense(h_new)[:, 0], "h_new": h_new})
    export_onnx(step, tmp_path / "step.onnx")
    runtime = OnnxRuntime.open(tmp_path)
    events = np.random.default_rng(0).standard_normal((2, 30, 3)).astype("float32")
    whole = keras.ops.convert_to_numpy(sequence(events)["score"])
    state = np.zeros((2, 4), "float32")
    for position in range(30):
        outputs = runtime.run("step", {"x": events[:, position], "h": state})
        state = outputs["h_new"]
        assert np.abs(outputs["score"] - whole[:, position]).max() < 1e-5


def test_model_that_was_never_called_exports(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,), name="x"), layers.Dense(2, name="score")])
    export_onnx(model, tmp_path / "main.onnx")
    assert OnnxRuntime.open(tmp_path).input_shapes("main") == {"x": (None, 3)}


def test_normalization_is_refused_because_its_statistics_become_inputs(tmp_path: Path) -> None:
    x = keras.Input((3,), name="x")
    hidden = layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0])(x)
    with pytest.raises(ExportError, match="Normalization") as caught:
        export_onnx(keras.Model(x, layers.Dense(1)(hidden)), tmp_path / "main.onnx")
    assert caught.value.key == "export.inputs_differ"
    assert list(tmp_path.iterdir()) == []


def discretized() -> keras.Model:
    x = keras.Input((3,), name="x")
    bins = layers.Discretization(bin_boundaries=[0.0, 1.0])(x)
    return keras.Model(x, layers.Flatten()(layers.Embedding(3, 2)(bins)))


def looked_up() -> keras.Model:
    x = keras.Input((3,), name="x", dtype="int64")
    ids = layers.IntegerLookup(vocabulary=[10, 20])(x)
    return keras.Model(x, layers.Flatten()(layers.Embedding(3, 2)(ids)))


def subclassed() -> keras.Model:
    class Own(keras.Model):
        def call(self, x):
            return x

    return Own()


def twice_the_same_name() -> keras.Model:
    x, h = keras.Input((3,), name="x"), keras.Input((4,), name="h")
    y, state = layers.GRUCell(4)(x, [h])
    return keras.Model([x, h], [y, state[0] if isinstance(state, list) else state])


def diverged() -> keras.Model:
    x = keras.Input((3,), name="x")
    model = keras.Model(x, layers.Dense(1)(x))
    model.set_weights([np.full((3, 1), np.nan), np.zeros(1)])
    return model


@pytest.mark.parametrize(
    ("build", "key"),
    [
        (discretized, "export.lookup"),
        (looked_up, "export.lookup"),
        (subclassed, "export.not_functional"),
        (twice_the_same_name, "export.output_names"),
        (diverged, "export.not_finite"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_line(build, key: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError) as caught:
        export_onnx(build(), tmp_path / "main.onnx")
    assert caught.value.key == key
    assert key not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_reason_of_a_failed_conversion_is_told(tmp_path: Path) -> None:
    @keras.saving.register_keras_serializable(package="tests")
    class Refuses(layers.Layer):
        def call(self, x, training=None):
            if training is False:
                raise RuntimeError("this layer cannot be converted")
            return x

        def compute_output_spec(self, x, training=None):
            return keras.KerasTensor(x.shape, x.dtype)

    x = keras.Input((3,), name="x")
    with pytest.raises(ExportError, match="Refuses") as caught:
        export_onnx(keras.Model(x, Refuses()(x)), tmp_path / "main.onnx")
    assert caught.value.key == "export.failed"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("lie", [0.01, float("nan")])
def test_a_lying_export_is_refused_and_the_old_file_stays(
    lie: float, tmp_path, monkeypatch
) -> None:
    model = dense_step()
    path = tmp_path / "step.onnx"
    path.write_bytes(b"the file of yesterday")
    honest = exporting.convert

    def lying(model, signature, opset):
        graph = honest(model, signature, opset)
        for weight in graph.graph.initializer:
            values = onnx.numpy_helper.to_array(weight)
            if values.ndim == 2 and values.dtype == np.float32:
                weight.CopyFrom(onnx.numpy_helper.from_array(values + np.float32(lie), weight.name))
        return graph

    monkeypatch.setattr(exporting, "convert", lying)
    with pytest.raises(ExportError) as caught:
        export_onnx(model, path, output_names=["score", "h_new"])
    assert caught.value.key == "export.disagrees"
    assert path.read_bytes() == b"the file of yesterday"
    assert [file.name for file in tmp_path.iterdir()] == ["step.onnx"]


def test_subprocess_that_serves_other_backends_converts_the_same(tmp_path: Path) -> None:
    model = gru_cell_step()
    model.save(tmp_path / "model.keras")
    order = {
        "source": str(tmp_path / "model.keras"),
        "target": str(tmp_path / "step.onnx"),
        "output_names": ["h_new", "score"],
        "opset": 15,
        "modules": [],
        "path": [],
    }
    command = [sys.executable, "-m", "lepton_core.export.convert"]
    done = subprocess.run(
        command,
        input=json.dumps(order),
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    x, h = np.ones((2, 3), "float32"), np.full((2, 4), 0.5, "float32")
    scores = OnnxRuntime.open(tmp_path).run("step", {"x": x, "h": h})["score"]
    expected = keras.ops.convert_to_numpy(model({"x": x, "h": h})["score"])
    assert np.abs(scores - expected).max() < 1e-5
