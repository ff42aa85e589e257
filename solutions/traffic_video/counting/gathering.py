"""From things in frames to rows of tracks: the tracker at work, in pixels of the original."""

from __future__ import annotations

import math
from collections.abc import Mapping

import cv2
import numpy as np

from lepton_core.decision.track_rows import AT, FIELDS, empty_rows
from lepton_core.preprocessing import Prepared

from .camera import STATES
from .config import Config
from .detectors import Detector
from .history import CameraHistory
from .masks import pixel_counts
from .tracker_told import Told

_FROZEN, _MOVING = STATES.index("frozen"), STATES.index("moving")
# The logit of a frame in which nothing is.
_NOTHING = -30.0


def gathered(
    outputs: Mapping[str, np.ndarray],
    prepared: Prepared,
    history: CameraHistory,
    detector: Detector,
    config: Config,
) -> dict[str, np.ndarray]:
    """What the tracker makes of n frames, in order.

    Args:
        outputs: of the detector's model, a row for each frame that it was asked about.
        prepared: the frames.
        history: whose tracker goes on.
        detector: what found things.
        config: all settings.

    Returns:
        ``score`` float32 [n], logit of the surest vehicle; ``tracks`` float32 [n, K, ...], see
        :mod:`lepton_core.decision.track_rows`; ``time`` int64 [n]; ``camera`` int64 [n];
        ``pixels`` int64 [n, 3], right, false and missed ones where a true mask is known, else -1.
    """
    notes = prepared.notes
    n = len(prepared.kept)
    rows = empty_rows(n, config.tracks.most, config.tracks.path)
    score = np.full(n, _NOTHING, np.float32)
    pixels = np.full((n, 3), -1, np.int64)
    row_of = np.cumsum(notes["asked"]) - 1
    for at in range(n):
        if notes["restarted"][at]:
            history.tracker.restart()
        state = int(notes["camera"][at])
        if state in (_FROZEN, _MOVING):
            # A frozen picture tells nothing of where vehicles are by now.
            continue
        height, width, full_height, full_width = notes["size"][at].tolist()
        size = (height, width)
        now_s = float(notes["time"][at]) / 1e6
        if notes["asked"][at]:
            things = detector.things(outputs, int(row_of[at]), size)
            told = history.tracker.step(things, now_s, size)
            if "truth" in notes and notes["has_truth"][at]:
                truth = notes["truth"][at]
                found = cv2.resize(things.mask, truth.shape[::-1], interpolation=cv2.INTER_NEAREST)
                pixels[at] = pixel_counts(found > 0, truth)
        else:
            told = history.tracker.between(now_s, size)
        scale = (full_width / width, full_height / height)
        for place, one in enumerate(_most(told, now_s, config.tracks.most)):
            fill(rows[at, place], one, now_s, scale)
            score[at] = max(score[at], _logit(one.sure))
    told_of = {"time": notes["time"], "camera": notes["camera"]}
    return {"score": score, "tracks": rows, "pixels": pixels, **told_of}


def fill(row: np.ndarray, told: Told, now_s: float, scale: tuple[float, float]) -> None:
    """Write one told place into a row of numbers.

    Args:
        row: float32 [fields + 3 * path].
        told: the place.
        now_s: time of the frame.
        scale: pixels of the original a pixel of the shrunk picture, across and down.
    """
    across, down = scale
    x0, y0, x1, y1 = told.box
    own: dict[str, float] = {
        "track": told.number,
        "time": told.time_s - now_s,
        **{"x0": x0 * across, "y0": y0 * down, "x1": x1 * across, "y1": y1 * down},
        "foot_x": told.foot[0] * across,
        "foot_y": told.foot[1] * down,
        "speed": told.speed * math.sqrt(across * down),
        "sure": told.sure,
        "fresh": told.fresh,
        "size": told.size,
    }
    for name, value in own.items():
        row[AT[name]] = value
    if told.path:
        points = row[len(FIELDS) :].reshape(-1, 3)
        last = told.path[-len(points) :]
        points[len(points) - len(last) :] = [
            (t - now_s, x * across, y * down) for t, x, y, _ in last
        ]


def _most(told: list[Told], now_s: float, most: int) -> list[Told]:
    """As many as there is room for: those of now first, then the latest of the past."""
    if len(told) <= most:
        return told
    return sorted(told, key=lambda one: one.time_s, reverse=True)[:most]


def _logit(share: float) -> float:
    held = min(max(share, 1e-6), 1.0 - 1e-6)
    return math.log(held / (1.0 - held))
