"""Defects as connected pixels of a probability map."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from lepton_core.tiles import enlarged

# A probability's distance from 0 and 1, so that its logit is a number.
_EDGE = 1e-6


class _Spots(NamedTuple):
    """Connected pixels by their numbers, from 1 on.

    Args:
        area: pixels, int64 [m].
        mean: of the map over them, float64 [m].
        box: x0 y0 x1 y1 int64 [m, 4], pixels.
        centre: x y float64 [m, 2], pixels.
    """

    area: np.ndarray
    mean: np.ndarray
    box: np.ndarray
    centre: np.ndarray


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
    marked = whole >= threshold
    number, labels = cv2.connectedComponents(marked.view(np.uint8), connectivity=8)
    if number == 1:
        return none
    spots = _spots(labels, whole)
    kept = np.flatnonzero(spots.area >= least)
    kept = kept[np.argsort(-(spots.area * spots.mean)[kept], kind="stable")[:most]]
    boxes = spots.box[kept].astype(np.float32)
    boxes += np.float32(stride) * np.array([x0, y0, x0, y0], np.float32)
    shares = _shares(maps[..., 1:], stride, labels, spots.centre, number)
    told = np.clip(spots.mean[kept, None] * shares[kept], _EDGE, 1 - _EDGE)
    area = spots.area[kept].astype(np.float32)
    return boxes, area, np.log(told / (1 - told)).astype(np.float32)


def _span(is_there: np.ndarray, axis: int) -> tuple[int, int]:
    """From where to where something is there along an axis, with a cell of margin if it has one."""
    places = np.flatnonzero(is_there.any(axis=1 - axis))
    return max(int(places[0]) - 1, 0), min(int(places[-1]) + 2, is_there.shape[axis])


def _spots(labels: np.ndarray, whole: np.ndarray) -> _Spots:
    """What there is to know of numbered pixels, from their runs along rows.

    There are a few thousand runs where there are a million pixels.

    Args:
        labels: int32 [H, W], 0 for none; at least one pixel has each number up to the highest.
        whole: a map float32 [H, W].
    """
    is_start = np.ones(labels.shape, bool)
    np.not_equal(labels[:, 1:], labels[:, :-1], out=is_start[:, 1:])
    starts = np.flatnonzero(is_start)
    number, total = labels.ravel()[starts], np.add.reduceat(whole.ravel(), starts)
    order = np.argsort(number, kind="stable")
    order = order[np.count_nonzero(number == 0) :]
    first = np.flatnonzero(np.diff(number[order], prepend=0))
    length = np.diff(starts, append=labels.size)[order]
    y, x0 = np.divmod(starts[order], labels.shape[1])
    x1 = x0 + length
    low = [np.minimum.reduceat(values, first) for values in (x0, y)]
    high = [np.maximum.reduceat(values, first) for values in (x1, y + 1)]
    area = np.add.reduceat(length, first)
    mean, x, y = (
        np.add.reduceat(sums, first) / area
        for sums in (total[order].astype(np.float64), length * (x0 + x1 - 1) / 2, length * y)
    )
    return _Spots(area, mean, np.stack([*low, *high], axis=1), np.stack([x, y], axis=1))


def _shares(
    maps: np.ndarray, stride: int, labels: np.ndarray, centres: np.ndarray, number: int
) -> np.ndarray:
    """How each component's probability is shared among the classes, [number - 1, C], sum 1."""
    h, w, count = maps.shape
    rows = np.minimum(np.arange(h) * stride + stride // 2, labels.shape[0] - 1)
    columns = np.minimum(np.arange(w) * stride + stride // 2, labels.shape[1] - 1)
    cells = labels[rows[:, None], columns].ravel()
    places = np.flatnonzero(cells)
    of_place = cells[places]
    sums = [np.bincount(of_place, maps[..., kind].ravel()[places], number) for kind in range(count)]
    found = np.stack(sums, axis=1)[1:]
    # What lies between the middles of cells is of the class of the cell about its own middle.
    cell = np.minimum((centres[:, ::-1] / stride).astype(np.int64), (h - 1, w - 1))
    own = maps[cell[:, 0], cell[:, 1]].astype(np.float64)
    found = np.where(found.sum(axis=1, keepdims=True) > 0, found, own)
    return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12))
