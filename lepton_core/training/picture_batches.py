"""Batches of pictures that are varied anew in every epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_core.training.augmentation import Augmentation, augment
from lepton_core.training.fit import Batches


class PictureBatches(Batches):
    """Pictures and labels in batches; order and variation follow from seed and epoch alone.

    So a training that goes on after an interruption sees what it would have seen.

    Args:
        x: uint8 [n, height, width, channels].
        y: labels [n, ...].
        batch_size: pictures a batch.
        seed: of order and variation.
        augmentation: how much pictures vary; None leaves them as they are.

    Example:
        >>> x, y = np.zeros((5, 4, 4, 1), np.uint8), np.arange(5)
        >>> batches = PictureBatches(x, y, 2, seed=0, augmentation=Augmentation())
        >>> len(batches), batches[2][0].shape
        (3, (1, 4, 4, 1))
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        batch_size: int,
        seed: int,
        augmentation: Augmentation | None = None,
    ) -> None:
        super().__init__((x, y), batch_size, seed)
        self._augmentation = augmentation

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        x, y = super().__getitem__(index)
        if self._augmentation is not None:
            generator = np.random.default_rng([self._seed or 0, self._epoch, index])
            x = augment(x, self._augmentation, generator)
        return x, y
