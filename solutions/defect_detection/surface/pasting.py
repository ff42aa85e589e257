"""Defects of some training tiles copied onto others, so that no part is learned by heart."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

# Pixels around a defect that still belong to it: its edge is never marked exactly.
_MARGIN = 4
_SOFT = 1.5
# How a copy varies: its turn either way in degrees (defects know the grain of a surface), its size
# as a factor either way, and how strongly it shows.
_TURN, _SIZE, _STRENGTH = 30.0, 1.4, (0.6, 1.3)


class Defect(NamedTuple):
    """What a defect changes where it stands.

    Args:
        change: float32 [h, w, C], grey levels by which it is brighter than its surroundings would
            be; 0 outside.
        mask: uint8 [h, w], class number of each pixel, 0 for none.
    """

    change: np.ndarray
    mask: np.ndarray


def defects_of(x: np.ndarray, masks: np.ndarray) -> dict[int, list[Defect]]:
    """The defects of tiles by class number, each cut out with its surroundings taken off.

    Args:
        x: uint8 [n, H, W, C].
        masks: uint8 [n, H, W], class number of each pixel, 0 for none.

    Example:
        >>> x, masks = np.full((1, 64, 64, 1), 90, np.uint8), np.zeros((1, 64, 64), np.uint8)
        >>> x[0, 30:34, 20:40], masks[0, 30:34, 20:40] = 50, 2
        >>> (scratch,) = defects_of(x, masks)[2]
        >>> int((scratch.mask == 2).sum()), int((scratch.change < -30).sum())
        (80, 80)
    """
    found: dict[int, list[Defect]] = {}
    for tile, mask in zip(x, masks, strict=True):
        for code in np.unique(mask[mask > 0]).tolist():
            found.setdefault(code, []).append(_cut_out(tile, mask, code))
    return found


def _cut_out(tile: np.ndarray, mask: np.ndarray, code: int) -> Defect:
    height, width = mask.shape
    y, x = np.nonzero(mask == code)
    around = 3 * _MARGIN
    rows = slice(max(int(y.min()) - around, 0), min(int(y.max()) + around + 1, height))
    columns = slice(max(int(x.min()) - around, 0), min(int(x.max()) + around + 1, width))
    # Other defects are taken off too, but only this one's change is kept.
    marked = cv2.dilate((mask[rows, columns] > 0).astype(np.uint8), _disc(_MARGIN))
    own = (mask[rows, columns] == code).astype(np.uint8)
    seen = tile[rows, columns]
    bare = cv2.inpaint(seen, marked, 3, cv2.INPAINT_TELEA).reshape(seen.shape)
    soft = cv2.GaussianBlur(cv2.dilate(own, _disc(_MARGIN)).astype(np.float32), (0, 0), _SOFT)
    change = (seen.astype(np.float32) - bare) * soft[..., None]
    return Defect(change, own * np.uint8(code))


def paste(
    x: np.ndarray, mask: np.ndarray, valid: np.ndarray, one: Defect, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A tile and its mask with a turned, resized, weaker or stronger copy of a defect.

    Args:
        x: uint8 [H, W, C].
        mask: uint8 [H, W].
        valid: uint8 [H, W], above 0 where parts are looked at: there its middle comes to lie, and
            outside nothing is marked.
        one: the defect.
        generator: of the chances.

    Returns:
        new arrays; as they were where nothing is looked at.
    """
    rows, columns = np.nonzero(valid)
    if not len(rows):
        return x, mask
    at = int(generator.integers(len(rows)))
    angle = np.deg2rad(_TURN * generator.uniform(-1, 1))
    size = _SIZE ** generator.uniform(-1, 1)
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ np.diag(generator.choice([-1.0, 1.0], 2))
    height, width = one.mask.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.column_stack([turn, (columns[at], rows[at]) - turn @ middle])
    whole = x.shape[1], x.shape[0]
    change = cv2.warpAffine(one.change, matrix, whole).reshape(x.shape)
    moved = cv2.warpAffine(one.mask, matrix, whole, flags=cv2.INTER_NEAREST) * (valid > 0)
    seen = x + change * generator.uniform(*_STRENGTH)
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8), np.where(moved > 0, moved, mask)


def _disc(radius: int) -> np.ndarray:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
