"""The network whose features are remembered: the suite's own, or a pretrained one of the user's."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.errors import UsageError
from lepton_core.models.residual import stage_outputs

from .config import MemoryConfig
from .model_memory import features

layers = keras.layers

SURFACE = "surface"
_OWN = Path(__file__).parents[1] / "surface" / "bundles" / "neu_det" / "models" / "main.keras"


def feature_model(config: MemoryConfig, shape: tuple[int, int, int]) -> keras.Model:
    """The backbone as a model of tiles.

    Args:
        config: which one.
        shape: height, width and channels of a tile.

    Returns:
        x uint8 [B, height, width, C] -> features float32 [B, h, w, D].

    Raises:
        UsageError: ``defect_detection.anomaly.no_surface``, ``.no_weights``, ``.no_backbone``,
            ``.bad_weights`` or ``.no_stage``.
    """
    x = keras.Input(shape, dtype="uint8", name="x")
    stages = _own(config, x) if config.backbone == SURFACE else _pretrained(config, x)
    beyond = [number for number in config.stages if not 1 <= number <= len(stages)]
    if beyond or not config.stages:
        raise UsageError(
            "defect_detection.anomaly.no_stage",
            received=beyond[0] if beyond else "-",
            backbone=config.backbone,
            n=len(stages),
        )
    model = keras.Model(x, features(stages, config), name="features")
    model.trainable = False
    return model


def _own(config: MemoryConfig, x: Any) -> list[Any]:
    """Stages of a network that `surface` trained, at the tile's size."""
    path = Path(config.weights) if config.weights else _OWN
    if not path.is_file():
        raise UsageError("defect_detection.anomaly.no_surface", received=path)
    try:
        model = keras.models.load_model(path, compile=False)
        stages = stage_outputs(model)
        channels = model.inputs[0].shape[-1]
    except (OSError, TypeError, ValueError) as error:
        raise _unusable(config, path, error) from error
    if not stages:
        raise _unusable(config, path, "it has no stages")
    # No more of it than is looked at.
    trunk = keras.Model(model.inputs, stages[: max(config.stages, default=1)])
    inner = _at_size(trunk, _channels(x, channels))
    return [*(inner if isinstance(inner, list) else [inner]), *stages[len(trunk.outputs) :]]


def _pretrained(config: MemoryConfig, x: Any) -> list[Any]:
    """Stages of a network of `keras.applications`, with the user's weights."""
    kind = getattr(keras.applications, config.backbone, None)
    if not callable(kind):
        raise UsageError("defect_detection.anomaly.no_backbone", received=config.backbone)
    path = Path(config.weights)
    if not config.weights or not path.is_file():
        raise UsageError(
            "defect_detection.anomaly.no_weights",
            backbone=config.backbone,
            received=config.weights or "-",
        )
    shape = (*x.shape[1:3], 3)
    try:
        model = kind(include_top=False, weights=None, input_shape=shape)
        before = _kernels(model)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.load_weights(path)
    except (OSError, TypeError, ValueError, AttributeError) as error:
        raise _unusable(config, path, error) from error
    # Keras takes some files of another network without an error and leaves its own random start.
    if any(np.array_equal(a, b) for a, b in zip(before, _kernels(model), strict=True)):
        raise _unusable(config, path, "it is of another network")
    trunk = keras.Model(model.inputs, strided_outputs(model))
    scaled = _module_of(config.backbone).preprocess_input(_channels(x, 3))
    return list(trunk(scaled))


def strided_outputs(model: keras.Model) -> list[Any]:
    """The last output at each stride from 4 on, of a network with a fixed input size.

    Example:
        >>> model = keras.applications.MobileNetV2(
        ...     include_top=False, weights=None, input_shape=(64, 64, 3), alpha=0.35
        ... )
        >>> [tuple(y.shape[1:3]) for y in strided_outputs(model)]
        [(16, 16), (8, 8), (4, 4), (2, 2)]
    """
    side = model.inputs[0].shape[1]
    last: dict[int, Any] = {}
    for layer in model.layers:
        y = layer.output
        if not isinstance(y, list) and len(y.shape) == 4 and y.shape[1]:
            stride = -(-side // y.shape[1])
            if stride >= 4 and side % y.shape[1] == 0:
                last[stride] = y
    return [last[stride] for stride in sorted(last)]


def _kernels(model: keras.Model) -> list[np.ndarray]:
    return [np.asarray(one) for one in model.get_weights() if one.ndim == 4]


def _channels(x: Any, wanted: int) -> Any:
    """A tile as float32 with as many channels as a network takes."""
    y = keras.ops.cast(x, "float32")
    if y.shape[-1] == wanted:
        return y
    if wanted == 1:
        return keras.ops.mean(y, axis=-1, keepdims=True)
    return layers.Concatenate(name="grey_as_colour")([y] * wanted)


def _at_size(trunk: keras.Model, y: Any) -> Any:
    """What a fully convolutional model says of pictures of another size."""
    inner = keras.models.clone_model(trunk, input_tensors=[keras.Input(y.shape[1:])])
    inner.set_weights(trunk.get_weights())
    return inner(y)


def _module_of(name: str) -> Any:
    for value in vars(keras.applications).values():
        if hasattr(value, "preprocess_input") and hasattr(value, name):
            return value
    raise UsageError("defect_detection.anomaly.no_backbone", received=name)


def _unusable(config: MemoryConfig, path: Path, reason: object) -> UsageError:
    told = " ".join(str(reason).split())[:200]
    return UsageError(
        "defect_detection.anomaly.bad_weights", backbone=config.backbone, file=path, reason=told
    )
