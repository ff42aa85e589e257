"""The region of a picture that is inspected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lepton_core.errors import UsageError
from lepton_core.images import decode

_MOST_SIZES = 16


class Region:
    """What of a picture is inspected; what lies outside has no part in any score.

    Outside, each pixel is shown to the network as the nearest one inside, as beyond a picture's
    edge: a plain colour would draw an edge where there is none.

    Args:
        mask: [h, w], not 0 inside; it is stretched over each picture, whatever its size.

    Raises:
        ValueError: nothing lies inside.

    Example:
        >>> region = Region(np.array([[1, 0]]))
        >>> region.filled(np.array([[[3], [5], [7], [9]]], np.uint8)).ravel().tolist()
        [3, 5, 5, 5]
    """

    def __init__(self, mask: np.ndarray) -> None:
        if mask.ndim != 2 or not mask.any():
            raise ValueError(f"a mask is [h, w] with an inside. Received: {list(mask.shape)}")
        self.mask = mask != 0
        # By the sizes of pictures that were met; a line has one or two.
        self._known: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def inside(self, height: int, width: int) -> np.ndarray:
        """Which pixels of a picture are inspected, bool [height, width]."""
        return self._of(height, width)[0]

    def filled(self, picture: np.ndarray) -> np.ndarray:
        """The picture [H, W, ...] with the nearest pixel inside in place of each outside."""
        height, width = picture.shape[:2]
        nearest = self._of(height, width)[1]
        return picture.reshape(height * width, *picture.shape[2:])[nearest].reshape(picture.shape)

    def _of(self, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
        known = self._known.get((height, width))
        if known is None:
            known = self._made(height, width)
            if len(self._known) < _MOST_SIZES:
                self._known[height, width] = known
        return known

    def _made(self, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
        size = (width, height)
        mask = self.mask.astype(np.uint8)
        inside = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST) != 0
        if not inside.any():
            # Too fine for so small a picture: then a pixel is inside where some of it is.
            inside = cv2.resize(mask * 255, size, interpolation=cv2.INTER_AREA) > 0
        places = np.flatnonzero(inside)
        if len(places) == inside.size:
            return inside, places
        outside = (~inside).astype(np.uint8)
        _, labels = cv2.distanceTransformWithLabels(
            outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        labels = labels.ravel()
        place_of = np.zeros(int(labels.max()) + 1, np.int64)
        place_of[labels[places]] = places
        return inside, place_of[labels]


def read_region(path: Path | str) -> Region:
    """The region that a picture file shows: white, or anything but black, inside.

    Args:
        path: a PNG, BMP, TIFF...; a JPEG has grey edges, which count as inside from half on.

    Raises:
        UsageError: ``defect_detection.surface.roi.unreadable`` and ``...roi.empty``.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        reason: Any = error.strerror or error
        raise UsageError(
            "defect_detection.surface.roi.unreadable", path=path, reason=reason
        ) from error
    mask = decode(data, channels=1)
    if mask is None:
        raise UsageError("defect_detection.surface.roi.unreadable", path=path, reason="-")
    grey = mask[..., 0]
    inside = grey >= max(int(grey.max()) // 2, 1)
    if not inside.any():
        raise UsageError("defect_detection.surface.roi.empty", path=path)
    return Region(inside)
