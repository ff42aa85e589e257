"""A network that finds what was painted on good parts (`method=synthetic`)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from lepton_core._keras import keras
from lepton_core.models.residual import convolved, residual_stages

from .config import ModelConfig
from .model_pieces import Pieces
from .painting import paint

layers, ops = keras.layers, keras.ops

_NARROWEST = 24
# Share of a cell that must be painted for the cell to count as defective.
_COVERED = 0.2
# Cells that keep the overlap of pieces without a defect defined.
_SMOOTH = 4.0


def build(config: ModelConfig, shape: tuple[int, int, int]) -> keras.Model:
    """The network: residual stages, then back up to a stride of 4.

    Args:
        config: widths.
        shape: height, width and channels of a tile, sides multiples of 32.

    Returns:
        x uint8 [B, height, width, C] -> map float32 [B, height / 4, width / 4], logits.

    Source:
        Ronneberger et al., U-Net, 2015.
    """
    x = keras.Input(shape, dtype="uint8", name="x")
    stages = residual_stages(x, config.filters, config.blocks)
    y = stages[-1]
    for level in reversed(range(len(stages) - 1)):
        y = layers.UpSampling2D(2, interpolation="bilinear", name=f"decode{level}_up")(y)
        y = layers.Concatenate(name=f"decode{level}_join")([y, stages[level]])
        width = max(config.filters[level + 1] * 3 // 8, _NARROWEST)
        for step in (1, 2):
            y = convolved(y, width, 3, 1, f"decode{level}_conv{step}")
    y = layers.Conv2D(1, 1, name="logits")(y)
    return keras.Model(x, layers.Reshape(y.shape[1:3], name="map")(y), name="painted_defects")


class PaintedBatches(Pieces):
    """Pieces of good parts, some with painted defects; what comes depends on the epoch alone."""

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Pieces uint8 [B, crop, crop, C] and what is painted, float32 [B, crop / 4, crop / 4]."""
        rng = self.generator(index)
        pairs = [self._one(rng) for _ in range(self.config.batch_size)]
        x, y = zip(*pairs, strict=True)
        return np.stack(x), np.stack(y)

    def _one(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        side = self.config.crop
        piece, marked = self.piece(rng), np.zeros((side, side), bool)
        if rng.random() < self.config.painted:
            piece, marked = paint(piece, self.piece(rng), rng)
        # Exposures differ from picture to picture more than a few hundred pictures show.
        piece = np.clip(piece * np.exp(rng.uniform(-0.5, 0.4)), 0, 255)
        piece = 255 * (piece / 255) ** np.exp(rng.uniform(-0.25, 0.25))
        cells = cv2.resize(
            marked.astype(np.float32), (side // 4, side // 4), interpolation=cv2.INTER_AREA
        )
        return np.rint(piece).astype(np.uint8), (cells > _COVERED).astype(np.float32)


def loss(truth: Any, logits: Any) -> Any:
    """Cross-entropy that dwells on what is not told well, and the overlap that is missing, [B].

    The overlap is counted for each piece: a small hole would drown in a batch with large areas.
    """
    probability = ops.sigmoid(logits)
    crossed = ops.binary_crossentropy(truth, logits, from_logits=True)
    right = truth * probability + (1 - truth) * (1 - probability)
    sums = {"axis": (1, 2)}
    both = ops.sum(probability * truth, **sums)
    either = ops.sum(probability**2, **sums) + ops.sum(truth, **sums)
    overlap = (2 * both + _SMOOTH) / (either + _SMOOTH)
    return 10 * ops.mean(crossed * (1 - right), **sums) + 1 - overlap
