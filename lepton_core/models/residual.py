"""A small residual backbone whose stages give features at strides 4, 8, 16..."""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras

layers = keras.layers


def residual_stages(
    x: Any, filters: tuple[int, ...], blocks: int = 2, momentum: float = 0.95
) -> list[Any]:
    """Feature maps of a picture, from fine to coarse.

    A 5 x 5 convolution and a pooling, both of stride 2, then a stage for each width, of which all
    but the first halve height and width. Its layers are called ``stem...`` and ``stage1...``, so
    that another model can be begun with the weights of this one (:func:`stage_outputs`).

    Args:
        x: pictures [B, H, W, C], float32 or uint8; not scaled: the normalisation after the first
            convolution does that.
        filters: width of each stage; multiples of 16 are fastest.
        blocks: residual blocks a stage.
        momentum: of the normalisations; a small set has few steps, and with Keras's 0.99 the
            running means would lag behind the weights.

    Returns:
        one float32 [B, H / s, W / s, filters] a stage, for s = 4, 8, 16...

    Source:
        He et al., Deep Residual Learning for Image Recognition, 2016.

    Example:
        >>> x = keras.Input((64, 96, 1))
        >>> [tuple(y.shape) for y in residual_stages(x, (16, 32), blocks=1)]
        [(None, 16, 24, 16), (None, 8, 12, 32)]
    """
    y = keras.ops.cast(x, "float32")
    y = convolved(y, filters[0], 5, 2, "stem", momentum)
    y = layers.MaxPooling2D(3, 2, "same", name="stem_pool")(y)
    found = []
    for stage, width in enumerate(filters, start=1):
        for block in range(1, blocks + 1):
            stride = 2 if stage > 1 and block == 1 else 1
            y = _block(y, width, stride, f"stage{stage}_block{block}", momentum)
        found.append(y)
    return found


def stage_outputs(model: keras.Model) -> list[Any]:
    """The stages' outputs in a model that :func:`residual_stages` is part of, fine to coarse.

    Example:
        >>> x = keras.Input((32, 32, 1))
        >>> model = keras.Model(x, residual_stages(x, (16, 32), blocks=2)[-1])
        >>> [y.shape[-1] for y in stage_outputs(model)]
        [16, 32]
    """
    last: dict[int, Any] = {}
    for layer in model.layers:
        if layer.name.startswith("stage") and layer.name.endswith("_out"):
            last[int(layer.name[len("stage") :].partition("_")[0])] = layer.output
    return [last[number] for number in sorted(last)]


def _block(x: Any, filters: int, stride: int, name: str, momentum: float) -> Any:
    """Two convolutions beside a shortcut, [B, H, W, C] -> [B, H / stride, W / stride, filters]."""
    shortcut = x
    if stride > 1:
        shortcut = layers.AveragePooling2D(stride, padding="same", name=f"{name}_pool")(x)
    if x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_shortcut")(shortcut)
        shortcut = norm(f"{name}_shortcut_norm", momentum)(shortcut)
    y = convolved(x, filters, 3, stride, f"{name}_conv1", momentum)
    y = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv2")(y)
    y = layers.Add(name=f"{name}_add")([shortcut, norm(f"{name}_norm2", momentum)(y)])
    return layers.ReLU(name=f"{name}_out")(y)


def convolved(
    x: Any, filters: int, kernel: int, stride: int, name: str, momentum: float = 0.95
) -> Any:
    """Convolution, normalisation and ReLU; a runtime folds the three into one step."""
    y = layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=name)(x)
    return layers.ReLU(name=f"{name}_relu")(norm(f"{name}_norm", momentum)(y))


def norm(name: str, momentum: float = 0.95) -> keras.layers.Layer:
    """Batch normalisation."""
    return layers.BatchNormalization(momentum=momentum, name=name)
