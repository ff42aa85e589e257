"""Pictures of parts as they are shown: boxes, a defect map over them, and small ones in frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from lepton_core.images import decode, quiet_cv2, resize
from lepton_core.ui.picture_uri import encoded

# Of middle lightness, so that they can be read on a light page and on a dark one.
COLORS = {"pass": "#3f9a6b", "fail": "#d0453a", "unsure": "#d98c1f"}
BADGES = {"pass": "green", "fail": "red", "unsure": "orange"}
ICONS = {"pass": "check_circle", "fail": "cancel", "unsure": "help"}
_BOX_COLORS = ("#ff5a4d", "#4dc3ff", "#ffd24d", "#b98cff", "#5ee08a", "#ff8ad0", "#ffa04d")
_PAPER = 238
_FRAME = 4
_SMALL = 132
# Lines are drawn on a picture of about this size, so that they are thin beside small defects.
_LEAST, _MOST = 720, 1600
_HEAT = (255.0, 40.0, 20.0)


def class_color(classes: Sequence[str], label: str) -> str:
    """The color of a defect class, the same in every picture of a bundle."""
    place = list(classes).index(label) if label in classes else len(classes)
    return _BOX_COLORS[(place - 1) % len(_BOX_COLORS)]


@st.cache_data(show_spinner=False, max_entries=4096, scope="session")
def thumbnail(key: str, verdict: str, _read: Callable[[], bytes | None]) -> str:
    """A picture on a square of paper, framed in the verdict's color, as a data URI."""
    paper = np.full((_SMALL, _SMALL, 3), _PAPER, np.uint8)
    paper[:] = _rgb(COLORS.get(verdict, "#9aa7b4"))
    inner = _SMALL - 2 * _FRAME
    paper[_FRAME:-_FRAME, _FRAME:-_FRAME] = _PAPER
    data = _read()
    picture = decode(data) if data else None
    if picture is not None:
        small = scaled(picture, inner / max(picture.shape[:2]))
        height, width = small.shape[:2]
        top, left = (_SMALL - height) // 2, (_SMALL - width) // 2
        paper[top : top + height, left : left + width] = small
    return encoded(paper)


def scaled(picture: np.ndarray, factor: float) -> np.ndarray:
    """A picture made larger or smaller by a factor; pixels of an enlarged one stay sharp."""
    height, width = picture.shape[:2]
    size = (max(round(height * factor), 1), max(round(width * factor), 1))
    if factor <= 1:
        return resize(picture, size)
    rows = np.minimum((np.arange(size[0]) / factor).astype(np.int64), height - 1)
    columns = np.minimum((np.arange(size[1]) / factor).astype(np.int64), width - 1)
    return picture[rows][:, columns]


def show_factor(height: int, width: int) -> float:
    """By how much a picture is enlarged or shrunk to be drawn on.

    Example:
        >>> show_factor(200, 200), show_factor(3200, 1600), show_factor(1000, 900)
        (3.6, 0.5, 1.0)
    """
    longest = max(height, width)
    if longest < _LEAST:
        return _LEAST / longest
    return min(_MOST / longest, 1.0)


def drawn(
    picture: np.ndarray,
    boxes: Sequence[Mapping[str, Any]],
    classes: Sequence[str],
    heat: np.ndarray | None = None,
    strength: float = 0.0,
) -> np.ndarray:
    """A part with its defects, numbered as in the table beside it.

    Args:
        picture: uint8 [height, width, 3].
        boxes: with ``label x0 y0 x1 y1``, in pixels of the picture.
        classes: names, that for no defect first; they give the colors.
        heat: how suspicious each place is, 0..1, float [rows, columns]; None for no map.
        strength: of the map, 0..1.

    Returns:
        uint8 [height, width, 3], of the size that :func:`show_factor` gives.
    """
    factor = show_factor(*picture.shape[:2])
    canvas = scaled(picture, factor)
    if heat is not None and strength > 0:
        canvas = heated(canvas, heat, strength)
    canvas = np.ascontiguousarray(canvas)
    cv2 = quiet_cv2()
    for number, box in enumerate(boxes, 1):
        color = _rgb(class_color(classes, str(box["label"])))
        x0, y0, x1, y1 = (round(float(box[name]) * factor) for name in ("x0", "y0", "x1", "y1"))
        cv2.rectangle(canvas, (x0, y0), (x1, y1), (0, 0, 0), 4)
        cv2.rectangle(canvas, (x0, y0), (x1, y1), color, 2)
        _tag(canvas, str(number), x0, y0, color)
    return canvas


def _tag(canvas: np.ndarray, text: str, x: int, y: int, color: tuple[int, int, int]) -> None:
    """A number at a box's corner, kept within the picture."""
    cv2 = quiet_cv2()
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 2)
    left = min(max(x, 0), max(canvas.shape[1] - width - 8, 0))
    top = y - height - 8 if y >= height + 8 else max(y, 0)
    cv2.rectangle(canvas, (left, top), (left + width + 8, top + height + 8), color, -1)
    place = (left + 4, top + height + 3)
    cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 2, cv2.LINE_AA)


def heated(picture: np.ndarray, heat: np.ndarray, strength: float) -> np.ndarray:
    """A picture with a map over it: the redder, the more suspicious.

    Args:
        picture: uint8 [height, width, 3].
        heat: 0..1, float [rows, columns]; it is stretched over the picture.
        strength: share of the color where the map is 1, 0..1.

    Example:
        >>> heated(np.zeros((1, 2, 3), np.uint8), np.array([[0.0, 1.0]]), 1.0).tolist()
        [[[0, 0, 0], [255, 40, 20]]]
    """
    whole = resize(np.clip(heat, 0.0, 1.0).astype(np.float32), picture.shape[:2])[..., None]
    mixed = picture * (1.0 - strength * whole) + np.array(_HEAT, np.float32) * (strength * whole)
    return np.rint(mixed).astype(np.uint8)


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
