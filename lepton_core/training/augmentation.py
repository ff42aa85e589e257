"""Pictures varied at training only: moved, turned, mirrored, lighter, blurred. Nothing of it is
scored.

In NumPy and OpenCV, so that no random layer stands in the model: what is exported is what was
trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# A blur or a grain on every picture would be what the model is used to, and hide a clean one's.
_BLURRED, _GRAINED = 0.4, 0.4


@dataclass(frozen=True)
class Augmentation:
    """How much training pictures vary; choose what could have come from the same camera.

    Args:
        flip_left_right: whether half of them are mirrored left to right.
        flip_up_down: whether half of them are mirrored top to bottom.
        shift: largest move along each side, as a share of it, 0 to 1; the edge is repeated.
        brightness: largest change of all values together, as a share of the range, 0 to 1.
        contrast: largest change of the distance from the picture's mean, as a share of it, 0 to 1.
        rotation: largest turn either way, degrees.
        zoom: largest change of the size, as a share of it, 0 to below 1.
        aspect: largest change of the width alone, as a share of it, 0 to below 1.
        gamma: largest bend of the grey scale either way: values become ``v ** exp(g)`` with ``g``
            within it.
        blur: largest standard deviation of a blur, as a share of the shorter side; four pictures
            in ten are blurred.
        noise: largest standard deviation of a grain, as a share of the range, 0 to 1; four in ten
            get one.
    """

    flip_left_right: bool = True
    flip_up_down: bool = False
    shift: float = 0.1
    brightness: float = 0.1
    contrast: float = 0.1
    rotation: float = 0.0
    zoom: float = 0.0
    aspect: float = 0.0
    gamma: float = 0.0
    blur: float = 0.0
    noise: float = 0.0


class _Chances(NamedTuple):
    """What was drawn for n pictures, each number [n] in -1..1, each answer bool [n]."""

    mirrored: np.ndarray
    turned: np.ndarray
    down: np.ndarray
    right: np.ndarray
    level: np.ndarray
    factor: np.ndarray
    angle: np.ndarray
    size: np.ndarray
    width: np.ndarray
    bend: np.ndarray
    softness: np.ndarray
    grain: np.ndarray


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
    drawn = _draw(len(x), generator)
    out = _placed(_mirrored(x, how, drawn), how, drawn)
    out = _softened(_graded(out, how, drawn), how, drawn)
    return _grained(out, how, drawn, generator)


def _draw(n: int, generator: np.random.Generator) -> _Chances:
    # All chances are drawn whatever is switched on: a setting changes what it is about, no more.
    mirrored, turned = generator.random((2, n)) < 0.5
    return _Chances(mirrored, turned, *generator.uniform(-1, 1, (10, n)))


def _mirrored(x: np.ndarray, how: Augmentation, drawn: _Chances) -> np.ndarray:
    out = x.copy()
    if how.flip_left_right:
        out[drawn.mirrored] = out[drawn.mirrored, :, ::-1]
    if how.flip_up_down:
        out[drawn.turned] = out[drawn.turned, ::-1]
    return out


def _placed(x: np.ndarray, how: Augmentation, drawn: _Chances) -> np.ndarray:
    """Moved, turned, zoomed and stretched about the middle; the edge is repeated."""
    if not (how.shift or how.rotation or how.zoom or how.aspect):
        return x
    import cv2

    n, height, width, _ = x.shape
    out = np.empty_like(x)
    for row in range(n):
        angle = np.deg2rad(how.rotation * drawn.angle[row])
        size = 1.0 + how.zoom * drawn.size[row]
        wide = 1.0 + how.aspect * drawn.width[row]
        cosine, sine = np.cos(angle), np.sin(angle)
        turn = size * np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([wide, 1.0])
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        # Whole pixels where nothing else moves: in-between ones would blur every picture.
        move = np.rint(how.shift * np.array([width * drawn.right[row], height * drawn.down[row]]))
        matrix = np.column_stack([turn, middle - turn @ middle + move])
        moved = cv2.warpAffine(x[row], matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        out[row] = moved.reshape(x.shape[1:])
    return out


def _graded(x: np.ndarray, how: Augmentation, drawn: _Chances) -> np.ndarray:
    """Other brightness, contrast and gamma: one table of 256 values a picture."""
    if not (how.brightness or how.contrast or how.gamma):
        return x
    values = np.arange(256, dtype=np.float32)
    out = np.empty_like(x)
    for row, picture in enumerate(x):
        mean = float(picture.mean())
        factor = 1.0 + how.contrast * drawn.factor[row]
        table = (values - mean) * factor + mean + 255.0 * how.brightness * drawn.level[row]
        bent = 255.0 * (np.clip(table, 0, 255) / 255.0) ** np.exp(how.gamma * drawn.bend[row])
        out[row] = np.rint(bent).astype(np.uint8)[picture]
    return out


def _softened(x: np.ndarray, how: Augmentation, drawn: _Chances) -> np.ndarray:
    if not how.blur:
        return x
    import cv2

    out = x.copy()
    # From -1..1 the uppermost share is blurred, the more the higher it lies.
    strength = 1.0 - (1.0 - drawn.softness) / (2 * _BLURRED)
    for row in np.flatnonzero(strength > 0).tolist():
        deviation = how.blur * min(x.shape[1:3]) * strength[row]
        out[row] = cv2.GaussianBlur(x[row], (0, 0), max(deviation, 0.05)).reshape(x.shape[1:])
    return out


def _grained(
    x: np.ndarray, how: Augmentation, drawn: _Chances, generator: np.random.Generator
) -> np.ndarray:
    if not how.noise:
        return x
    out = x.copy()
    strength = 1.0 - (1.0 - drawn.grain) / (2 * _GRAINED)
    for row in np.flatnonzero(strength > 0).tolist():
        grain = generator.standard_normal(x.shape[1:], np.float32)
        noisy = x[row] + 255.0 * how.noise * strength[row] * grain
        out[row] = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return out
