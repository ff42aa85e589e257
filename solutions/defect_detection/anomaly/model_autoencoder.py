"""What a network that has drawn good parts only cannot draw again (`method=autoencoder`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_core._keras import keras
from lepton_core.models.autoencoder import autoencoder

from .config import ModelConfig
from .model_pieces import Pieces

layers, ops = keras.layers, keras.ops

# Constants of SSIM for pictures in 0..1, and the side of its windows.
_C1, _C2, _WINDOW = 0.01**2, 0.03**2, 11
_STRIDE = 4


def build(config: ModelConfig, shape: tuple[int, int, int]) -> keras.Model:
    """The network.

    Args:
        config: widths.
        shape: height, width and channels of a tile, sides multiples of 32.

    Returns:
        x uint8 [B, height, width, C] -> map float32 [B, height / 4, width / 4]: 1 - SSIM of the
        picture and what was drawn, plus how far their grey values differ.

    Source:
        Bergmann et al., Improving Unsupervised Defect Segmentation by Applying Structural
        Similarity to Autoencoders, 2019.
    """
    x = keras.Input(shape, dtype="uint8", name="x")
    y = layers.Rescaling(1 / 255.0, name="scale")(x)
    again = autoencoder(y, config.filters, config.code)
    strange = 1.0 - similarity(y, again) + ops.abs(_mean(y) - _mean(again))
    cells = layers.AveragePooling2D(_STRIDE, name="cells")(
        ops.mean(strange, axis=-1, keepdims=True)
    )
    return keras.Model(x, layers.Reshape(cells.shape[1:3], name="map")(cells), name="drawn_again")


def similarity(a: Any, b: Any) -> Any:
    """Structural similarity at each pixel, float32 [B, H, W, C] at most 1.

    Args:
        a: pictures float32 [B, H, W, C] in 0..1.
        b: others.

    Source:
        Wang et al., Image quality assessment: from error visibility to structural similarity, 2004.
    """
    mean_a, mean_b = _mean(a), _mean(b)
    var_a = _mean(ops.square(a)) - ops.square(mean_a)
    var_b = _mean(ops.square(b)) - ops.square(mean_b)
    both = _mean(a * b) - mean_a * mean_b
    light = (2 * mean_a * mean_b + _C1) / (ops.square(mean_a) + ops.square(mean_b) + _C1)
    shape = (2 * both + _C2) / (ops.maximum(var_a, 0) + ops.maximum(var_b, 0) + _C2)
    return light * shape


def loss(_: Any, strange: Any) -> Any:
    """The map itself, which shall be small on good parts."""
    return ops.mean(strange)


class GoodBatches(Pieces):
    """Pieces of good parts as they are, uint8 [B, crop, crop, C], and zeros."""

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        rng = self.generator(index)
        x = np.stack([self.piece(rng) for _ in range(self.config.batch_size)])
        cells = self.config.crop // _STRIDE
        return np.rint(x).astype(np.uint8), np.zeros((len(x), cells, cells), np.float32)


def _mean(y: Any) -> Any:
    return ops.average_pool(y, _WINDOW, strides=1, padding="same")
