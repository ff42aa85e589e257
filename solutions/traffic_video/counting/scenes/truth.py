"""Exact truth of a scene without rendering it: crossings of a line, counts, speeds, calibration.

A vehicle crosses a line in the picture where the middle of where it stands on the ground, seen by
the camera at rest, passes from one side of the line to the other between its ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .camera import Camera, Road
from .frames import Frame
from .scene import Scene
from .traffic import STEP_S, simulate

_FINE_S = 0.02

Line = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Crossing:
    """One vehicle's crossing of one line.

    Args:
        vehicle: its id.
        kind: one of ``CLASSES``.
        time_s: since the scene's start.
        frame: the first frame at or after it.
        direction: 1 from the line's left to its right, seen from its first end to its second in a
            picture whose y runs down; -1 the other way.
        x_px: where, pixels of the camera at rest.
        y_px: likewise.
        speed_kmh: at that moment.
        lane: of the vehicle, from the left.
    """

    vehicle: int
    kind: str
    time_s: float
    frame: int
    direction: int
    x_px: float
    y_px: float
    speed_kmh: float
    lane: int


def side(points: np.ndarray, line: Line) -> np.ndarray:
    """Signed distance [n] in pixels of points [n, 2]; positive on the right of first to second.

    Example:
        >>> side(np.array([[5.0, 9.0]]), ((0.0, 4.0), (10.0, 4.0))).tolist()
        [5.0]
    """
    (x0, y0), (x1, y1) = line
    across = (x1 - x0) * (points[:, 1] - y0) - (y1 - y0) * (points[:, 0] - x0)
    return across / float(np.hypot(x1 - x0, y1 - y0))


def crossings(scene: Scene, line: Line) -> list[Crossing]:
    """All crossings of a line in the scene's time, in order of time.

    Args:
        scene: what is rendered.
        line: two ends, (x, y) in pixels of the camera at rest.

    Example:
        >>> scene = Scene(seconds=30, lanes_away=0)
        >>> found = crossings(scene, ((0, 140), (319, 140)))
        >>> len({c.vehicle for c in found}) == len(found) > 2, {c.direction for c in found}
        (True, {1})
    """
    camera = Camera.of(scene)
    road = Road.of(scene, camera)
    times = np.arange(0, scene.n / scene.fps, _FINE_S)
    first, second = np.array(line[0], float), np.array(line[1], float)
    along = second - first
    found = []
    for vehicle in simulate(scene, road):
        if vehicle.is_parked:
            continue
        end_s = vehicle.start_s + (len(vehicle.y) - 1) * STEP_S
        there = np.flatnonzero((times >= vehicle.start_s) & (times < end_s))
        states = [vehicle.state(road, float(t)) for t in times[there]]
        if len(there) < 2:
            continue
        ground = np.array([state[:2] for state in states if state is not None])
        spots, depth = camera.project(np.column_stack([ground, np.zeros(len(ground))]))
        away = side(spots, line)
        for k in np.flatnonzero((away[:-1] >= 0) != (away[1:] >= 0)):
            if depth[k] <= 0 or depth[k + 1] <= 0:
                continue
            part = away[k] / (away[k] - away[k + 1])
            spot = spots[k] + part * (spots[k + 1] - spots[k])
            if not 0 <= (spot - first) @ along / (along @ along) <= 1:
                continue
            time_s = float(times[there[k]] + part * _FINE_S)
            state = vehicle.state(road, time_s)
            found.append(
                Crossing(
                    vehicle.id,
                    vehicle.kind,
                    time_s,
                    int(np.ceil(time_s * scene.fps - 1e-9)),
                    1 if away[k + 1] > away[k] else -1,
                    float(spot[0]),
                    float(spot[1]),
                    state[3] * 3.6 if state else 0.0,
                    vehicle.lane,
                )
            )
    return sorted(found, key=lambda crossing: crossing.time_s)


def counts(found: Iterable[Crossing]) -> dict[tuple[int, str], int]:
    """How many crossed, by direction and class; a vehicle counts once a direction."""
    once = {(c.vehicle, c.direction): c.kind for c in found}
    return dict(Counter((direction, kind) for (_, direction), kind in once.items()))


@dataclass(frozen=True)
class MaskCrossing:
    """One vehicle's stay on a row or column of pixels, as masks tell it.

    Args:
        vehicle: its id.
        first_frame: the first frame in which it is seen on the line.
        last_frame: the last.
        x_px: mean of the middle of its pixels along the line.
    """

    vehicle: int
    first_frame: int
    last_frame: int
    x_px: float


def mask_crossings(
    frames: Iterable[Frame], row: int, *, upright: bool = False
) -> list[MaskCrossing]:
    """Who is seen on a row of pixels from when to when, in order of the first frame.

    Args:
        frames: of :func:`render`.
        row: of the picture, from 0.
        upright: whether it is a column.
    """
    stays: dict[int, list[tuple[int, float]]] = {}
    for frame in frames:
        line = frame.ids[:, row] if upright else frame.ids[row]
        for vehicle in np.unique(line).tolist():
            if vehicle:
                places = np.flatnonzero(line == vehicle)
                middle = float(places[0] + places[-1]) / 2
                stays.setdefault(vehicle, []).append((frame.index, middle))
    found = [
        MaskCrossing(vehicle, stay[0][0], stay[-1][0], float(np.mean([x for _, x in stay])))
        for vehicle, stay in stays.items()
    ]
    return sorted(found, key=lambda crossing: crossing.first_frame)


def best_visible(frames: Iterable[Frame]) -> dict[int, float]:
    """The largest visible share of each vehicle over all frames, 0 to 1.

    A vehicle that was always hidden, or passed out of the picture, can be counted by nobody.

    Args:
        frames: of :func:`render`.
    """
    best: dict[int, float] = {}
    for frame in frames:
        for seen in frame.vehicles:
            best[seen.id] = max(best.get(seen.id, 0.0), seen.visible)
    return best


def calibration(scene: Scene) -> np.ndarray:
    """float64 [3, 3]: pixels (u, v, 1) to metres (x, y, 1) on the ground, up to scale.

    Example:
        >>> spot = calibration(Scene()) @ np.array([159.5, 119.5, 1.0])
        >>> bool(np.abs(spot[:2] / spot[2]).max() < 1e-6)
        True
    """
    return np.asarray(np.linalg.inv(Camera.of(scene).homography))


def calibration_points(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Four points of the road that are seen: pixels [4, 2] and metres [4, 2].

    They are the corners of a stretch of road, as a person would mark them.
    """
    camera = Camera.of(scene)
    road = Road.of(scene, camera)
    low, high = road.y_range
    for share in (0.45, 0.35, 0.25, 0.15, 0.08, 0.04):
        ys = -share * min(-low, 30.0), share * min(high, 60.0)
        metres = np.array(
            [
                (float(road.middle(y)) + s * road.half_m[0], y)
                for s, y in ((-1, ys[0]), (1, ys[0]), (1, ys[1]), (-1, ys[1]))
            ]
        )
        pixels, depth = camera.project(np.column_stack([metres, np.zeros(4)]))
        inside = (pixels >= 0) & (pixels <= [scene.width - 1, scene.height - 1])
        if inside.all() and (depth > 0).all():
            return pixels, metres
    return pixels, metres
