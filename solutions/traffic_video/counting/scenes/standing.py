"""Something that stands, as a patch of the canvas that is painted over what is behind it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .ground import Canvas


@dataclass(frozen=True)
class Standing:
    """Something that stands and is painted over what is behind it.

    Args:
        x: where it stands, metres.
        y: likewise.
        left: first column of its patch on the canvas.
        top: first row.
        colour: uint8 [h, w, 3], in bright light.
        mask: uint8 [h, w], 255 where it covers.
        leaves: whether the wind moves it.
    """

    x: float
    y: float
    left: int
    top: int
    colour: np.ndarray
    mask: np.ndarray
    leaves: bool = False

    def paint(self, canvas: np.ndarray) -> None:
        """Over a canvas uint8 [h, w, 3]."""
        height, width = self.mask.shape
        patch = canvas[self.top : self.top + height, self.left : self.left + width]
        cv2.copyTo(self.colour, self.mask, patch)

    def clear(self, numbers: np.ndarray) -> None:
        """Set 0 where it covers, in an image [h, w]."""
        height, width = self.mask.shape
        numbers[self.top : self.top + height, self.left : self.left + width][self.mask > 0] = 0


def patch_of(canvas: Canvas, low: np.ndarray, high: np.ndarray) -> tuple[int, int, int, int] | None:
    """left, top, right, bottom within the canvas; None when outside."""
    left, top = np.maximum(np.floor(low).astype(int), 0).tolist()
    right = int(min(np.ceil(high[0]), canvas.shape[1]))
    bottom = int(min(np.ceil(high[1]), canvas.shape[0]))
    if right - left < 2 or bottom - top < 2:
        return None
    return left, top, right, bottom


def quad(
    canvas: Canvas, corners: np.ndarray, colour: np.ndarray, at: tuple[float, float]
) -> Standing | None:
    """A flat picture that stands in the scene; None where it is not seen.

    Args:
        canvas: of the scene.
        corners: float64 [4, 3], metres: low left, low right, high right, high left.
        colour: uint8 [h, w, 3], what is on it.
        at: x and y where it stands, metres, to tell what is behind it.
    """
    pixels, depth = canvas.place(corners)
    if depth.min() < 1.5:
        return None
    box = patch_of(canvas, pixels.min(0) - 1, pixels.max(0) + 2)
    if box is None:
        return None
    left, top, right, bottom = box
    shape = bottom - top, right - left
    goal = (pixels - [left, top]).astype(np.float32)
    height, width = colour.shape[:2]
    start = np.array([[0, height], [width, height], [width, 0], [0, 0]], np.float32)
    turned = cv2.getPerspectiveTransform(start, goal)
    size = shape[1], shape[0]
    seen = cv2.warpPerspective(colour, turned, size, flags=cv2.INTER_AREA)
    whole = np.full(colour.shape[:2], 255, np.uint8)
    mask = cv2.warpPerspective(whole, turned, size, flags=cv2.INTER_NEAREST)
    return Standing(at[0], at[1], left, top, seen, mask)
