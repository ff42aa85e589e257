"""Square pieces of good parts in batches, other ones in every epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lepton_core.training.fit import Batches

from .config import ModelConfig


class Pieces(Batches):
    """What networks learn from; a subclass says what a batch is.

    Args:
        pictures: uint8 [h, w, C] each.
        groups: the part of each, [n]: parts are drawn equally often, however many pictures each
            has.
        config: size and number of the pieces.
        seed: of all drawing.
    """

    def __init__(
        self, pictures: Sequence[np.ndarray], groups: np.ndarray, config: ModelConfig, seed: int
    ) -> None:
        super().__init__((np.arange(config.steps * config.batch_size),), config.batch_size, seed)
        self.config, self._pictures = config, pictures
        self._parts = [np.flatnonzero(groups == name) for name in np.unique(groups)]

    def generator(self, index: int) -> np.random.Generator:
        """What draws the batch ``index`` of this epoch."""
        return np.random.default_rng([self._seed or 0, self._epoch, index])

    def piece(self, rng: np.random.Generator) -> np.ndarray:
        """Some place of some part, mirrored at random, float32 [crop, crop, C]."""
        side = self.config.crop
        part = self._parts[rng.integers(len(self._parts))]
        picture = self._pictures[part[rng.integers(len(part))]]
        height, width = picture.shape[:2]
        y, x = (rng.integers(0, max(length - side, 0) + 1) for length in (height, width))
        around = [(0, max(side - height, 0)), (0, max(side - width, 0)), (0, 0)]
        piece = np.pad(picture[y : y + side, x : x + side], around, mode="edge")
        piece = piece[:: rng.choice((-1, 1)), :: rng.choice((-1, 1))]
        return np.ascontiguousarray(piece, np.float32)
