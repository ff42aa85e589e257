"""Examples in batches, varied anew in every epoch as cameras vary."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from lepton_core.training.fit import Batches

from .detectors import GRID
from .examples import Examples
from .size_classes import SIZES
from .targets import STRIDE, UNKNOWN, boxes_of

# How far light varies: contrast, brightness as a share, the frame's light
# against the background's, noise in grey levels; of contrast and noise less in pictures darker than
# so many grey levels.
_CONTRAST, _BRIGHTNESS, _GAIN, _NOISE, _BRIGHT = 0.35, 0.3, 0.08, 6.0, 64.0
# How much more sizes count that are seldom seen: motorcycle, car, heavy.
_RARE = np.array([6.0, 1.0, 2.0], np.float32)
# How often the frame is a pixel off its background, and background subtraction says nothing.
_SHIFTED, _SILENT = 0.3, 0.25
# How often pictures are as soft as coded video or a lens out of focus makes them, and the share of
# their size at which they would still be as sharp, at least.
_SOFT, _SOFTEST = 0.35, 0.5
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
        names = ("vehicle", "core", "weight", "ids", "size")
        arrays = (examples.x, {name: getattr(examples, name) for name in names})
        super().__init__(arrays, batch_size, seed)
        self._varied = seed

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        x, told = super().__getitem__(index)
        if self._varied is not None:
            rng = np.random.default_rng([self._varied, self._epoch, index])
            x, told = varied(x, told, rng)
        weight, ids, size = (told.pop(name) for name in ("weight", "ids", "size"))
        y = {
            name: np.stack([values, weight], axis=-1).astype(np.float32)
            for name, values in told.items()
        }
        boxes = np.stack([boxes_of(each) for each in ids])
        y["box"] = np.concatenate(
            [boxes, (weight * (ids > 0))[..., None]], axis=-1, dtype=np.float32
        )
        y["size"] = _size_target(size, weight)
        return x, y


def _size_target(size: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Of size classes and weights [n, h, w] at every second place across and down, [n, h/2, w/2,
    4]: 1 for the class, and how much the pixel counts.
    """
    size, weight = size[:, ::2, ::2], weight[:, ::2, ::2]
    classes = [size == number for number in range(len(SIZES))]
    counts = weight * (size != UNKNOWN) * _RARE[np.minimum(size, len(SIZES) - 1)]
    return np.stack([*classes, counts], axis=-1).astype(np.float32)


def varied(
    x: np.ndarray, told: dict[str, np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Parts of examples as another camera might have shown them.

    Args:
        x: uint8 [n, h, w, 7]: frame, background, foreground.
        told: name -> target [n, h / 2, w / 2]; ``vehicle`` among them. Boxes are made of ``ids`` of
            the part that is shown: what lies beyond its edge cannot be told.
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


def softened(picture: np.ndarray, share: float) -> np.ndarray:
    """A picture [h, w, c], c 4 at most, as sharp as one of that share of its size.

    Example:
        >>> edge = np.zeros((1, 8, 1), np.float32)
        >>> edge[:, 4:] = 8
        >>> softened(edge, 0.5)[0, :, 0].tolist()
        [0.0, 0.0, 0.0, 2.0, 6.0, 8.0, 8.0, 8.0]
    """
    height, width = picture.shape[:2]
    size = max(round(width * share), 1), max(round(height * share), 1)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large).reshape(picture.shape)


@lru_cache(maxsize=1)
def _grain(size: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0.0, 1.0, 2 * size).astype(np.float32)


def _relit(one: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = one[..., :6].astype(np.float32)
    # Around its own brightness: around a fixed one a night would become black, or a grey day.
    light = float(picture[..., 3:].mean())
    bright = min(light / _BRIGHT, 1.0)
    contrast = 1.0 + rng.uniform(-_CONTRAST, _CONTRAST) * bright
    tint = 1.0 + rng.uniform(-0.1, 0.1, 3)
    tint *= 1.0 + rng.uniform(-_BRIGHTNESS, _BRIGHTNESS)
    picture = ((picture - light) * contrast + light) * np.tile(tint, 2).astype(np.float32)
    if rng.random() < _SOFT:
        share = rng.uniform(_SOFTEST, 1.0)
        both = [softened(part, share) for part in (picture[..., :3], picture[..., 3:])]
        picture = np.concatenate(both, axis=2)
    frame, background = picture[..., :3], picture[..., 3:]
    frame *= 1.0 + rng.uniform(-_GAIN, _GAIN)
    if rng.random() < _SHIFTED:
        down, across = rng.integers(-1, 2, 2).tolist()
        background[:] = np.roll(background, (down, across), (0, 1))
    # Drawn once, taken from anywhere: drawing it anew would cost as much as all the rest.
    grain = _grain(frame.size)
    start = int(rng.integers(frame.size))
    noise = rng.uniform(0.0, _NOISE) * bright
    frame += grain[start : start + frame.size].reshape(frame.shape) * noise
    foreground = one[..., 6:]
    if rng.random() < _SILENT:
        foreground = np.zeros_like(foreground)
    found: np.ndarray = np.concatenate(
        [np.clip(picture, 0, 255).astype(np.uint8), foreground], axis=2
    )
    return found
