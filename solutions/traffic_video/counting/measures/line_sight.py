"""Whether vehicles are seen well enough at a line for its count to be relied on.

A vehicle that is followed over a line was there before and is there after. Where vehicles become
too small to be found, tracks begin or end near the line, in the middle of the picture; where frames
are too few, a vehicle jumps by more than its own size from one to the next. Both are told by the
tracks themselves, whatever found the vehicles. The limits were chosen on rendered roads; see
docs/experiments/traffic_counting.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..tracks import Tracks
from .geometry import side_px
from .scene_file import CountLine, SceneFile
from .watching import Watched

LOST, UNSEEN, FAST = "lost", "unseen", "fast"
"""What is wrong: vehicles appear or vanish at the line; all of them before it; they jump."""

# Tracks that begin or end so many of their own sizes from a line count against it, from so many
# and from such a share of all that was there on.
_NEAR, _LEAST, _SHARE = 1.0, 2, 0.3
# So many on their way to a line, or from it, where nothing was counted.
_ON_WAY = 3
# Sizes from one frame to the next, from as many crossings on.
_JUMP, _LEAST_JUMPS = 1.5, 3
# Where the picture's edge cuts a vehicle, now or with its next step, it has come or gone as it
# should: share of the picture's sides.
_EDGE = 0.0125
# An end this close to one of the time that was watched says nothing.
_AROUND_US = 500_000
# Over how many places a track's direction at its ends is taken, and how far it has to have moved.
_PLACES, _MOVED = 10, 0.3


@dataclass(frozen=True)
class LineSight:
    """How vehicles are seen at one line.

    Args:
        line: its name.
        doubt: "" where nothing speaks against its count; else ``LOST``, ``UNSEEN`` or ``FAST``.
        crossed: vehicles counted, all directions.
        lost: tracks that begin or end near it; of ``UNSEEN``, on their way to or from it.
        size_px: usual size of a vehicle there, root of its box's area, pixels of the original
            picture; None where none crossed.
        jump: how many of its sizes a vehicle usually moves from one frame to the next; likewise.
    """

    line: str
    doubt: str
    crossed: int
    lost: int
    size_px: float | None
    jump: float | None


@dataclass(frozen=True)
class _End:
    """Where a track begins or ends in the middle of the picture and of the time watched."""

    foot: np.ndarray
    size: float
    way: np.ndarray  # on from there, out of the track: [2], zeros where it does not move


def line_sights(
    found: pa.Table, tracks: Tracks, scene: SceneFile, trusted: Watched
) -> list[LineSight]:
    """Of each line how vehicles are seen there.

    Args:
        found: crossings of the lines, the columns of ``CROSSINGS``.
        tracks: where vehicles were.
        scene: its lines.
        trusted: when counts could be trusted.
    """
    ends = list(_ends(tracks, scene, trusted))
    parts = dict(tracks.each())
    lines = found["line"].to_pylist()
    times = found["time"].cast(pa.int64()).to_pylist()
    numbers = found["track"].to_pylist()
    told = []
    for line in scene.lines:
        own = [at for at, name in enumerate(lines) if name == line.name]
        steps = [_step(tracks, parts[numbers[at]], times[at]) for at in own]
        size = float(np.median([one[0] for one in steps])) if steps else None
        jump = float(np.median([one[1] for one in steps])) if steps else None
        near = sum(_is_near(line, end) for end in ends)
        towards = 0 if own else sum(_leads_to(line, end) for end in ends)
        doubt = ""
        if near >= _LEAST and near >= _SHARE * (near + len(own)):
            doubt = LOST
        elif towards >= _ON_WAY:
            doubt = UNSEEN
        elif jump is not None and jump > _JUMP and len(own) >= _LEAST_JUMPS:
            doubt = FAST
        lost = towards if doubt == UNSEEN else near
        told.append(LineSight(line.name, doubt, len(own), lost, size, jump))
    return told


def _ends(tracks: Tracks, scene: SceneFile, trusted: Watched) -> Iterator[_End]:
    edge = _EDGE * np.array([scene.width, scene.height])
    low, high = edge, np.array([scene.width, scene.height]) - edge
    for _, part in tracks.each():
        times, boxes = tracks.time_us[part], tracks.box_xyxy[part]
        feet = tracks.foot_xy[part].astype(float)
        for at, sign in ((0, -1), (len(times) - 1, 1)):
            box = boxes[at]
            there = feet[: _PLACES + 1] if sign < 0 else feet[-_PLACES - 1 :]
            # Between two frames it may come or go over the edge.
            step = np.abs(np.diff(there, axis=0)).max(axis=0, initial=0.0)
            is_cut = (box[:2] - step < low).any() or (box[2:] + step > high).any()
            moments = times[at] + np.array([-_AROUND_US, _AROUND_US])
            if is_cut or not trusted.holds(moments).all():
                continue
            size = _size(box)
            way = sign * (there[-1] - there[0])
            moved = float(np.hypot(*way)) > _MOVED * size
            yield _End(feet[at], size, way if moved else np.zeros(2))


def _size(box: np.ndarray) -> float:
    return float(np.sqrt(max((box[2] - box[0]) * (box[3] - box[1]), 1.0)))


def _step(tracks: Tracks, part: slice, time_us: int) -> tuple[float, float]:
    """Size of a vehicle as it crosses, and how many sizes it moves over that step."""
    after = int(np.searchsorted(tracks.time_us[part], time_us))
    after = min(max(after, 1), part.stop - part.start - 1)
    size = _size(tracks.box_xyxy[part][after])
    feet = tracks.foot_xy[part].astype(float)
    return size, float(np.hypot(*(feet[after] - feet[after - 1]))) / size


def _is_near(line: CountLine, end: _End) -> bool:
    start, stop = np.array(line.start, float), np.array(line.end, float)
    along = stop - start
    length = float(np.hypot(*along))
    place = float((end.foot - start) @ along) / length
    away = abs(float(side_px(end.foot[None], start, stop)[0]))
    return away < _NEAR * end.size and -end.size < place < length + end.size


def _leads_to(line: CountLine, end: _End) -> bool:
    """Whether straight on from the end of a track lies the line."""
    start, along = np.array(line.start, float), np.subtract(line.end, line.start).astype(float)
    turn = float(end.way[0] * along[1] - end.way[1] * along[0])
    if abs(turn) < 1e-9:
        return False
    off = start - end.foot
    ahead = float(off[0] * along[1] - off[1] * along[0]) / turn
    place = float(off[0] * end.way[1] - off[1] * end.way[0]) / turn
    return ahead > 0 and 0 <= place <= 1
