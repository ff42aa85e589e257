"""Masks of what was found against true ones."""

from __future__ import annotations

import numpy as np


def pixel_counts(mask: np.ndarray, truth: np.ndarray) -> tuple[int, int, int]:
    """Right, false and missed pixels of vehicles.

    Args:
        mask: bool [h, w].
        truth: uint8 [h, w]: 0 background, 50 shadow, 255 vehicle; others do not count.
    """
    vehicle = truth == 255
    nothing = (truth == 0) | (truth == 50)
    right = int((mask & vehicle).sum())
    return right, int((mask & nothing).sum()), int(vehicle.sum()) - right
