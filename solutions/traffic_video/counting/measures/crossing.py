"""Crossings of lines by tracks: each vehicle at most once a line and direction.

The foot point decides. It must leave the line behind by a margin (a twenty-fifth of the box's
height, at least one pixel), so that a vehicle that stands on the line and trembles is not counted
to and fro; the time told is that of the last passage of the line itself, between two frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ..tracks import Tracks
from .geometry import inside, side_px
from .scene_file import CountLine, SceneFile, Zone

MARGIN_SHARE = 0.04
LEAST_MARGIN_PX = 1.0

CROSSINGS = pa.schema(
    [
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("frame", pa.int64(), nullable=False),
        pa.field("line", pa.string(), nullable=False),
        pa.field("direction", pa.string(), nullable=False),
        pa.field("track", pa.int64(), nullable=False),
        pa.field("x", pa.float64(), nullable=False),
        pa.field("y", pa.float64(), nullable=False),
        pa.field("lane", pa.string(), nullable=False),
        pa.field("size", pa.string(), nullable=False),
        pa.field("speed_kmh", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Crossing:
    """One vehicle's crossing of one line.

    Args:
        line: the line's name.
        direction: name of the direction.
        track: the vehicle.
        time_us: of the passage, microseconds since 1970.
        x: where, pixels.
        y: where, pixels.
    """

    line: str
    direction: str
    track: int
    time_us: int
    x: float
    y: float


@dataclass
class _Passage:
    """What is remembered of one track at one line."""

    side: int
    last: tuple[int, float, float, int] | None = None  # time, x, y, side that it led to
    counted: set[int] = field(default_factory=set)


class LineCounter:
    """Counts crossings from steps of tracks, as they come.

    Args:
        lines: the lines.

    Example:
        >>> counter = LineCounter([CountLine("gate", (0, 10), (20, 10), "down", "up")])
        >>> found = counter.step(7, 0, (5, 4), 100_000, (5, 14), height_px=20)
        >>> [(c.line, c.direction, c.time_us) for c in found]
        [('gate', 'down', 60000)]
        >>> counter.step(7, 100_000, (5, 14), 200_000, (5, 24), height_px=20)
        []
    """

    def __init__(self, lines: Sequence[CountLine]) -> None:
        self.lines = tuple(lines)
        self._ends = [(np.array(line.start, float), np.array(line.end, float)) for line in lines]
        self._seen: dict[tuple[int, int], _Passage] = {}

    def step(
        self,
        track: int,
        time_before_us: int,
        before_xy: tuple[float, float],
        time_now_us: int,
        now_xy: tuple[float, float],
        height_px: float,
    ) -> list[Crossing]:
        """What one step of a confirmed track crosses.

        Args:
            track: the vehicle's id.
            time_before_us: of its foot before.
            before_xy: that foot, pixels.
            time_now_us: of its foot now, not earlier.
            now_xy: that foot.
            height_px: of its box now.

        Returns:
            new crossings, at most one a line.
        """
        found = []
        points = np.array([before_xy, now_xy], float)
        margin = max(LEAST_MARGIN_PX, MARGIN_SHARE * height_px)
        for number, (start, end) in enumerate(self._ends):
            before, now = side_px(points, start, end).tolist()
            state = self._seen.get((track, number))
            if state is None:
                state = self._seen[track, number] = _Passage(1 if before >= 0 else -1)
            if (before >= 0) != (now >= 0):
                self._pass(state, number, points, before, now, (time_before_us, time_now_us))
            side = 1 if now >= 0 else -1
            if abs(now) < margin or side == state.side:
                continue
            state.side = side
            passage, state.last = state.last, None
            line = self.lines[number]
            if passage is None or passage[3] != side or side in state.counted:
                continue
            state.counted.add(side)
            if line.direction(side):
                time_us, x, y, _ = passage
                found.append(Crossing(line.name, line.direction(side), track, time_us, x, y))
        return found

    def _pass(
        self,
        state: _Passage,
        number: int,
        points: np.ndarray,
        before: float,
        now: float,
        times: tuple[int, int],
    ) -> None:
        """Remember where and when the line itself was passed; not where it is beside its ends."""
        start, end = self._ends[number]
        part = before / (before - now)
        spot = points[0] + part * (points[1] - points[0])
        along = (spot - start) @ (end - start) / ((end - start) @ (end - start))
        side = 1 if now >= 0 else -1
        time_us = round(times[0] + part * (times[1] - times[0]))
        is_on = 0 <= along <= 1
        state.last = (time_us, float(spot[0]), float(spot[1]), side) if is_on else None

    def forget(self, track: int) -> None:
        """A track ended; its id never comes again."""
        for number in range(len(self.lines)):
            self._seen.pop((track, number), None)


def crossings(
    tracks: Tracks, scene: SceneFile, speeds_kmh: dict[int, float] | None = None
) -> pa.Table:
    """All crossings of a scene's lines.

    Args:
        tracks: where vehicles were.
        scene: its lines and lanes.
        speeds_kmh: speed of a track, where known.

    Returns:
        the columns of ``CROSSINGS``, in order of time; ``frame`` is the first frame of the track
        at or after the crossing; ``lane`` is "" outside every lane; ``size`` what the track was
        told to be then, "" where nobody knew.
    """
    counter = LineCounter(scene.lines)
    rows = []
    for track, part in tracks.each():
        times, feet = tracks.time_us[part].tolist(), tracks.foot_xy[part].tolist()
        boxes, frames, sizes = tracks.box_xyxy[part], tracks.frame[part], tracks.size[part]
        heights = (boxes[:, 3] - boxes[:, 1]).tolist()
        for k in range(1, len(times)):
            before, now = feet[k - 1], feet[k]
            steps = counter.step(track, times[k - 1], before, times[k], now, heights[k])
            for found in steps:
                at = int(np.searchsorted(tracks.time_us[part], found.time_us))
                rows.append((found, int(frames[at]), str(sizes[at])))
        counter.forget(track)
    rows.sort(key=lambda row: (row[0].time_us, row[0].track))
    spots = np.array([(found.x, found.y) for found, *_ in rows], float).reshape(-1, 2)
    known = speeds_kmh or {}
    return pa.table(
        [
            pa.array([found.time_us for found, *_ in rows], pa.timestamp("us", tz="UTC")),
            [frame for _, frame, _ in rows],
            [found.line for found, *_ in rows],
            [found.direction for found, *_ in rows],
            [found.track for found, *_ in rows],
            spots[:, 0],
            spots[:, 1],
            lane_of(spots, scene.lanes),
            [size for *_, size in rows],
            [known.get(found.track) for found, *_ in rows],
        ],
        schema=CROSSINGS,
    )


def lane_of(points: np.ndarray, lanes: Sequence[Zone]) -> list[str]:
    """Name of the first lane that holds each point [n, 2]; "" for none."""
    names = np.full(len(points), "", object)
    for lane in reversed(lanes):
        names[inside(points, lane.polygon)] = lane.name
    return [str(name) for name in names]
