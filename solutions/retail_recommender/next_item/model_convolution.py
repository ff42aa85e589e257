"""Dilated causal convolutions over the items so far: the body of NextItNet."""

from __future__ import annotations

from typing import Any

from lepton_core._keras import keras

from .model_config import ModelConfig

_KERNEL = 3


def convolution(config: ModelConfig, h: Any, there: Any) -> Any:
    """Blocks of two causal convolutions, the second one looking farther, float [B, L, D].

    Args:
        config: blocks and dropout.
        h: vectors of the items, float [B, L, D].
        there: float [B, L], 1 where a place holds an item.

    Source:
        Yuan et al., A Simple Convolutional Generative Network for Next Item Recommendation, 2019.
    """
    layers = keras.layers
    # Places before the first item stay zero, as the convolution's own padding is.
    kept = keras.ops.expand_dims(there, -1)
    for block in range(config.blocks):
        z = h
        for dilation in (4**block, 2 * 4**block):
            z = layers.Activation("relu")(layers.LayerNormalization()(z)) * kept
            z = layers.Conv1D(config.width, _KERNEL, padding="causal", dilation_rate=dilation)(z)
        h = h + layers.Dropout(config.dropout)(z)
    return layers.LayerNormalization()(h)
