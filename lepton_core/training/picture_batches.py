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
        balanced: as many of each class in every batch, ``y`` being class numbers [n]. An epoch
            has the same length; pictures of a rare class come several times, those of a frequent
            one not all.

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
        balanced: bool = False,
    ) -> None:
        self._classes = [np.flatnonzero(y == code) for code in np.unique(y)] if balanced else []
        super().__init__((x, y), batch_size, seed)
        self._augmentation = augmentation

    def _shuffled(self) -> np.ndarray:
        if not self._classes:
            return super()._shuffled()
        return balanced_order(
            self._classes, self.rows, np.random.default_rng([self._seed or 0, self._epoch])
        )

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        x, y = super().__getitem__(index)
        if self._augmentation is not None:
            generator = np.random.default_rng([self._seed or 0, self._epoch, index])
            x = augment(x, self._augmentation, generator)
        return x, y


def balanced_order(
    classes: list[np.ndarray], count: int, generator: np.random.Generator
) -> np.ndarray:
    """An order in which the classes take turns: rows of a rare one come several times.

    Args:
        classes: the rows of each class, int64 arrays, none empty.
        count: how many rows are asked for.
        generator: of the chances.

    Returns:
        int64 [count].

    Example:
        >>> order = balanced_order(
        ...     [np.array([0]), np.array([1, 2, 3])], 4, np.random.default_rng(0)
        ... )
        >>> (order == 0).tolist()
        [True, False, True, False]
    """
    of_each = -(-count // len(classes))
    turns = [
        np.concatenate([generator.permutation(rows) for _ in range(-(-of_each // len(rows)))])
        for rows in classes
    ]
    return np.stack([rows[:of_each] for rows in turns], axis=1).ravel()[:count]
