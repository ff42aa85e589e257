"""Follows vehicles from frame to frame; each gets an id when it is sure to be one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .assignment import assign
from .blobs import Blobs
from .config import BlobConfig, TrackConfig
from .tracker_merging import coming_out, is_beside, joined, overlap, share, shared
from .tracker_motion import NAMES, Track, distances
from .tracker_path import Path, Point
from .tracker_told import Told, packed, thinned, unpacked

# Cells, across and down, for each of which the usual speed of vehicles is remembered.
_CELLS = 12
# What comes up where a vehicle is may be a part of it: it has to last so many seconds.
_PART_S = 0.6
# A thing that was seen once is given up sooner than a vehicle.
_YOUNG = 0.5


class Tracker:
    """All vehicles of one camera.

    Constant-velocity prediction, assignment of what is seen, sure things first and less sure ones
    only to go on with (Zhang et al. 2022). Vehicles that cover each other share a blob and keep
    their ids. An id is given when a thing was seen often enough and has travelled; what happened
    before is told then.

    Args:
        config: how things become vehicles.
        blobs: from what on a thing is sure.
    """

    def __init__(self, config: TrackConfig, blobs: BlobConfig) -> None:
        self._config, self._sure = config, blobs.sure
        self.tracks: list[Track] = []
        self._next = 0
        self._flow = np.full((_CELLS, _CELLS, 2), np.nan)

    def restart(self) -> None:
        """Let go of all vehicles, as when the camera looks elsewhere; ids go on."""
        self.tracks = []
        self._flow[:] = np.nan

    def step(self, blobs: Blobs, time_s: float, size: tuple[int, int]) -> list[Told]:
        """The next frame.

        Args:
            blobs: things in it.
            time_s: when it was taken.
            size: height and width of the shrunk picture.

        Returns:
            the vehicles in it, and the earlier places of those that have just become ones.
        """
        diagonal = math.hypot(*size)
        gap = max((time_s - track.time_s for track in self.tracks), default=0.0)
        for track in self.tracks:
            track.predict(time_s)
        blobs = joined(blobs, self.tracks)
        owner = self._assigned(blobs, diagonal, gap)
        crowds = shared(blobs, self.tracks, owner)
        in_crowd = {at for members in crowds.values() for at in members}
        for at, blob in owner.items():
            if at not in in_crowd:
                x0, y0, x1, y1 = blobs.box[blob].tolist()
                told = float(blobs.sure[blob]), blobs.sizes[blob].tolist()
                self.tracks[at].correct((x0, y0, x1, y1), *told)
        for blob, members in crowds.items():
            share(blobs.box[blob], [self.tracks[at] for at in members])
        taken = set(owner.values()) | set(crowds)
        self._begin(blobs, taken, time_s, size, diagonal)
        self._end(time_s, size, gap)
        return self._tell(time_s, size, diagonal)

    def between(self, time_s: float, size: tuple[int, int]) -> list[Told]:
        """Where the vehicles are by now, in a frame in which nothing was looked for.

        Args:
            time_s: when it was taken, after the last :meth:`step`.
            size: height and width of the shrunk picture.
        """
        return [track.ahead(time_s, size) for track in self.tracks if track.is_confirmed]

    def _assigned(self, blobs: Blobs, diagonal: float, gap: float) -> dict[int, int]:
        """Track -> blob: the sure ones first, then what is left for those that have begun."""
        owner: dict[int, int] = {}
        if not self.tracks or not len(blobs):
            return owner
        cost = self._cost(blobs, diagonal, gap)
        sure = blobs.sure >= self._sure
        for chosen in (sure, ~sure):
            rows = [at for at in range(len(self.tracks)) if at not in owner]
            columns = np.flatnonzero(chosen)
            if not rows or not len(columns):
                continue
            pairs = assign(cost[np.ix_(np.array(rows), columns)], 1.0)
            owner |= {rows[row]: int(columns[column]) for row, column in pairs}
        return owner

    def _cost(self, blobs: Blobs, diagonal: float, gap: float) -> np.ndarray:
        """What speaks against each track being each blob, from 0; above 1 it cannot be."""
        away = distances(self.tracks, blobs.box)
        spread = np.array([math.sqrt(track.p_place) for track in self.tracks])
        sizes = np.array([track.size for track in self.tracks])
        # As far as its speed is unknown it may be, but never beyond the gate; a new one may have
        # gone further in a long gap between frames.
        gate = self._config.gate * diagonal * max(1.0, gap / 0.1)
        reach = np.minimum(3.0 * spread + 0.5 * sizes, gate)
        area = np.array([track.width * track.height for track in self.tracks])
        boxes = (blobs.box[:, 2:] - blobs.box[:, :2]).prod(axis=1)
        ratio = np.abs(np.log(np.maximum(boxes[None], 1.0) / np.maximum(area[:, None], 1.0)))
        return away / reach[:, None] + 0.15 * ratio

    def _begin(
        self,
        blobs: Blobs,
        taken: set[int],
        time_s: float,
        size: tuple[int, int],
        diagonal: float,
    ) -> None:
        for at in range(len(blobs)):
            if at in taken or blobs.sure[at] < self._sure:
                continue
            x0, y0, x1, y1 = blobs.box[at].tolist()
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            sure = float(blobs.sure[at])
            motorcycle, car, heavy = blobs.sizes[at].tolist()
            sizes = {"motorcycle": motorcycle, "car": car, "heavy": heavy}
            track = Track(x, y, x1 - x0, y1 - y0, time_s, time_s, sure, **sizes)
            track.begin(diagonal, self._usual(x, y, size))
            track.is_beside = is_beside(blobs.box[at], self.tracks)
            hidden_by = coming_out(blobs.box[at], self.tracks)
            if hidden_by is not None:
                track.before = hidden_by.path.beside(*track.foot)
                track.vx, track.vy = hidden_by.vx, hidden_by.vy
            self.tracks.append(track)

    def _end(self, time_s: float, size: tuple[int, int], gap: float) -> None:
        """Let go of what was not seen for too long, has left, or has become part of another."""
        kept: list[Track] = []
        patience = max(self._config.lost_s, 2.5 * gap)
        for track in self.tracks:
            wait = patience if track.is_confirmed else _YOUNG * patience
            x, y = track.x, track.y
            is_out = not (0 <= x < size[1] and 0 <= y < size[0])
            if time_s - track.seen_s <= wait and not (is_out and track.seen_s < time_s):
                kept.append(track)
        self.tracks = [track for track in kept if not _is_double(track, kept)]

    def _tell(self, time_s: float, size: tuple[int, int], diagonal: float) -> list[Told]:
        told: list[Told] = []
        for track in self.tracks:
            # The foot of a vehicle that the picture's edge cuts is at the edge, where lines end.
            x, y = np.clip(track.foot, 0, (size[1] - 1, size[0] - 1)).tolist()
            step = self._config.step * track.size
            moved = track.path.go(time_s, x, y, track.size, step, self._config.path)
            now = self._now(track, time_s, (x, y), moved)
            if track.is_confirmed:
                told.append(now)
                self._learn_flow(track, size)
                continue
            track.backlog = thinned([*track.backlog, now], self._config.backlog)
            if self._is_vehicle(track, diagonal):
                track.number, self._next = self._next, self._next + 1
                told += self._past(track)
        return told

    def _past(self, track: Track) -> list[Told]:
        """What is told of a new vehicle: its past, and its whole way, all of which is new."""
        hidden = [track.appeared(point) for point in track.before]
        *backlog, now = [one.named(track.number) for one in (*hidden, *track.backlog)]
        points = [*track.before, *track.path.points][-self._config.path :]
        track.path.points, track.backlog, track.before = points, [], []
        # By now more is known of its size than when it was seen first.
        own = [replace(one, path=(), fresh=0, size=track.size_class) for one in backlog]
        return [*own, replace(now, path=tuple(points), fresh=max(len(points) - 1, 0))]

    def _now(self, track: Track, time_s: float, foot: tuple[float, float], moved: bool) -> Told:
        path = tuple(track.path.points) if moved and len(track.path.points) > 1 else ()
        own = (track.number, time_s, track.box, foot, track.speed, track.sure)
        return Told(*own, path, 1 if path else 0, track.size_class)

    def _is_vehicle(self, track: Track, diagonal: float) -> bool:
        """Whether it was seen often enough and has travelled, not trembled."""
        if track.hits < 2 or track.merged:
            return False
        if track.is_beside and track.seen_s - track.path.points[0][0] < _PART_S:
            return False
        _, x, y, _ = track.path.points[0]
        travelled = math.hypot(track.foot[0] - x, track.foot[1] - y)
        far = self._config.travel * diagonal
        if track.hits >= self._config.hits:
            # Far away vehicles are small, and travel few pixels.
            return travelled >= min(far, max(1.2 * track.size, 0.4 * far))
        return travelled >= max(2.0 * far, 1.5 * track.size)

    def _usual(self, x: float, y: float, size: tuple[int, int]) -> tuple[float, float] | None:
        vx, vy = self._flow[_cell(y, size[0]), _cell(x, size[1])]
        return None if math.isnan(vx) else (float(vx), float(vy))

    def _learn_flow(self, track: Track, size: tuple[int, int]) -> None:
        if track.merged or track.speed < track.size:
            return
        at = _cell(track.y, size[0]), _cell(track.x, size[1])
        old, new = self._flow[at], np.array([track.vx, track.vy])
        self._flow[at] = new if math.isnan(old[0]) else old + 0.05 * (new - old)

    def export(self) -> dict[str, np.ndarray]:
        """All that is remembered, as plain arrays."""
        numbers = np.array([track.numbers() for track in self.tracks], np.float64)
        paths = [track.path.points for track in self.tracks]
        return {
            "tracks": numbers.reshape(-1, len(NAMES)),
            "path_lengths": np.array([len(points) for points in paths], np.int64),
            "paths": np.array([p for points in paths for p in points]).reshape(-1, 4),
            "before_lengths": np.array([len(track.before) for track in self.tracks], np.int64),
            "befores": np.array([p for t in self.tracks for p in t.before]).reshape(-1, 4),
            "next": np.array(self._next, np.int64),
            "flow": self._flow.copy(),
            **packed([track.backlog for track in self.tracks]),
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        paths = _cut(arrays["paths"], arrays["path_lengths"])
        befores = _cut(arrays["befores"], arrays["before_lengths"])
        rows = zip(arrays["tracks"].tolist(), paths, unpacked(arrays), befores, strict=True)
        self.tracks = [
            Track.of(row, Path(path), backlog, before) for row, path, backlog, before in rows
        ]
        self._next = int(arrays["next"])
        self._flow = arrays["flow"].copy()


def _is_double(track: Track, others: list[Track]) -> bool:
    """Whether an unconfirmed thing only shadows a vehicle that is there already."""
    if track.is_confirmed or track.hits > 2:
        return False
    box = np.array([track.box])
    mine = [other for other in others if other.is_confirmed and not other.merged]
    if not mine:
        return False
    boxes = np.array([other.box for other in mine])
    return bool((overlap(np.repeat(box, len(boxes), 0), boxes) > 0.8).any())


def _cut(points: np.ndarray, lengths: np.ndarray) -> list[list[Point]]:
    every = iter([(t, x, y, size) for t, x, y, size in points.tolist()])
    return [[next(every) for _ in range(length)] for length in lengths.tolist()]


def _cell(place: float, length: int) -> int:
    return min(max(int(place * _CELLS / length), 0), _CELLS - 1)
