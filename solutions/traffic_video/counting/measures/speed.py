"""Speeds from a four-point ground calibration: metres between two times, robust over a track.

From each point of a track a stretch is taken that is at least ``stretch_m`` long, and much longer
than the error of a foot point there; the median of their speeds is the track's. A foot point that
is wrong by the same amount all along (the box's lower edge is not the wheels) hardly matters: only
differences count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..tracks import Tracks
from .geometry import apply
from .scene_file import Calibration

STRETCH_M = 3.0
FOOT_ERROR_PX = 1.0
_ERRORS = 4.0
_STANDS_S = 2.0
_MOST_POINTS = 200


@dataclass(frozen=True)
class Speed:
    """Speed of one track.

    Args:
        track: the vehicle.
        kmh: median over its stretches, at least 0.
        error_kmh: one standard error, of the scatter of the stretches and of the foot points.
        distance_m: driven within the calibrated ground.
        stretches: how many fit one after the other; 0 for a vehicle that stood.
    """

    track: int
    kmh: float
    error_kmh: float
    distance_m: float
    stretches: int


def speeds(
    tracks: Tracks,
    calibration: Calibration,
    stretch_m: float = STRETCH_M,
    foot_error_px: float = FOOT_ERROR_PX,
) -> dict[int, Speed]:
    """Speed of each track for which it can be told.

    Args:
        tracks: where vehicles were.
        calibration: of the ground.
        stretch_m: least distance between two points of a speed, metres.
        foot_error_px: standard error of a foot point.

    Returns:
        track -> speed. A track is left out that was seen over less than one stretch, unless it
        was seen for two seconds and more and did not move: its speed is 0.

    Example:
        >>> square = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
        >>> at, times = [[5, y] for y in range(10)], [k * 100_000 for k in range(10)]
        >>> one = Tracks.of(range(10), times, [1] * 10, [[0] * 4] * 10, at)
        >>> found = speeds(one, Calibration(square, square), foot_error_px=0.01)
        >>> round(found[1].kmh, 6)
        36.0
    """
    matrix = calibration.matrix
    found = {}
    for track, part in tracks.each():
        feet = tracks.foot_xy[part].astype(float)
        spots = apply(matrix, feet)
        usable = np.isfinite(spots).all(axis=1) & _is_near(calibration, feet)
        time_s = (tracks.time_us[part] - tracks.time_us[part][0]) / 1e6
        if usable.sum() < 2:
            continue
        errors = _error_m(matrix, feet[usable], foot_error_px)
        one = _speed(track, time_s[usable], spots[usable], errors, stretch_m)
        if one is not None:
            found[track] = one
    return found


def _is_near(calibration: Calibration, feet: np.ndarray) -> np.ndarray:
    """bool [n]: within the marked four points, or not farther outside than they are large.

    Beyond, small errors of the four points grow without bound.
    """
    corners = np.array(calibration.pixels)
    low, high = corners.min(0), corners.max(0)
    reach = (high - low) * 1.0
    return np.asarray(((feet >= low - reach) & (feet <= high + reach)).all(axis=1))


def _error_m(matrix: np.ndarray, feet: np.ndarray, error_px: float) -> np.ndarray:
    """float64 [n]: what an error of the foot point is in metres there (the larger direction)."""
    step = 0.5
    here = apply(matrix, feet)
    moved = [apply(matrix, feet + np.array(way)) - here for way in ((step, 0.0), (0.0, step))]
    per_px = np.max([np.hypot(*shift.T) for shift in moved], axis=0) / step
    return np.asarray(np.nan_to_num(per_px, nan=np.inf) * error_px)


def _speed(
    track: int, time_s: np.ndarray, spots: np.ndarray, errors: np.ndarray, stretch_m: float
) -> Speed | None:
    if len(spots) > _MOST_POINTS:
        chosen = np.linspace(0, len(spots) - 1, _MOST_POINTS).astype(int)
        time_s, spots, errors = time_s[chosen], spots[chosen], errors[chosen]
    away = np.hypot(*(spots[None] - spots[:, None]).transpose(2, 0, 1))
    error_m = np.hypot(errors[None], errors[:, None])
    later = time_s[None] > time_s[:, None]
    far = later & (away >= np.maximum(stretch_m, _ERRORS * error_m))
    # A stretch from each point on: a wrong position spoils those that begin or end in it alone.
    start = np.flatnonzero(far.any(axis=1))
    end = far[start].argmax(axis=1)
    # Both ends one point farther out: where a stretch is first long enough, errors make it long.
    start, end = np.maximum(start - 1, 0), np.minimum(end + 1, len(spots) - 1)
    lasts = time_s[end] - time_s[start]
    values = away[start, end] / lasts * 3.6
    distance = float(np.hypot(*(spots[-1] - spots[0])))
    lasted = float(time_s[-1] - time_s[0])
    if not len(values):
        error = float(np.hypot(errors[0], errors[-1]))
        stood = lasted >= _STANDS_S and distance < max(stretch_m / 2, 2 * error)
        return Speed(track, 0.0, error / lasted * 3.6, distance, 0) if stood else None
    middle = float(np.median(values))
    scatter = 1.4826 * float(np.median(np.abs(values - middle)))
    own = float(np.median(error_m[start, end] / lasts)) * 3.6
    # Stretches overlap: as many are independent as fit one after the other.
    apart = max(1, int(lasted / float(np.median(lasts))))
    # The error of a median is a quarter larger than that of a mean.
    error = 1.2533 * max(scatter, own) / np.sqrt(apart)
    return Speed(track, middle, float(error), distance, apart)
