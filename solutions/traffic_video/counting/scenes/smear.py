"""What moves while the shutter is open smears along its way."""

from __future__ import annotations

import cv2
import numpy as np

from .drawing import Placed
from .ground import Canvas


def smear(
    picture: np.ndarray,
    ids: np.ndarray,
    number: int,
    motion: np.ndarray,
    placed: Placed,
    canvas: Canvas,
) -> None:
    """Smear one vehicle in a uint8 picture [h, w, 3].

    Args:
        picture: changed.
        ids: int16 [h, w], which vehicle is seen where.
        number: the vehicle.
        motion: float64 [2], pixels while the shutter is open.
        placed: the vehicle.
        canvas: of the scene.
    """
    length = float(np.hypot(*motion))
    if length < 0.8:
        return
    reach = int(np.ceil(min(length, 25.0) / 2))
    corners = np.array(placed.corners) / canvas.scale
    x0, y0 = np.maximum(np.floor(corners[:2]).astype(int) - reach, 0).tolist()
    x1 = int(min(np.ceil(corners[2]) + reach, picture.shape[1]))
    y1 = int(min(np.ceil(corners[3]) + reach, picture.shape[0]))
    if x1 - x0 < 3 or y1 - y0 < 3:
        return
    side = 2 * reach + 1
    line = np.zeros((side, side), np.float32)
    half = motion / length * min(length, 25.0) / 2
    middle = np.array([reach, reach])
    ends = np.round(np.stack([middle - half, middle + half]) * 16).astype(int).tolist()
    cv2.line(line, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    if line.sum() <= 0:
        return
    kernel = line / line.sum()
    part = picture[y0:y1, x0:x1]
    own = (ids[y0:y1, x0:x1] == number).astype(np.uint8) * 255
    soft = cv2.filter2D(part, -1, kernel)
    spread = cv2.filter2D(own, -1, kernel)
    cv2.copyTo(soft, spread, part)
