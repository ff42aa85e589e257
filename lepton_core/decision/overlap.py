"""Boxes in a picture: how far two of them cover each other, and which say the same twice.

A box is ``x0 y0 x1 y1`` in pixels, from the left and the top; ``x1 y1`` lie just outside.
"""

from __future__ import annotations

import numpy as np


def areas(boxes: np.ndarray) -> np.ndarray:
    """Areas [n] of boxes [n, 4]; 0 for one the wrong way round."""
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1])


def shared(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The area that each of boxes [n, 4] has in common with each of [m, 4], [n, m].

    Example:
        >>> shared(np.array([[0, 0, 4, 4]]), np.array([[2, 2, 6, 6], [4, 0, 8, 4]])).tolist()
        [[4, 0]]
    """
    width, height = (
        np.minimum(a[:, None, axis + 2], b[:, axis + 2]) - np.maximum(a[:, None, axis], b[:, axis])
        for axis in (0, 1)
    )
    return np.asarray(np.maximum(width, 0) * np.maximum(height, 0))


def ious(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union, 0..1, of each of boxes [n, 4] with each of [m, 4], [n, m].

    Example:
        >>> ious(np.array([[0, 0, 4, 4]]), np.array([[0, 0, 4, 4], [2, 0, 6, 4]])).round(3).tolist()
        [[1.0, 0.333]]
    """
    both = shared(a, b)
    union = areas(a)[:, None] + areas(b)[None] - both
    return np.asarray(both / np.maximum(union, 1e-9))


def thinned(boxes: np.ndarray, scores: np.ndarray, iou: float) -> np.ndarray:
    """Non-maximum suppression: the boxes that no better box covers.

    Args:
        boxes: float [n, 4], of one class.
        scores: float [n], higher for better; of equals the first comes first.
        iou: a box goes whose intersection over union with a better one that stays is above this.

    Returns:
        int64 [m], the places of those that stay, the best first.

    Example:
        >>> boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 30, 40, 40]], float)
        >>> thinned(boxes, np.array([0.6, 0.9, 0.5]), iou=0.5).tolist()
        [1, 2]
    """
    order = np.argsort(-np.asarray(scores), kind="stable")
    # All pairs at once: thousands of boxes are the exception, and each step would cost as much.
    covers = ious(boxes[order], boxes[order]) > iou
    free = np.ones(len(order), bool)
    for place in range(len(order)):
        if free[place]:
            free[place + 1 :] &= ~covers[place, place + 1 :]
    return np.asarray(order[free], np.int64)


def averaged(boxes: np.ndarray, scores: np.ndarray, stays: np.ndarray, iou: float) -> np.ndarray:
    """The boxes that stay, each as the mean of those it stands for, by their scores (box voting).

    Where a defect's edges are not clear, several looks at it are nearer to them than the best one.

    Args:
        boxes: float [n, 4], of one class.
        scores: float [n], above 0.
        stays: int64 [m], of :func:`thinned`.
        iou: as it was given there.

    Source:
        Gidaris and Komodakis, Object detection via a multi-region and semantic segmentation-aware
        CNN model, 2015.

    Example:
        >>> boxes = np.array([[0, 0, 10, 10], [2, 0, 12, 10]], float)
        >>> averaged(boxes, np.array([0.6, 0.2]), np.array([0]), iou=0.5).tolist()
        [[0.5, 0.0, 10.5, 10.0]]
    """
    weights = (ious(boxes[stays], boxes) > iou) * scores
    return np.asarray(weights @ boxes / weights.sum(axis=1, keepdims=True))


def grouped(keys: np.ndarray) -> list[np.ndarray]:
    """Places of equal keys [n], ascending, an array each.

    Example:
        >>> [rows.tolist() for rows in grouped(np.array([7, 3, 7]))]
        [[1], [0, 2]]
    """
    if not len(keys):
        return []
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)


def matched(boxes: np.ndarray, truth: np.ndarray, iou: float) -> np.ndarray:
    """Which true box each found one stands for.

    Each takes the one, still free, that it overlaps most.

    Args:
        boxes: [m, 4], the likeliest first.
        truth: [k, 4].
        iou: least intersection over union.

    Returns:
        int64 [m], a place in ``truth``; -1 for none.

    Example:
        >>> truth = np.array([[0, 0, 10, 10]])
        >>> matched(np.array([[0, 0, 10, 9], [0, 0, 10, 10]]), truth, iou=0.5).tolist()
        [0, -1]
    """
    found = np.full(len(boxes), -1, np.int64)
    if not len(truth):
        return found
    overlaps = ious(boxes, truth)
    for place, row in enumerate(overlaps):
        best = int(row.argmax())
        if row[best] >= iou:
            found[place] = best
            overlaps[:, best] = -1
    return found
