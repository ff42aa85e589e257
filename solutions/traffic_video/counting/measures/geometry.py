"""Plane geometry in pixels: sides of a line, inside a polygon, a homography from four points."""

from __future__ import annotations

import numpy as np


def side_px(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Signed distance [n] of points [n, 2] from a line, pixels.

    Positive on the right hand of one who walks from ``start`` to ``end`` (y runs down), so below a
    line that is drawn from left to right.

    Example:
        >>> side_px(np.array([[5.0, 9.0]]), np.array([0.0, 4.0]), np.array([10.0, 4.0])).tolist()
        [5.0]
    """
    along = end - start
    from_start = points - start
    across = along[0] * from_start[:, 1] - along[1] * from_start[:, 0]
    return np.asarray(across / np.hypot(*along))


def inside(points: np.ndarray, polygon: np.ndarray) -> np.ndarray:
    """bool [n]: which points [n, 2] lie in a polygon [k, 2] (even-odd rule).

    Example:
        >>> square = np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]])
        >>> inside(np.array([[1.0, 1.0], [5.0, 1.0]]), square).tolist()
        [True, False]
    """
    x, y = points[:, :1], points[:, 1:]
    x0, y0 = polygon.T
    x1, y1 = np.roll(polygon, -1, axis=0).T
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        cuts = ((y0 > y) != (y1 > y)) & (x < at)
    return np.asarray(cuts.sum(axis=1) % 2 == 1)


def area_px(polygon: np.ndarray) -> float:
    """Area of a polygon [k, 2], square pixels, at least 0."""
    x, y = polygon.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def is_crossing_itself(polygon: np.ndarray) -> bool:
    """Whether two sides of a polygon that are no neighbours meet.

    Example:
        >>> is_crossing_itself(np.array([[0.0, 0], [4, 4], [4, 0], [0, 4]]))
        True
    """
    n = len(polygon)
    ends = np.roll(polygon, -1, axis=0)
    for i in range(n):
        for j in range(i + 2, n):
            if (i == 0 and j == n - 1) or not _meet(polygon[i], ends[i], polygon[j], ends[j]):
                continue
            return True
    return False


def _turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _meet(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> bool:
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def corner_turns(polygon: np.ndarray) -> np.ndarray:
    """float64 [k]: twice the area of the triangle at each corner, signed by its turn."""
    before, after = np.roll(polygon, 1, axis=0), np.roll(polygon, -1, axis=0)
    return np.array([_turn(a, b, c) for a, b, c in zip(before, polygon, after, strict=True)], float)


def homography(from_points: np.ndarray, to_points: np.ndarray) -> np.ndarray:
    """float64 [3, 3] that takes four points [4, 2] to four others, up to scale.

    Source: Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 4.1.

    Example:
        >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
        >>> apply(homography(square, 2 * square), np.array([[0.5, 0.25]])).round(9).tolist()
        [[1.0, 0.5]]
    """
    rows = []
    for (x, y), (u, v) in zip(from_points, to_points, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solved = np.linalg.solve(np.array(rows, float), np.asarray(to_points, float).ravel())
    return np.append(solved, 1.0).reshape(3, 3)


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """float64 [n, 2]: points [n, 2] through a homography; NaN at and beyond its horizon."""
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(moved[:, 2:] > 1e-9, moved[:, :2] / moved[:, 2:], np.nan))
