"""Pictures that the gate learns to refuse: altered training pictures, and drawn surfaces."""

from __future__ import annotations

import numpy as np

from .gate_features import reduce

_MOST_ALTERED, _DRAWN = 1500, 3000
_SIDE = 56


def foreign_pictures(x: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Pictures that are none like the training pictures, uint8 [m, 56, 56, 1].

    The training pictures turned by 90, 180 and 270 degrees, upside down, inverted, and cut into
    pieces that are mixed up; and surfaces by :func:`surfaces`.

    Args:
        x: training pictures, uint8 [n, H, W, C].
        generator: of the choice and the drawing.
    """
    some = x[generator.permutation(len(x))[:_MOST_ALTERED]]
    grey = reduce(some.mean(axis=-1, dtype=np.float32), _SIDE, _SIDE)
    altered = [
        *(np.rot90(grey, turns, (1, 2)) for turns in (1, 2, 3)),
        grey[:, ::-1],
        255 - grey,
        *(_mixed_up(grey, pieces, generator) for pieces in (2, 4)),
    ]
    drawn = [surfaces(_DRAWN, generator)]
    rounded = [np.rint(pictures).astype(np.uint8)[..., None] for pictures in altered]
    return np.concatenate([*rounded, *drawn])


def _mixed_up(grey: np.ndarray, pieces: int, generator: np.random.Generator) -> np.ndarray:
    """Pictures [n, S, S] cut into ``pieces`` each way, in another order."""
    n, size = len(grey), grey.shape[1] // pieces
    cut = grey.reshape(n, pieces, size, pieces, size).swapaxes(2, 3)
    cut = cut.reshape(n, pieces * pieces, size, size)
    order = np.argsort(generator.random((n, pieces * pieces)), axis=1)
    # One in so many draws leaves all where they were: then the last comes first.
    same = (order == np.arange(pieces * pieces)).all(axis=1)
    order[same] = order[same, ::-1]
    mixed = np.take_along_axis(cut, order[:, :, None, None], axis=1)
    mixed = mixed.reshape(n, pieces, pieces, size, size).swapaxes(2, 3)
    return mixed.reshape(grey.shape)


def surfaces(n: int, generator: np.random.Generator, side: int = _SIDE) -> np.ndarray:
    """Grain, clouds and brushed surfaces under uneven light, with blots and rims.

    Args:
        n: how many.
        generator: of all that varies.
        side: height and width in pixels.

    Returns:
        uint8 [n, side, side, 1].
    """
    return np.stack([_surface(generator, side) for _ in range(n)])[..., None]


def _surface(rng: np.random.Generator, side: int) -> np.ndarray:
    y, x = np.mgrid[:side, :side] / side - 0.5
    grey = rng.uniform(60, 200) + rng.uniform(0, 60) * _grain(rng, side)
    if rng.random() < 0.6:
        angle = rng.uniform(0, 2 * np.pi)
        grey += rng.uniform(0, 200) * (np.cos(angle) * x + np.sin(angle) * y)
    if rng.random() < 0.6:
        across = (x - rng.uniform(-0.3, 0.3)) ** 2 * rng.uniform(0, 2)
        along = (y - rng.uniform(-0.3, 0.3)) ** 2 * rng.uniform(0, 2)
        grey -= rng.uniform(-100, 300) * (across + along)
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(0, 6))):
            _blot(rng, grey, x, y)
    if rng.random() < 0.4:
        _rim(rng, grey)
    if rng.random() < 0.5:
        grey += rng.normal(0, rng.uniform(0, 20), grey.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)


def _grain(rng: np.random.Generator, side: int) -> np.ndarray:
    """Grain of any coarseness, often drawn out along some direction; deviation 1."""
    angle = rng.uniform(0, np.pi) if rng.random() < 0.5 else rng.integers(0, 2) * np.pi / 2
    stretch = np.exp(rng.uniform(0, 2.5)) if rng.random() < 0.6 else 1.0
    down, right = np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None]
    along = np.cos(angle) * right + np.sin(angle) * down
    across = np.cos(angle) * down - np.sin(angle) * right
    frequency = np.maximum(np.hypot(along, stretch * across), 1 / side)
    waves = np.fft.fft2(rng.normal(0, 1, (side, side))) * frequency ** -rng.uniform(0, 3)
    found = np.fft.ifft2(waves).real
    return found / (found.std() + 1e-9)


def _blot(rng: np.random.Generator, grey: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """A disc or a box of one grey, more or less see-through."""
    width, height = rng.uniform(0.02, 0.4, 2)
    middle_x, middle_y = rng.uniform(-0.5, 0.5, 2)
    across, along = np.abs(x - middle_x) / width, np.abs(y - middle_y) / height
    inside = across**2 + along**2 < 1 if rng.random() < 0.5 else np.maximum(across, along) < 1
    cover = rng.uniform(0.2, 1)
    grey[inside] = (1 - cover) * grey[inside] + cover * rng.uniform(0, 255)


def _rim(rng: np.random.Generator, grey: np.ndarray) -> None:
    """What lies behind the object, along some of the sides."""
    level = rng.uniform(0, 80) if rng.random() < 0.7 else rng.uniform(180, 255)
    for turns in range(4):
        width = int(rng.uniform(0, 0.15) * len(grey))
        if rng.random() < 0.5 and width:
            np.rot90(grey, turns)[:width] = level
