"""What a picture is like as a whole, in a few numbers: brightness, contrast, detail, grain.

They are taken at the picture's own resolution. A copy that was scaled, blurred or sharpened differs
in how its finest structures are spread, although it looks the same to a person.
"""

from __future__ import annotations

import cv2
import numpy as np

MOST_OCTAVES = 5
# Neighbours whose likeness in the finest octave is told: right, below, across, and one further.
_LAGS = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0))
BRIGHTNESS, CONTRAST, DETAIL = 0, 1, 2
GRAIN = len(_LAGS) + 1
# Grey values that are lost in rounding.
_ROUNDING = 0.25
_LEAST_SIDE = 8
# Grain is the same everywhere: that of the middle of a large picture is enough.
_GRAIN_SIDE = 512
# A twentieth of the range counts as much as a third more or less contrast.
BRIGHTNESS_UNIT = 20.0


def octaves_of(side: int) -> int:
    """How many octaves of detail a picture holds whose shorter side is so many pixels, 1 to 5.

    Example:
        >>> octaves_of(8), octaves_of(96), octaves_of(4000)
        (1, 4, 5)
    """
    count = 1
    while count < MOST_OCTAVES and side >> count >= _LEAST_SIDE:
        count += 1
    return count


def statistics(picture: np.ndarray, octaves: int = MOST_OCTAVES) -> np.ndarray:
    """The numbers of one picture.

    Args:
        picture: uint8 [H, W, C]; colours count as their mean.
        octaves: of detail, 1 to 5; one that the picture is too small for is as strong as the one
            before.

    Returns:
        float64 [2 + octaves + ``GRAIN``]: mean brightness in units of 20 grey values; the logarithm
        of the contrast (standard deviation), and of the mean strength of each octave of detail, the
        finest first; how alike neighbours are in the finest octave, and how rarely it is strong.

    Example:
        >>> found = statistics(np.full((64, 48, 1), 100, np.uint8), octaves=3)
        >>> float(found[BRIGHTNESS] * 20), float(found[CONTRAST])
        (100.0, 0.0)
    """
    grey = picture[..., 0]
    if picture.shape[-1] > 1:
        grey = np.mean([one.astype(np.float32) for one in np.moveaxis(picture, -1, 0)], axis=0)
    mean, spread = (float(one[0, 0]) for one in cv2.meanStdDev(grey))
    level = np.ascontiguousarray(grey, np.float32)
    found = [mean / BRIGHTNESS_UNIT, np.log(spread + 1)]
    finest: np.ndarray | None = None
    for _ in range(octaves):
        if min(level.shape) < _LEAST_SIDE:
            found.append(found[-1] if finest is not None else np.log(_ROUNDING))
            continue
        coarser = cv2.pyrDown(level)
        smooth = cv2.pyrUp(coarser, dstsize=level.shape[::-1])
        finest = _middle(level) - _middle(smooth) if finest is None else finest
        found.append(np.log(cv2.norm(level, smooth, cv2.NORM_L1) / level.size + _ROUNDING))
        level = coarser
    return np.array([*found, *_grain(finest)], np.float64)


def _middle(level: np.ndarray) -> np.ndarray:
    """The part of a picture that its grain is told of."""
    top, left = (max(side - _GRAIN_SIDE, 0) // 2 for side in level.shape)
    return level[top : top + _GRAIN_SIDE, left : left + _GRAIN_SIDE]


def _grain(band: np.ndarray | None) -> list[float]:
    if band is None:
        return [0.0] * (len(_LAGS) + 1)
    square = band * band
    power = float(square.mean()) + 0.05
    rows, columns = band.shape
    alike = [
        3 * float((band[: rows - down, : columns - right] * band[down:, right:]).mean()) / power
        for down, right in _LAGS
    ]
    return [*alike, float(np.log((square * square).mean() / power**2 + 0.1))]
