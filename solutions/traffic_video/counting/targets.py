"""What the network shall say of each pixel: vehicle, inner part, box; how much each counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

# What the network answers.
HEADS = ("box", "core", "size", "vehicle")
# Of its answers: one for two by two pixels.
STRIDE = 2
# What a target says where nothing is known; such places do not count.
UNKNOWN = 255
# The core of a vehicle is what lies so deep in it, as a share of the deepest place, but at most so
# many pixels: there the network can be surest which vehicle a pixel is of.
_CORE, _DEEP = 0.45, 5.0
# How much a pixel counts: of a vehicle of so many pixels as one of the road, of smaller ones more,
# as they are counted all the same; most of all where two vehicles nearly touch.
_USUAL_AREA, _MOST, _BETWEEN, _BESIDE = 600.0, 4.0, 4, 3
# Half the side of a usual box in pixels of the answers, and the logarithm of how far one is off it.
_USUAL_BOX, _RANGE = 8.0, 4.0


def weights_of(ids: np.ndarray) -> np.ndarray:
    """How much each pixel counts: of small vehicles more, and where two nearly touch.

    Args:
        ids: [h, w], number of the vehicle at each pixel, 0 for none.

    Returns:
        uint8 [h, w], at least 1.

    Example:
        >>> ids = np.zeros((40, 90), np.uint16)
        >>> ids[5:35, 10:40], ids[5:35, 43:48] = 1, 2
        >>> weights_of(ids)[20, [0, 20, 41, 45]].tolist()
        [1, 1, 4, 2]
    """
    weight = np.ones(ids.shape, np.uint8)
    beside = np.zeros(ids.shape, np.uint8)
    around = np.ones((2 * _BESIDE + 1, 2 * _BESIDE + 1), np.uint8)
    for one, rows, columns in _places(ids):
        mask = ids[rows, columns] == one
        own = float(np.clip(np.sqrt(_USUAL_AREA / mask.sum()), 1.0, _MOST))
        weight[rows, columns][mask] = round(own)
        wide = [
            slice(max(side.start - _BESIDE, 0), side.stop + _BESIDE) for side in (rows, columns)
        ]
        near = (ids[wide[0], wide[1]] == one).astype(np.uint8)
        beside[wide[0], wide[1]] += cv2.dilate(near, around)
    weight[beside > 1] = _BETWEEN
    return weight


def cores_of(ids: np.ndarray) -> np.ndarray:
    """The inner part of each vehicle: of two that touch, the cores do not.

    Args:
        ids: [h, w], number of the vehicle at each pixel, 0 for none.

    Returns:
        uint8 [h, w], 1 or 0.

    Example:
        >>> ids = np.zeros((9, 20), np.uint16)
        >>> ids[1:8, 1:10], ids[1:8, 10:19] = 1, 2
        >>> cores_of(ids)[4].tolist()
        [0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    """
    found = np.zeros(ids.shape, np.uint8)
    for one, rows, columns in _places(ids):
        mask = np.pad((ids[rows, columns] == one).astype(np.uint8), 1)
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)[1:-1, 1:-1]
        inner = depth > max(min(_CORE * float(depth.max()), _DEEP), 1.0)
        found[rows, columns] |= (inner | (depth == depth.max())).astype(np.uint8)
    return found


def boxes_of(ids: np.ndarray) -> np.ndarray:
    """Of each pixel how far the sides of its vehicle's box are away, in pixels.

    Args:
        ids: [h, w], number of the vehicle at each pixel, 0 for none.

    Returns:
        float32 [h, w, 4]: left, up, right, down from the pixel's middle to the box around all that
        is seen of its vehicle; 0 where there is none.

    Example:
        >>> ids = np.zeros((6, 9), np.uint16)
        >>> ids[1:5, 2:4], ids[1:5, 6:8] = 3, 3
        >>> boxes_of(ids)[2, 3].tolist()
        [1.5, 1.5, 4.5, 2.5]
    """
    found = np.zeros((*ids.shape, 4), np.float32)
    for one, rows, columns in _places(ids):
        mask = ids[rows, columns] == one
        y, x = np.nonzero(mask)
        height, width = mask.shape
        sides = [x + 0.5, y + 0.5, width - x - 0.5, height - y - 0.5]
        found[rows, columns][mask] = np.stack(sides, axis=1)
    return found


def box_pixels(answers: Any, ops: Any = np) -> Any:
    """What the network answers of boxes as distances in pixels of its answers, above 0.

    Args:
        answers: float32 [..., 4].
        ops: whose functions are used: of NumPy, or of Keras in training.

    Example:
        >>> box_pixels(np.zeros(4, np.float32)).tolist()
        [8.0, 8.0, 8.0, 8.0]
    """
    return _USUAL_BOX * ops.exp(ops.clip(answers, -_RANGE, _RANGE))


def box_answers(boxes: np.ndarray) -> np.ndarray:
    """What the network has to answer for boxes: the inverse of :func:`box_pixels`.

    Example:
        >>> box_pixels(box_answers(np.array([2.0, 30.0]))).round(3).tolist()
        [2.0, 30.0]
    """
    return np.log(np.maximum(boxes, 0.5) / _USUAL_BOX)


def _places(ids: np.ndarray) -> Iterator[tuple[int, slice, slice]]:
    for one in np.unique(ids).tolist():
        if one:
            rows, columns = np.flatnonzero((ids == one).any(1)), np.flatnonzero((ids == one).any(0))
            yield one, slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def known(mask: np.ndarray) -> np.ndarray:
    """A mask of 0 background, 50 shadow, 255 vehicle and others as a target."""
    told = np.full(mask.shape, UNKNOWN, np.uint8)
    told[(mask == 0) | (mask == 50)] = 0
    told[mask == 255] = 1
    return told


def half(target: np.ndarray, size: tuple[int, int], beyond: int = UNKNOWN) -> np.ndarray:
    """A target at the stride of the network's answers; ``beyond`` is told of its margin."""
    return _padded(target, size, beyond)[1::STRIDE, 1::STRIDE]


def coarse(core: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Cores at the stride of the answers, none of them lost however small it is."""
    height, width = size
    padded = _padded(core, size, UNKNOWN)
    blocks = padded.reshape(height // STRIDE, STRIDE, width // STRIDE, STRIDE)
    return np.asarray(blocks.max(axis=(1, 3)))


def _padded(target: np.ndarray, size: tuple[int, int], beyond: int) -> np.ndarray:
    padded = np.full(size, beyond, target.dtype)
    padded[: target.shape[0], : target.shape[1]] = target
    return padded
