"""What every layer must keep to, ours or a consultant's, as one call in a test."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core._keras import keras

BATCH = 4


def check_layer(
    kind: type[keras.Layer],
    options: Mapping[str, Any] | None = None,
    *,
    input_shape: tuple[int, ...],
    inputs: np.ndarray | None = None,
    output_shape: tuple[int, ...] | None = None,
    rows_independent: bool = True,
    tolerance: float = 1e-5,
) -> None:
    """Check that a layer can be configured, traced, saved, loaded and trained.

    The configuration is plain JSON and makes the same layer again; the class is registered with
    Keras; the announced output shape is the real one; a record's output does not hang on the
    records beside it; the output is finite and the same each time at inference; a saved model
    loads and gives the same; gradients reach every trainable weight.

    Args:
        kind: the layer's class.
        options: arguments of its constructor.
        input_shape: shape of one record, without the batch axis.
        inputs: records to use, ``(4, *input_shape)``; None draws float32 from a normal.
        output_shape: expected shape of one record's output; None accepts any.
        rows_independent: False for a layer that looks across the batch at inference.
        tolerance: largest absolute difference that counts as the same.

    Raises:
        AssertionError: naming the rule that the layer breaks.

    Example:
        >>> from lepton_core.layers import Affine
        >>> check_layer(Affine, input_shape=(3,), output_shape=(3,))
    """
    given = dict(options or {})
    if inputs is None:
        inputs = np.random.default_rng(0).normal(size=(BATCH, *input_shape)).astype("float32")
    layer = kind(**given)
    _check_configuration(layer)

    tensor = keras.Input(input_shape, dtype=str(inputs.dtype))
    model = keras.Model(tensor, layer(tensor))
    outputs = _run(model, inputs)
    _check_outputs(model, inputs, outputs, output_shape, tolerance)
    if rows_independent:
        alone = np.concatenate([_run(model, inputs[row : row + 1]) for row in range(len(inputs))])
        _same(alone, outputs, tolerance, "gives other values when a record comes alone")
    _check_saving(model, inputs, outputs, tolerance)
    if layer.trainable_weights:
        _check_training(model, inputs, outputs)


def _check_configuration(layer: keras.Layer) -> None:
    config = layer.get_config()
    try:
        text = json.dumps(keras.saving.serialize_keras_object(layer))
    except TypeError as error:
        raise AssertionError(f"{_name(layer)}: get_config() is not JSON ({error})") from error
    again = type(layer).from_config(config)
    assert _plain(again.get_config()) == _plain(config), (
        f"{_name(layer)}: from_config(get_config()) makes another layer. "
        f"Expected {config}, received {again.get_config()}"
    )
    try:
        revived = keras.saving.deserialize_keras_object(json.loads(text))
    except TypeError as error:
        raise AssertionError(
            f"{_name(layer)}: Keras cannot find the class by name. Put "
            "@register_keras_serializable(package=...) above it"
        ) from error
    assert type(revived) is type(layer), f"{_name(layer)}: its name belongs to {type(revived)}"


def _check_outputs(
    model: keras.Model,
    inputs: np.ndarray,
    outputs: np.ndarray,
    output_shape: tuple[int, ...] | None,
    tolerance: float,
) -> None:
    layer = model.layers[-1]
    if output_shape is not None:
        assert outputs.shape[1:] == tuple(output_shape), (
            f"{_name(layer)}: one record's output should have shape {output_shape}. "
            f"Received {outputs.shape[1:]}"
        )
    announced = model.output_shape
    fits = len(announced) == outputs.ndim and all(
        size in (None, real) for size, real in zip(announced, outputs.shape, strict=True)
    )
    assert fits, f"{_name(layer)}: it announces shape {announced}; the output has {outputs.shape}"
    assert np.isfinite(outputs).all(), f"{_name(layer)}: the output is not finite"
    _same(_run(model, inputs), outputs, tolerance, "gives other values for the same input")


def _check_saving(
    model: keras.Model, inputs: np.ndarray, outputs: np.ndarray, tolerance: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.keras"
        model.save(path)
        loaded = keras.saving.load_model(path)
    _same(_run(loaded, inputs), outputs, tolerance, "gives other values after saving and loading")


def _check_training(model: keras.Model, inputs: np.ndarray, outputs: np.ndarray) -> None:
    layer = model.layers[-1]
    before = [_numpy(weight) for weight in layer.trainable_weights]
    model.compile(keras.optimizers.SGD(0.01), "mse")
    model.fit(inputs, outputs + 1.0, epochs=1, verbose=0)
    for weight, old in zip(layer.trainable_weights, before, strict=True):
        new = _numpy(weight)
        assert np.isfinite(new).all(), f"{_name(layer)}: training makes {weight.name} not finite"
        assert not np.array_equal(new, old), f"{_name(layer)}: no gradient reaches {weight.name}"


def _run(model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    return _numpy(model(inputs, training=False))


def _numpy(value: Any) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(value))


def _same(received: np.ndarray, expected: np.ndarray, tolerance: float, rule: str) -> None:
    assert received.shape == expected.shape, f"The layer {rule}: shapes differ"
    difference = float(np.max(np.abs(received - expected), initial=0.0))
    assert difference <= tolerance, f"The layer {rule}, by {difference:.2g} (over {tolerance:.2g})"


def _plain(config: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(config, default=str))


def _name(layer: keras.Layer) -> str:
    return type(layer).__name__
