"""Pictures varied at training only: mirrored, shifted, lighter or darker. Nothing of it is scored.

In NumPy, so that no random layer stands in the model: what is exported is what was trained.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Augmentation:
    """How much training pictures vary; choose what could have come from the same camera.

    Args:
        flip_left_right: whether half of them are mirrored left to right.
        flip_up_down: whether half of them are mirrored top to bottom.
        shift: largest move along each side, as a share of it, 0 to 1; the edge is repeated.
        brightness: largest change of all values together, as a share of the range, 0 to 1.
        contrast: largest change of the distance from the picture's mean, as a share of it, 0 to 1.
    """

    flip_left_right: bool = True
    flip_up_down: bool = False
    shift: float = 0.1
    brightness: float = 0.1
    contrast: float = 0.1


def augment(x: np.ndarray, how: Augmentation, generator: np.random.Generator) -> np.ndarray:
    """Each picture varied by itself.

    Args:
        x: uint8 [n, height, width, channels].
        how: what is varied and how much.
        generator: of the chances; the same state gives the same pictures.

    Returns:
        uint8 of the same shape; ``x`` is left as it is.

    Example:
        >>> x = np.arange(4, dtype=np.uint8).reshape(1, 1, 4, 1)
        >>> mirror = Augmentation(True, False, shift=0.0, brightness=0.0, contrast=0.0)
        >>> made = [augment(x, mirror, np.random.default_rng(seed)) for seed in range(9)]
        >>> sorted({tuple(picture.ravel().tolist()) for picture in made})
        [(0, 1, 2, 3), (3, 2, 1, 0)]
    """
    n, height, width, _ = x.shape
    # All chances are drawn whatever is switched on: a setting changes what it is about, no more.
    mirrored, turned = generator.random((2, n)) < 0.5
    moves = generator.uniform(-how.shift, how.shift, (n, 2)) * (height, width)
    level = generator.uniform(-how.brightness, how.brightness, (n, 1, 1, 1)) * 255.0
    factor = 1.0 + generator.uniform(-how.contrast, how.contrast, (n, 1, 1, 1))
    out = x.copy()
    if how.flip_left_right:
        out[mirrored] = out[mirrored, :, ::-1]
    if how.flip_up_down:
        out[turned] = out[turned, ::-1]
    if how.shift:
        down, right = np.rint(moves).astype(int).T
        rows = np.clip(np.arange(height) - down[:, None], 0, height - 1)
        columns = np.clip(np.arange(width) - right[:, None], 0, width - 1)
        out = out[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    if how.brightness or how.contrast:
        mean = out.mean(axis=(1, 2, 3), keepdims=True, dtype=np.float32)
        changed = (out - mean) * factor + mean + level
        out = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
    return out
