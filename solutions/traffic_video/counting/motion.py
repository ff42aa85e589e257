"""How a camera that should stand still moves: by points of the scene that are followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

# Points that are followed, at most, and how many tell anything at all.
_POINTS = 80
_FEWEST = 12
# Pixels of the shrunk picture within which a point agrees with the motion of all.
_AGREES = 1.0
# Less is what a still camera seems to move, by noise alone (measured on calm clips: 0.1).
_STILL = 0.35
# Pixels around a point that are compared, and how many times the picture is halved for that.
_WINDOW, _LEVELS = (15, 15), 2
# Pixels over which light is taken out; grey levels by which all pictures vary then, and from which
# on one has anything to be seen.
_AROUND, _SPREAD, _LEAST_SPREAD = (15, 15), 40.0, 2.0
# Seconds between a frame and the one of a moment ago: headlights have gone on, the light has not.
_LATELY_S = 0.3


@dataclass(frozen=True)
class Motion:
    """Where the camera looks, against where it looked.

    Args:
        matrix: float32 [2, 3], from the reference picture to this frame.
        moved: pixels that a point of the scene has moved, the middle one of all.
        agree: share in 0..1 of the points that move so.
        known: whether there were points enough to tell.
    """

    matrix: np.ndarray
    moved: float
    agree: float
    known: bool

    @property
    def is_still(self) -> bool:
        """Whether the camera stands, as far as can be told."""
        return not self.known or self.moved < _STILL

    def undone(self, picture: np.ndarray, *, words: bool = False) -> np.ndarray:
        """The frame as it would look had the camera not moved.

        Args:
            picture: uint8 [h, w] or [h, w, 3] of the size of the reference.
            words: whether its values are words, as in a mask, of which there is no mean.
        """
        if self.is_still:
            return picture
        way = cv2.INTER_NEAREST if words else cv2.INTER_LINEAR
        size = picture.shape[1::-1]
        return cv2.warpAffine(
            picture,
            self.matrix,
            size,
            flags=way | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )


STILL = Motion(np.eye(2, 3, dtype=np.float32), 0.0, 1.0, False)


class CameraMotion:
    """Follows points of a reference picture into each frame (Lucas and Kanade 1981).

    Vehicles are few of the points, and fall out when the motion of most is fitted (shift, turn and
    zoom, by consensus). A frame is compared with the reference and not with the one before, so that
    errors do not add up.
    """

    def __init__(self) -> None:
        self._reference = np.empty((0, 0), np.uint8)
        self._points = np.empty((0, 1, 2), np.float32)

    def look_at(self, picture: np.ndarray) -> None:
        """Take a picture as reference: the background, or a first frame.

        Args:
            picture: uint8 [h, w, 3].
        """
        grey = _even(picture)
        apart = max(min(grey.shape) // 20, 5)
        found = cv2.goodFeaturesToTrack(grey, _POINTS, 0.02, apart, blockSize=5)
        self._reference = grey
        self._points = np.empty((0, 1, 2), np.float32) if found is None else found

    @property
    def has_reference(self) -> bool:
        """Whether there is something to compare with."""
        return bool(self._reference.size)

    def step(self, frame: np.ndarray) -> Motion:
        """How the camera stands in a frame, uint8 [h, w, 3]."""
        if len(self._points) < _FEWEST:
            return STILL
        grey = _even(frame)
        there, status, _ = cv2.calcOpticalFlowPyrLK(
            self._reference, grey, self._points, None, winSize=_WINDOW, maxLevel=_LEVELS
        )
        good = status.reshape(-1) == 1
        if good.sum() < _FEWEST:
            return Motion(STILL.matrix, float("inf"), float(good.mean()), True)
        before, after = self._points[good][:, 0], there[good][:, 0]
        moved = after - before
        middle = np.median(moved, axis=0)
        near = np.abs(moved - middle).max(axis=1) < _AGREES
        if near.mean() > 0.5 and float(np.hypot(*middle)) < _STILL:
            share = float(near.sum() / len(self._points))
            return Motion(STILL.matrix, float(np.hypot(*middle)), share, True)
        matrix, inside = cv2.estimateAffinePartial2D(
            before, after, method=cv2.RANSAC, ransacReprojThreshold=_AGREES, maxIters=200
        )
        if matrix is None:
            return Motion(STILL.matrix, float("inf"), 0.0, True)
        share = float(inside.sum() / len(self._points))
        places = before @ matrix[:, :2].T + matrix[:, 2]
        length = float(np.median(np.hypot(*(places - before).T)))
        return Motion(matrix.astype(np.float32), length, share, True)

    def alike(self, frame: np.ndarray) -> float:
        """How alike a frame and the reference are, see :func:`alike`."""
        return alike(_quarter(self._reference), look(frame))

    def export(self) -> dict[str, np.ndarray]:
        """All that is remembered, as plain arrays."""
        return {"reference": self._reference.copy(), "points": self._points.copy()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        self._reference, self._points = arrays["reference"].copy(), arrays["points"].copy()


class Lately:
    """What a camera showed a moment ago, :data:`_LATELY_S` or up to twice that.

    Pictures of one place are only as alike as noise, and lamps that drive by, leave them; that is
    what these two tell.
    """

    def __init__(self) -> None:
        self._looks = [np.empty((0, 0), np.uint8)] * 2
        self._kept_s = np.nan

    def step(self, frame: np.ndarray, time_s: float) -> None:
        """The next frame, uint8 [h, w, 3], of one size until all is forgotten."""
        if not time_s - self._kept_s < _LATELY_S:
            self._looks = [self._looks[1], look(frame)]
            self._kept_s = time_s

    def alike(self, frame: np.ndarray) -> float:
        """How alike a frame and the one of then are, see :func:`alike`; 0 where there is none."""
        then = self._looks[0]
        return alike(then, look(frame)) if then.size else 0.0

    def export(self) -> dict[str, np.ndarray]:
        """All that is remembered, as plain arrays."""
        older, newer = self._looks
        return {"older": older.copy(), "newer": newer.copy(), "kept": np.array([self._kept_s])}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        self._looks = [arrays["older"].copy(), arrays["newer"].copy()]
        self._kept_s = float(arrays["kept"][0])


def look(frame: np.ndarray) -> np.ndarray:
    """What a frame uint8 [h, w, 3] shows, light taken out: uint8 [h / 4, w / 4]."""
    return _quarter(_even(frame))


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """How alike two looks of one size are, -1 to 1: their correlation; 0 where one is empty."""
    if min(one.std(), other.std()) == 0:
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def _quarter(grey: np.ndarray) -> np.ndarray:
    return cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)


def _even(picture: np.ndarray) -> np.ndarray:
    """A picture uint8 [h, w, 3] in grey, its light taken out: what stays when lamps go on."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    local = cv2.subtract(grey, cv2.blur(grey, _AROUND), dtype=cv2.CV_16S)
    spread = max(float(cv2.meanStdDev(local)[1][0, 0]), _LEAST_SPREAD)
    return cv2.convertScaleAbs(local, alpha=_SPREAD / spread, beta=128.0)
