"""Examples in batches, varied anew in every epoch as cameras vary."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from lepton_core.training.fit import Batches

from .detectors import GRID
from .examples import Examples
from .targets import STRIDE

# How far light varies: contrast, brightness in grey levels, the frame's light against the
# background's, noise.
_CONTRAST, _BRIGHTNESS, _GAIN, _NOISE = 0.35, 35.0, 0.08, 6.0
# How often the frame is a pixel off its background, and background subtraction says nothing.
_SHIFTED, _SILENT = 0.3, 0.25
# Shown is a part of the picture, so long as a share of its sides, the fullest of so many: an empty
# road teaches little, and takes as long.
_PART, _TRIES = 0.65, 2


class ExampleBatches(Batches):
    """Examples and what the network shall say of them.

    Args:
        examples: what is learned from.
        batch_size: of them a batch.
        seed: of order and variation; None keeps the order and varies nothing.
    """

    def __init__(self, examples: Examples, batch_size: int, seed: int | None) -> None:
        told = {"vehicle": examples.vehicle, "core": examples.core, "weight": examples.weight}
        arrays = (examples.x, told)
        super().__init__(arrays, batch_size, seed)
        self._varied = seed

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        x, told = super().__getitem__(index)
        if self._varied is not None:
            rng = np.random.default_rng([self._varied, self._epoch, index])
            x, told = varied(x, told, rng)
        weight = told.pop("weight")
        return x, {
            name: np.stack([values, weight], axis=-1).astype(np.float32)
            for name, values in told.items()
        }


def varied(
    x: np.ndarray, told: dict[str, np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Parts of examples as another camera might have shown them.

    Args:
        x: uint8 [n, h, w, 7]: frame, background, foreground.
        told: name -> target [n, h / 2, w / 2]; ``vehicle`` among them.
        rng: what decides.

    Returns:
        both, of a smaller height and width, multiples of 16.
    """
    height, width = (max(int(side * _PART) // GRID, 1) * GRID for side in x.shape[1:3])
    half_height, half_width = height // STRIDE, width // STRIDE
    out = np.empty((len(x), height, width, x.shape[3]), np.uint8)
    parts = {
        name: np.empty((len(x), half_height, half_width), values.dtype)
        for name, values in told.items()
    }
    for row, one in enumerate(x):
        top, left = _place(told["vehicle"][row], (half_height, half_width), rng)
        mirror = slice(None, None, -1 if rng.random() < 0.5 else 1)
        for name, values in told.items():
            part = values[row, top : top + half_height, left : left + half_width]
            parts[name][row] = part[:, mirror]
        rows = slice(STRIDE * top, STRIDE * top + height)
        columns = slice(STRIDE * left, STRIDE * left + width)
        out[row] = _relit(one[rows, columns][:, mirror], rng)
    return out, parts


def _place(vehicle: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> tuple[int, int]:
    """Top and left of a part of that height and width, of a target [h, w]."""
    found, most = (0, 0), -1
    for _ in range(_TRIES):
        top = int(rng.integers(vehicle.shape[0] - size[0] + 1))
        left = int(rng.integers(vehicle.shape[1] - size[1] + 1))
        full = int((vehicle[top : top + size[0], left : left + size[1]] == 1).sum())
        if full > most:
            found, most = (top, left), full
    return found


@lru_cache(maxsize=1)
def _grain(size: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0.0, 1.0, 2 * size).astype(np.float32)


def _relit(one: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = one[..., :6].astype(np.float32)
    contrast = 1.0 + rng.uniform(-_CONTRAST, _CONTRAST)
    tint = 1.0 + rng.uniform(-0.1, 0.1, 3)
    picture = (picture - 128.0) * contrast + 128.0 + rng.uniform(-_BRIGHTNESS, _BRIGHTNESS)
    picture *= np.tile(tint, 2).astype(np.float32)
    frame, background = picture[..., :3], picture[..., 3:]
    frame *= 1.0 + rng.uniform(-_GAIN, _GAIN)
    if rng.random() < _SHIFTED:
        down, across = rng.integers(-1, 2, 2).tolist()
        background[:] = np.roll(background, (down, across), (0, 1))
    # Drawn once, taken from anywhere: drawing it anew would cost as much as all the rest.
    grain = _grain(frame.size)
    start = int(rng.integers(frame.size))
    frame += grain[start : start + frame.size].reshape(frame.shape) * rng.uniform(0.0, _NOISE)
    foreground = one[..., 6:]
    if rng.random() < _SILENT:
        foreground = np.zeros_like(foreground)
    found: np.ndarray = np.concatenate(
        [np.clip(picture, 0, 255).astype(np.uint8), foreground], axis=2
    )
    return found
