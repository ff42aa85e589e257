"""Defects as connected pixels of a probability map."""

from __future__ import annotations

import cv2
import numpy as np

from lepton_core.tiles import enlarged

# A probability's distance from 0 and 1, so that its logit is a number.
_EDGE = 1e-6


def components(
    maps: np.ndarray, stride: int, size: tuple[int, int], threshold: float, least: float, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Connected pixels that are defective, each with its box, area and class.

    Args:
        maps: probabilities float32 [h, w, 1 + C], that of no defect first.
        stride: pixels of the picture a cell.
        size: height and width of the picture, pixels.
        threshold: from which probability of some defect on a pixel belongs to one, 0..1.
        least: area below which nothing is a defect, square pixels.
        most: how many are kept, the largest by area times probability.

    Returns:
        boxes x0 y0 x1 y1 float32 [m, 4], areas float32 [m], and logits [m, C]: of the mean
        probability over its pixels, shared among the classes as its cells share it.

    Example:
        >>> maps = np.zeros((4, 4, 2), np.float32)
        >>> maps[..., 0] = 1
        >>> maps[1, 1:3] = (0, 1)
        >>> boxes, area, _ = components(maps, 1, (4, 4), 0.5, least=1, most=9)
        >>> boxes.tolist(), area.tolist()
        ([[1.0, 1.0, 3.0, 2.0]], [2.0])
    """
    count = maps.shape[2] - 1
    none = np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty((0, count), np.float32)
    defect = 1 - maps[..., 0]
    above = defect >= threshold
    # Between two cells there is nothing above both.
    if not above.any():
        return none
    # Most of a large part is sound, and need not be looked at pixel by pixel.
    (y0, y1), (x0, x1) = (_span(above, axis) for axis in (0, 1))
    maps, defect = maps[y0:y1, x0:x1], defect[y0:y1, x0:x1]
    height, width = (
        min((end - start) * stride, side - start * stride)
        for start, end, side in ((y0, y1, size[0]), (x0, x1, size[1]))
    )
    whole = enlarged(np.ascontiguousarray(defect), stride, height, width)
    marked = (whole >= threshold).astype(np.uint8)
    number, labels, stats, centres = cv2.connectedComponentsWithStats(marked, connectivity=8)
    area = stats[1:, cv2.CC_STAT_AREA].astype(np.float64)
    if not (area >= least).any():
        return none
    places = np.flatnonzero(marked)
    of_place = labels.ravel()[places]
    mean = np.bincount(of_place, whole.ravel()[places], number)[1:] / area
    kept = np.flatnonzero(area >= least)
    kept = kept[np.argsort(-(area * mean)[kept], kind="stable")[:most]]
    left, top = stats[1:, cv2.CC_STAT_LEFT], stats[1:, cv2.CC_STAT_TOP]
    right = left + stats[1:, cv2.CC_STAT_WIDTH]
    bottom = top + stats[1:, cv2.CC_STAT_HEIGHT]
    boxes = np.stack([left, top, right, bottom], axis=1)[kept].astype(np.float32)
    boxes += np.float32(stride) * np.array([x0, y0, x0, y0], np.float32)
    told = mean[kept, None] * _shares(maps[..., 1:], stride, labels, centres[1:], number)[kept]
    told = np.clip(told, _EDGE, 1 - _EDGE)
    return boxes, area[kept].astype(np.float32), np.log(told / (1 - told)).astype(np.float32)


def _span(is_there: np.ndarray, axis: int) -> tuple[int, int]:
    """From where to where something is there along an axis, with a cell of margin if it has one."""
    places = np.flatnonzero(is_there.any(axis=1 - axis))
    return max(int(places[0]) - 1, 0), min(int(places[-1]) + 2, is_there.shape[axis])


def _shares(
    maps: np.ndarray, stride: int, labels: np.ndarray, centres: np.ndarray, number: int
) -> np.ndarray:
    """How each component's probability is shared among the classes, [number - 1, C], sum 1."""
    h, w, count = maps.shape
    rows = np.minimum(np.arange(h) * stride + stride // 2, labels.shape[0] - 1)
    columns = np.minimum(np.arange(w) * stride + stride // 2, labels.shape[1] - 1)
    cells = labels[rows[:, None], columns].ravel()
    sums = [np.bincount(cells, maps[..., kind].ravel(), number) for kind in range(count)]
    found = np.stack(sums, axis=1)[1:]
    # What lies between the middles of cells is of the class of the cell about its own middle.
    cell = np.minimum((centres[:, ::-1] / stride).astype(np.int64), (h - 1, w - 1))
    own = maps[cell[:, 0], cell[:, 1]].astype(np.float64)
    found = np.where(found.sum(axis=1, keepdims=True) > 0, found, own)
    return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12))
