"""What happens to pictures on their way, each at three stated levels: noise, blur, compression...

Sizes are shares of the picture's own, so that a level means the same at 28 and at 2,000 pixels.

Source: Hendrycks and Dietterich, Benchmarking Neural Network Robustness to Common Corruptions and
Perturbations, 2019, whose idea this is; kinds and levels are chosen for grey pictures of devices.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEVELS = 3
_Change = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Corruption:
    """One kind of corruption.

    Args:
        levels: its strength at each level, mild to severe.
        unit: what the strength is, a key below ``evaluate.robustness.unit``.
        change: float32 [H, W, C] in 0..255, a strength and chances, to the same.
    """

    levels: tuple[float, float, float]
    unit: str
    change: _Change


def corrupt(picture: np.ndarray, name: str, level: int, seed: int = 0) -> np.ndarray:
    """A corrupted copy of a picture.

    Args:
        picture: uint8 [H, W, C], C 1 or 3.
        name: of ``CORRUPTIONS``.
        level: 0, 1 or 2, mild to severe.
        seed: the same seed gives the same picture, and the same grain and direction at each level.

    Returns:
        uint8 [H, W, C].

    Raises:
        ValueError: another name or level.

    Example:
        >>> grey = np.full((8, 8, 1), 100, np.uint8)
        >>> corrupt(grey, "brightness", 2).ravel()[0].item() in (24, 176)
        True
    """
    if name not in CORRUPTIONS or not 0 <= level < LEVELS:
        known = ", ".join(CORRUPTIONS)
        raise ValueError(f"name is of {known}, level 0..2. Received: {name!r}, {level!r}")
    kind = CORRUPTIONS[name]
    chances = np.random.default_rng([seed, zlib.crc32(name.encode())])
    changed = kind.change(picture.astype(np.float32), kind.levels[level], chances)
    return np.clip(np.rint(changed), 0, 255).astype(np.uint8).reshape(picture.shape)


def _noise(x: np.ndarray, strength: float, chances: np.random.Generator) -> np.ndarray:
    return x + 255 * strength * chances.standard_normal(x.shape, np.float32)


def _blur(x: np.ndarray, strength: float, chances: np.random.Generator) -> np.ndarray:
    import cv2

    return np.asarray(cv2.GaussianBlur(x, (0, 0), strength * min(x.shape[:2])))


def _contrast(x: np.ndarray, strength: float, chances: np.random.Generator) -> np.ndarray:
    return x.mean() + strength * (x - x.mean())


def _brightness(x: np.ndarray, strength: float, chances: np.random.Generator) -> np.ndarray:
    return x + 255 * strength * chances.choice((-1, 1))


def _compression(x: np.ndarray, strength: float, chances: np.random.Generator) -> np.ndarray:
    import cv2

    whole = np.rint(x).astype(np.uint8)
    kind = cv2.IMREAD_GRAYSCALE if x.shape[-1] == 1 else cv2.IMREAD_COLOR
    _, encoded = cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, int(strength)])
    return np.asarray(cv2.imdecode(encoded, kind), np.float32)


def _rotation(x: np.ndarray, strength: float, chances: np.random.Generator) -> np.ndarray:
    import cv2

    height, width = x.shape[:2]
    middle = ((width - 1) / 2, (height - 1) / 2)
    turn = cv2.getRotationMatrix2D(middle, strength * chances.choice((-1, 1)), 1.0)
    return np.asarray(cv2.warpAffine(x, turn, (width, height), borderMode=cv2.BORDER_REPLICATE))


CORRUPTIONS: dict[str, Corruption] = {
    "noise": Corruption((0.03, 0.06, 0.12), "share_of_range", _noise),
    "blur": Corruption((0.005, 0.01, 0.02), "share_of_side", _blur),
    "contrast": Corruption((0.75, 0.5, 0.3), "factor", _contrast),
    "brightness": Corruption((0.1, 0.2, 0.3), "share_of_range", _brightness),
    "compression": Corruption((30.0, 15.0, 7.0), "quality", _compression),
    "rotation": Corruption((5.0, 10.0, 20.0), "degrees", _rotation),
}
