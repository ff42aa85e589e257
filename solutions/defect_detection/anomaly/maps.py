"""From a map of how strange each place is to the part's score, a small map, and regions."""

from __future__ import annotations

import cv2
import numpy as np

from lepton_core.images import resize
from lepton_core.tiles import enlarged

from .config import ScoreConfig

SIDE = 96
MOST_REGIONS = 50


def smoothed(cells: np.ndarray, config: ScoreConfig) -> np.ndarray:
    """A map without single strange cells, which are mostly noise.

    Args:
        cells: float32 [rows, columns].
        config: how wide.

    Returns:
        float32 [rows, columns].
    """
    if config.smooth <= 0:
        return cells
    return np.asarray(cv2.GaussianBlur(cells, (0, 0), config.smooth))


def score_of(cells: np.ndarray, config: ScoreConfig) -> float:
    """A part's score: the mean of its strangest cells, which one freak cell does not decide.

    Args:
        cells: smoothed map, any shape.
        config: how many of them.

    Example:
        >>> cells = np.zeros((50, 50), np.float32)
        >>> cells[:2, :2] = 8.0
        >>> score_of(cells, ScoreConfig(top=0.001, least_cells=4))
        8.0
    """
    values = np.ravel(cells)
    count = min(max(round(values.size * config.top), config.least_cells), values.size)
    return float(np.partition(values, values.size - count)[values.size - count :].mean())


def small(cells: np.ndarray) -> np.ndarray:
    """The map stretched over 96 x 96, float32 [96, 96], for display."""
    return resize(np.asarray(cells, np.float32), (SIDE, SIDE))


def regions(cells: np.ndarray, limit: float, size: tuple[int, int], stride: float) -> np.ndarray:
    """Where a picture is stranger than good parts are.

    Args:
        cells: smoothed map, float32 [rows, columns].
        limit: value from which a place is strange; infinity for nowhere.
        size: height and width of the picture, pixels.
        stride: pixels of the picture a cell.

    Returns:
        float32 [``MOST_REGIONS``, 6], the strangest first: x0 y0 x1 y1 and area in pixels of the
        picture, and the highest value within; NaN where there is none.

    Example:
        >>> cells = np.zeros((20, 30), np.float32)
        >>> cells[4:6, 10:13] = 5.0
        >>> found = regions(cells, 2.0, (80, 120), 4)
        >>> found[0].round().tolist(), int(np.isfinite(found[:, 0]).sum())
        ([40.0, 16.0, 52.0, 24.0, 92.0, 5.0], 1)
    """
    found = np.full((MOST_REGIONS, 6), np.nan, np.float32)
    if not (cells >= limit).any():
        return found
    height, width = size
    # Cells of a scaled picture need not be whole pixels wide: first at whole ones, then stretched.
    whole = max(round(stride), 1)
    ratio = stride / whole
    fine = enlarged(cells, whole, cells.shape[0] * whole, cells.shape[1] * whole)
    strange = (fine >= limit).view(np.uint8)
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(strange)
    rows = []
    for number in range(1, count):
        x, y, w, h, area = stats[number].tolist()
        around = slice(y, y + h), slice(x, x + w)
        score = float(fine[around][numbers[around] == number].max())
        box = np.array([x, y, x + w, y + h]) * ratio
        box = np.minimum(box, (width, height, width, height))
        if box[2] > box[0] and box[3] > box[1]:
            rows.append([*box, area * ratio**2, score])
    rows.sort(key=lambda row: -row[5])
    if rows:
        found[: len(rows[:MOST_REGIONS])] = rows[:MOST_REGIONS]
    return found
