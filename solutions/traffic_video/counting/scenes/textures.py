"""Noise to paint with: tiles that repeat without a seam."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

TILE = 512


@lru_cache(maxsize=64)
def tile(seed: int, roughness: float = 1.0) -> np.ndarray:
    """float32 [512, 512], mean 0, standard deviation 1; coarse and fine grain together.

    Args:
        seed: of the noise.
        roughness: amplitude falls with 1 / frequency ** (2 - roughness); 0 cloudy, 1.3 sandy.

    Example:
        >>> tile(0).shape, abs(float(tile(0).mean())) < 1e-3
        ((512, 512), True)
    """
    rng = np.random.default_rng([seed, 77])
    spectrum = np.fft.rfft2(rng.normal(0, 1, (TILE, TILE)))
    rate = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None]) * TILE
    # Waves as long as the tile would show that it repeats.
    amplitude = np.where(rate < 2.5, 0.0, 1 / np.maximum(rate, 1) ** (2 - roughness))
    value = np.fft.irfft2(spectrum * amplitude, (TILE, TILE))
    return (value / value.std()).astype(np.float32)


def sample(seed: int, u: np.ndarray, v: np.ndarray, roughness: float = 1.0) -> np.ndarray:
    """The tile at u, v (any shape [h, w], 1 is one tile), repeated for ever: float32 [h, w]."""
    # OpenCV's maps are float32: the whole part is taken off first.
    x = ((u % 1.0) * TILE).astype(np.float32)
    y = ((v % 1.0) * TILE).astype(np.float32)
    return cv2.remap(tile(seed, roughness), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
