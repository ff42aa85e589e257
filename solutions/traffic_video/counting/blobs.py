"""Things in a frame in one form for the tracker: pieces of a mask, named pixels, or boxes."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from .config import BlobConfig
from .size_classes import SIZES


@dataclass(frozen=True)
class Blobs:
    """Things in one frame.

    Args:
        box: float32 [n, 4], x0 y0 x1 y1 in pixels of the shrunk picture, x1 y1 just outside.
        area: float32 [n], pixels that they cover.
        sure: float32 [n], 0 to 1, how surely each is a vehicle.
        mask: uint8 [h, w], 1 where they are; empty of a detector that tells boxes alone.
        sizes: float32 [n, 3], how likely each is of each of ``SIZES``; NaN where nobody knows.
    """

    box: np.ndarray
    area: np.ndarray
    sure: np.ndarray
    mask: np.ndarray = field(default_factory=lambda: np.zeros((1, 1), np.uint8))
    sizes: np.ndarray = field(default_factory=lambda: np.empty((0, len(SIZES)), np.float32))

    def __post_init__(self) -> None:
        if not len(self.sizes):
            unknown = np.full((len(self.box), len(SIZES)), np.nan, np.float32)
            object.__setattr__(self, "sizes", unknown)

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
        parts = self.box[rows], self.area[rows], self.sure[rows]
        return Blobs(*parts, self.mask, self.sizes[rows])


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


def blobs_of(mask: np.ndarray, config: BlobConfig) -> Blobs:
    """Connected things in a mask, all of them sure.

    Args:
        mask: uint8 [h, w], 0 or 1.
        config: how large they are at least.
    """
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return Blobs.none(mask)
    area = stats[1:, cv2.CC_STAT_AREA].astype(np.float32)
    left, top = stats[1:, cv2.CC_STAT_LEFT], stats[1:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[1:, cv2.CC_STAT_WIDTH], top + stats[1:, cv2.CC_STAT_HEIGHT]
    box = np.stack([left, top, right, bottom], axis=1).astype(np.float32)
    keep = np.flatnonzero(area >= config.least_area * mask.size)
    return Blobs(box, area, np.ones(count - 1, np.float32), mask).take(keep)


def named_blobs(
    names: np.ndarray, logit: np.ndarray, sizes: np.ndarray, config: BlobConfig
) -> Blobs:
    """Things whose pixels are told apart, also where they touch or lie in pieces.

    Args:
        names: uint16 [h, w], number of the thing at each pixel, 0 for none.
        logit: float32 [h, w], of a vehicle.
        sizes: float32 [k, 3], how likely each number is of each of ``SIZES``, from 0 on.
        config: how large they are at least.
    """
    mask = (names > 0).astype(np.uint8)
    y, x = np.nonzero(mask)
    if not len(y):
        return Blobs.none(mask)
    order = np.argsort(names[y, x], kind="stable")
    y, x = y[order], x[order]
    own = names[y, x]
    first = np.flatnonzero(np.append(True, own[1:] != own[:-1]))
    area = np.diff(np.append(first, len(own))).astype(np.float32)
    least = [np.minimum.reduceat(side, first) for side in (x, y)]
    most = [np.maximum.reduceat(side, first) + 1 for side in (x, y)]
    box = np.stack([*least, *most], axis=1).astype(np.float32)
    share = 1.0 / (1.0 + np.exp(-logit[y, x]))
    sure = (np.add.reduceat(share, first) / area).astype(np.float32)
    keep = np.flatnonzero(area >= config.least_area * mask.size)
    return Blobs(box, area, sure, mask, sizes[own[first]]).take(keep)


def _disc(side: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
