"""Defects painted on good parts, so that a network can learn to find what does not belong.

Nothing here knows of any product or of real defects: blobs, lines, spots and areas of any size are
made darker or brighter, smoother or rougher, or show another place of the product. What is found
later need not look like them; it has to differ from its surroundings as they do.
"""

from __future__ import annotations

import cv2
import numpy as np

# Kinds of outlines, and how often each is drawn.
_OFTEN = (0.4, 0.3, 0.15, 0.15)
# What can hardly be seen must not be learned as a defect: grey values, and share of the brightness.
_LEAST_CHANGE, _LEAST_SHARE = 5.0, 0.04
_MOST_DEFECTS = 3


def paint(
    picture: np.ndarray, other: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """One to three defects on a piece of a good part.

    Args:
        picture: float32 [h, w, C], 0..255.
        other: another piece of a good part, of the same shape.
        rng: what draws.

    Returns:
        the painted piece float32 [h, w, C] and where it was changed, bool [h, w]; nothing is marked
        where a change would hardly be seen.

    Source:
        the idea: Li et al., CutPaste, 2021; Zavrtanik et al., DRAEM, 2021.

    Example:
        >>> good = np.full((64, 64, 1), 120, np.float32)
        >>> painted, where = paint(good, good, np.random.default_rng(3))
        >>> bool(where.any()), bool(np.array_equal(painted[~where], good[~where]))
        (True, False)
    """
    height, width = picture.shape[:2]
    out, marked = picture.copy(), np.zeros((height, width), bool)
    for _ in range(rng.integers(1, _MOST_DEFECTS + 1)):
        kind = int(rng.choice(len(_OFTEN), p=_OFTEN))
        mask = (_blob, _line, _spots, _area)[kind](rng, height, width)
        if mask.sum() < 4:
            continue
        edge = rng.uniform(0.4, 3.0 if kind == 3 else 1.3)
        soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), edge)[..., None]
        filled = np.clip(_filled(rng, picture, other, kind), 0, 255)
        change = np.abs(filled - out).mean(axis=2)[mask].mean()
        if change < _LEAST_CHANGE + _LEAST_SHARE * picture[mask].mean():
            continue
        out = out * (1 - soft) + filled * soft
        marked |= mask
    return np.clip(out, 0, 255), marked


def _filled(
    rng: np.random.Generator, picture: np.ndarray, other: np.ndarray, kind: int
) -> np.ndarray:
    """What the defect looks like, drawn over the whole piece, [h, w, C]."""
    light = _blurred(picture, 8)
    texture = picture - light
    spread = float(picture.std()) + 5
    # Lines are cracks and scratches: mostly dark, sometimes bright, never another place.
    way = int(rng.choice((0, 0, 0, 1, 4) if kind == 1 else (0, 1, 2, 3, 4)))
    if way == 0:
        grain = rng.normal(0, 3, picture.shape)
        return light * rng.uniform(0.15, 0.85) + grain + texture * max(rng.uniform(-0.8, 0.8), 0)
    if way == 1:
        return light + rng.uniform(0.25, 1.5) * spread + texture * rng.uniform(0, 1)
    if way == 2:
        return _elsewhere(rng, other, light) + rng.normal(0, 0.25) * spread
    if way == 3:
        roughness = rng.uniform(0, 0.4) if rng.random() < 0.5 else rng.uniform(1.8, 3)
        return light * np.exp(rng.uniform(-0.35, 0.35)) + texture * roughness
    gain = np.exp(rng.choice((-1, 1)) * rng.uniform(0.12, 0.6))
    return light * gain + texture * rng.uniform(0.5, 1.5)


def _elsewhere(rng: np.random.Generator, other: np.ndarray, light: np.ndarray) -> np.ndarray:
    """Another place of the product, as bright as the surroundings or as the piece on average."""
    if rng.random() < 0.5:
        other = other[::-1]
    if rng.random() < 0.5 and other.shape[0] == other.shape[1]:
        other = other.swapaxes(0, 1)
    moved = np.roll(other, tuple(rng.integers(0, other.shape[:2])), (0, 1))
    return moved - moved.mean() + (light.mean() if rng.random() < 0.5 else light)


def _blob(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A hole, dent or stain of 5 to 45 pixels, bool [height, width]."""
    length = float(np.exp(rng.uniform(np.log(5), np.log(45))))
    corners = int(rng.integers(6, 14))
    around = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = 1 + rng.uniform(-0.4, 0.4, corners)
    x = np.cos(around) * radius * length / 2
    y = np.sin(around) * radius * length * rng.uniform(0.25, 1) / 2
    turn = rng.uniform(0, np.pi)
    points = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], 1)
    points += rng.uniform(0, (width, height))
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 1)
    return mask.astype(bool)


def _line(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A crack or scratch of 12 to 110 pixels, 1 to 4 wide, bool [height, width]."""
    steps = int(np.exp(rng.uniform(np.log(4), np.log(37))))
    bend = rng.uniform(0, 0.35)
    angles = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, bend, steps))
    points = np.cumsum(3 * np.stack([np.cos(angles), np.sin(angles)], 1), axis=0)
    points += rng.uniform(0, (width, height))
    mask = np.zeros((height, width), np.uint8)
    cv2.polylines(mask, [np.rint(points).astype(np.int32)], False, 1, int(rng.integers(1, 5)))
    return mask.astype(bool)


def _spots(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Frayed patches around one place, bool [height, width]."""
    size = int(2 ** rng.integers(3, 6))
    cloud = _cloud(rng, height, width, size) + 0.5 * _cloud(rng, height, width, size // 2)
    y, x = np.mgrid[:height, :width]
    away = (y - rng.uniform(0, height)) ** 2 + (x - rng.uniform(0, width)) ** 2
    near = np.exp(-away / rng.uniform(15, 70) ** 2)
    return np.asarray(cloud * near > rng.uniform(0.35, 0.7))


def _area(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A band, or everything to one side of a line, bool [height, width]."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = rng.choice((0.0, np.pi / 2, rng.uniform(0, np.pi)))
    across = np.cos(angle) * (x - rng.uniform(0.1, 0.9) * width)
    across += np.sin(angle) * (y - rng.uniform(0.1, 0.9) * height)
    across += _cloud(rng, height, width, 32) * rng.uniform(0, 6)
    if rng.random() < 1 / 3:
        return np.asarray(across > 0)
    return np.asarray((across > 0) & (across < rng.uniform(15, 80)))


def _cloud(rng: np.random.Generator, height: int, width: int, size: int) -> np.ndarray:
    """Smooth noise of about unit spread whose features are ``size`` pixels, [height, width]."""
    coarse = rng.normal(0, 1, (height // size + 4, width // size + 4)).astype(np.float32)
    whole = (coarse.shape[1] * size, coarse.shape[0] * size)
    fine = cv2.resize(coarse, whole, interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine[size : size + height, size : size + width])


def _blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), sigma).reshape(picture.shape)
