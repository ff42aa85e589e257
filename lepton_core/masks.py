"""Masks: pictures that say of each pixel whether it is part of a defect, and perhaps of which."""

from __future__ import annotations

import numpy as np

from lepton_core.images import decode

DEFECT = 255
# Masks of class numbers hold small ones; those of grey values, blurred by scaling, large ones too.
_MOST_CLASSES = 64
_HALF = 128


def read_mask(data: bytes | memoryview | None) -> np.ndarray | None:
    """A mask as class numbers.

    Masks that were scaled or stored as JPEG have grey edges: there a pixel belongs to the defect
    where at least half of it does. Counting every value above 0 would widen cracks by a half
    (measured on ``magnetic_tile``).

    Args:
        data: the encoded mask; None where a picture has none.

    Returns:
        uint8 [height, width]: 0 for background, and for a defect its number from 1, or 255 where
        the mask tells no numbers. None where there is no readable mask.

    Example:
        >>> import cv2
        >>> grey = np.array([[0, 3, 120, 250]], np.uint8)
        >>> read_mask(cv2.imencode(".png", grey)[1].tobytes()).tolist()
        [[0, 0, 0, 255]]
        >>> numbers = np.array([[0, 1, 2, 0]], np.uint8)
        >>> read_mask(cv2.imencode(".png", numbers)[1].tobytes()).tolist()
        [[0, 1, 2, 0]]
    """
    decoded = None if data is None else decode(data, channels=1)
    if decoded is None:
        return None
    mask = decoded[..., 0]
    if mask.max() < _MOST_CLASSES:
        return mask
    return np.where(mask >= _HALF, np.uint8(DEFECT), np.uint8(0))
