"""How well pixels are found, from counts of each picture: a resample is a sum of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from lepton_core.errors import DataError
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.report import Measured
from lepton_core.masks import DEFECT

_RESAMPLES = 200


class PixelCounts:
    """Pixels by true and by found class, of one picture after the other.

    Args:
        classes: names of the defect classes; a mask has 0 for background and 1 for the first.

    Attributes:
        classes: names of the defect classes.

    Example:
        >>> counts = PixelCounts(("crack",))
        >>> counts.add(np.array([[0, 1, 1, 1]], np.uint8), np.array([[1, 1, 1, 0]], np.uint8))
        >>> figures = pixel_figures(counts.table().sum(axis=0))
        >>> round(figures["pixel_f1"], 3), figures["miou"]
        (0.667, 0.25)
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)
        self._tables: list[np.ndarray] = []

    def add(self, truth: np.ndarray, found: np.ndarray) -> None:
        """Count a picture.

        Args:
            truth: uint8 [height, width]: 0 for background, otherwise a class from 1.
            found: the same of what was found.

        Raises:
            ValueError: the sizes differ, or a number is no class.
        """
        size = len(self.classes) + 1
        if truth.shape != found.shape:
            raise ValueError(f"masks are of one size. Received: {truth.shape}, {found.shape}")
        if max(int(truth.max(initial=0)), int(found.max(initial=0))) >= size:
            raise ValueError(f"masks hold 0..{size - 1}. Received: {truth.max()}, {found.max()}")
        pairs = truth.astype(np.int64) * size + found
        self._tables.append(np.bincount(pairs.ravel(), minlength=size * size))

    def table(self) -> np.ndarray:
        """int64 [pictures, classes + 1, classes + 1]: true class, then found class."""
        size = len(self.classes) + 1
        if not self._tables:
            return np.zeros((0, size, size), np.int64)
        return np.stack(self._tables).reshape(-1, size, size)


def class_mask(mask: np.ndarray, kind: int) -> np.ndarray:
    """A mask that says only where a defect is, with the number of the picture's class.

    Args:
        mask: uint8 [height, width] of :func:`lepton_core.masks.read_mask`.
        kind: number of the class, from 1.
    """
    return np.where(mask == DEFECT, np.uint8(kind), mask)


def pixel_figures(table: np.ndarray) -> dict[str, float]:
    """Figures of all pixels together.

    Args:
        table: int64 [classes + 1, classes + 1], true class then found class; 0 is background.

    Returns:
        ``pixel_precision pixel_recall pixel_f1`` of a defect of any class against background, and
        ``miou``, the mean intersection over union of background and of the classes that occur in
        truth or in what was found. What is not defined is left out.
    """
    defect, called = table[1:].sum(), table[:, 1:].sum()
    right = table[1:, 1:].sum()
    found = {}
    if called:
        found["pixel_precision"] = float(right / called)
    if defect:
        found["pixel_recall"] = float(right / defect)
        found["pixel_f1"] = float(2 * right / (defect + called))
    over = overlaps(table)
    if not np.isnan(over).all():
        found["miou"] = float(np.nanmean(over))
    return found


def overlaps(table: np.ndarray) -> np.ndarray:
    """Intersection over union of background and each class, float64 [classes + 1]; NaN for none."""
    both = np.diag(table).astype(np.float64)
    union = table.sum(axis=0) + table.sum(axis=1) - both
    return np.divide(both, union, out=np.full(len(both), np.nan), where=union > 0)


def class_f1(table: np.ndarray) -> np.ndarray:
    """F1 of the pixels of each defect class, float64 [classes]; NaN for one that does not occur."""
    both = np.diag(table)[1:].astype(np.float64)
    of = (table.sum(axis=0) + table.sum(axis=1))[1:]
    return np.divide(2 * both, of, out=np.full(len(both), np.nan), where=of > 0)


def pixel_measures(
    counts: PixelCounts | np.ndarray, groups: ArrayLike | None = None
) -> dict[str, Measured]:
    """Figures of all pixels of all pictures, with 95% intervals by picture or group.

    Args:
        counts: of the test pictures, or their table [pictures, classes + 1, classes + 1].
        groups: what belongs together of the pictures, [pictures]; each by itself when None.

    Returns:
        as :func:`pixel_figures`; parts of ``pixel_f1`` are the classes' own, of ``miou`` those of
        background and the classes, as far as they occur.
    """
    table = counts.table() if isinstance(counts, PixelCounts) else counts
    whole = table.sum(axis=0)
    by_part = {"pixel_f1": class_f1(whole), "miou": overlaps(whole)}
    found = {}
    for key in pixel_figures(whole):

        def metric(rows: np.ndarray, key: str = key) -> float:
            figures = pixel_figures(np.tensordot(np.bincount(rows, minlength=len(table)), table, 1))
            if key not in figures:
                raise DataError("evaluate.no_pixels", metric=key, n=len(table))
            return figures[key]

        interval = bootstrap(metric, np.arange(len(table)), groups=groups, n=_RESAMPLES)
        parts = by_part.get(key, np.empty(0))
        found[key] = Measured.of(interval, parts[~np.isnan(parts)].tolist())
    return found
