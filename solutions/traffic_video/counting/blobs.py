"""Things in a frame: connected foreground, or boxes of a detector, in one form for the tracker."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from .config import BlobConfig


@dataclass(frozen=True)
class Blobs:
    """Things in one frame.

    Args:
        box: float32 [n, 4], x0 y0 x1 y1 in pixels of the shrunk picture, x1 y1 just outside.
        area: float32 [n], pixels that they cover.
        sure: float32 [n], 0 to 1, how surely each is a vehicle.
        mask: uint8 [h, w], 1 where they are; empty of a detector that tells boxes alone.
    """

    box: np.ndarray
    area: np.ndarray
    sure: np.ndarray
    mask: np.ndarray = field(default_factory=lambda: np.zeros((1, 1), np.uint8))

    @classmethod
    def none(cls, mask: np.ndarray | None = None) -> Blobs:
        """No things at all."""
        empty = np.empty(0, np.float32)
        own = {} if mask is None else {"mask": mask}
        return cls(np.empty((0, 4), np.float32), empty, empty, **own)

    def __len__(self) -> int:
        return len(self.box)

    def take(self, rows: np.ndarray) -> Blobs:
        """Some of them, in that order."""
        return Blobs(self.box[rows], self.area[rows], self.sure[rows], self.mask)


def clean(mask: np.ndarray) -> np.ndarray:
    """The foreground of background subtraction as solid things.

    Args:
        mask: uint8 [h, w] of :meth:`.background.Background.step`.

    Returns:
        uint8 [h, w], 0 or 1: shadows and specks dropped, gaps closed, holes filled.
    """
    solid = cv2.medianBlur((mask == 255).astype(np.uint8), 5)
    solid = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, _disc(7))
    solid = filled(solid)
    return cv2.morphologyEx(solid, cv2.MORPH_OPEN, _disc(3))


def filled(mask: np.ndarray) -> np.ndarray:
    """A mask uint8 [h, w] of 0 and 1 without holes."""
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(mask.copy(), outlines, -1, 1, cv2.FILLED)


def blobs_of(
    mask: np.ndarray, sure: np.ndarray | None, config: BlobConfig, connectivity: int = 8
) -> Blobs:
    """Connected things in a mask.

    Args:
        mask: uint8 [h, w], 0 or 1.
        sure: float32 [h, w], probability of a vehicle; None where the mask is all that is known.
        config: how large they are at least.
        connectivity: 8, or 4 where corners do not connect.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
    if count < 2:
        return Blobs.none(mask)
    area = stats[1:, cv2.CC_STAT_AREA].astype(np.float32)
    left, top = stats[1:, cv2.CC_STAT_LEFT], stats[1:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[1:, cv2.CC_STAT_WIDTH], top + stats[1:, cv2.CC_STAT_HEIGHT]
    box = np.stack([left, top, right, bottom], axis=1).astype(np.float32)
    if sure is None:
        means = np.ones(count - 1, np.float32)
    else:
        sums = np.bincount(labels.ravel(), sure.ravel(), count)[1:]
        means = (sums / area).astype(np.float32)
    keep = np.flatnonzero(area >= config.least_area * mask.size)
    return Blobs(box, area, means, mask).take(keep)


def _disc(side: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
