"""Who crosses which line: from tracks to counted crossings, without following anything again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from lepton_core.decision.base import Decision, labels_of
from lepton_core.decision.track_rows import AT, paths_of, size_names, track_lists

_TIME = pa.timestamp("us", tz="UTC")
# A speed is measured over so many seconds before a crossing, as far as the path goes back.
_SPEED_S = 1.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line at which crossings count.

    Args:
        name: unique among the lines.
        start: x, y in pixels of the original picture.
        end: likewise.
        to_right: name of the direction of what crosses to the right hand of one who walks from
            start to end (downwards for a line from left to right); "" is not counted.
        to_left: likewise for the other way.

    Raises:
        ValueError: no length.
    """

    name: str
    start: Point
    end: Point
    to_right: str = "right"
    to_left: str = "left"

    def __post_init__(self) -> None:
        if tuple(self.start) == tuple(self.end):
            raise ValueError(f"a line has two ends. Received: {self.start}, {self.end}")

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Line:
        """The line whose fields ``values`` are."""
        start, end = (tuple(map(float, values[name])) for name in ("start", "end"))
        return cls(values["name"], start, end, values["to_right"], values["to_left"])  # type: ignore[arg-type]


@dataclass(frozen=True)
class Crossings(Decision):
    """Tracks -> crossings of lines: each thing at most once a line and direction.

    Its foot, the point where it stands on the ground, has to pass the line between its ends. Paths
    are made of steps, so that a box that trembles on a line crosses nothing; and each path tells
    the past of its thing, so that one that turns and comes again is not counted again.

    Args:
        lines: where crossings count; none at all without.
        ground: 3 x 3 numbers, row by row, that take pixels x, y, 1 to metres on the ground, up to
            scale, for speeds; empty for none.
        states: names of what ``camera`` numbers stand for.
        trusted: those in which counts can be trusted; in all others a person is to look.
        sizes: names of what ``size`` numbers stand for, in tracks and crossings.
        fitted_on: what data fitted it.

    Example:
        >>> from lepton_core.decision.track_rows import empty_rows
        >>> rows = empty_rows(1, 1, path=2)
        >>> rows[0, 0] = [3, 0, 0, 0, 8, 8, 4, 12, 20, 1, 1, -1, -0.5, 4, 8, 0, 4, 12]
        >>> decision = Crossings((Line("gate", (0, 10), (20, 10), "in", "out"),))
        >>> told = decision.apply({"score": np.zeros(1), "tracks": rows,
        ...                        "time": np.array([2_000_000]), "camera": np.zeros(1, int)})
        >>> told["vehicles"].tolist(), told["crossings"][0].as_py()[:53]
        ([1], '[{"line": "gate", "direction": "in", "track": 3, "siz')
    """

    kind: ClassVar[str] = "crossings"

    lines: tuple[Line, ...] = ()
    ground: tuple[float, ...] = ()
    states: tuple[str, ...] = ("ok",)
    trusted: tuple[str, ...] = ("ok",)
    sizes: tuple[str, ...] = ()
    fitted_on: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [line.name for line in self.lines]
        if len(set(names)) < len(names):
            raise ValueError(f"names of lines differ. Received: {names}")
        if len(self.ground) not in (0, 9):
            raise ValueError(f"ground has 9 numbers, or none. Received: {len(self.ground)}")
        if not set(self.trusted) <= set(self.states):
            raise ValueError(f"trusted are some of {self.states}. Received: {self.trusted}")

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Columns [n] of scored frames.

        Args:
            outputs: ``score`` [n]; ``tracks`` float32 [n, K, ...], see
                :mod:`~lepton_core.decision.track_rows`; ``time`` int64 [n], microseconds since
                1970; ``camera`` [n], numbers of ``states``.

        Returns:
            ``time``, ``score``, ``vehicles`` (how many are there), ``tracks``, ``crossings`` (JSON
            text of a list, each with line, direction, track, size, speed_kmh, time, x and y; "[]"
            for none), ``camera`` and ``review``.
        """
        rows = np.asarray(outputs["tracks"], np.float32)
        time_us = np.asarray(outputs["time"], np.int64)
        camera = np.asarray(outputs["camera"]).astype(np.int64)
        is_now = (rows[:, :, AT["track"]] >= 0) & (rows[:, :, AT["time"]] == 0)
        safe = np.isin(camera, [self.states.index(name) for name in self.trusted])
        return {
            "time": pa.array(time_us).cast(_TIME),
            "score": np.asarray(outputs["score"], np.float32),
            "vehicles": is_now.sum(axis=1).astype(np.int64),
            "tracks": track_lists(rows, time_us, self.sizes),
            "crossings": pa.array(self._texts(rows, time_us), pa.string()),
            "camera": labels_of(camera, self.states),
            "review": ~safe,
        }

    def found(self, rows: np.ndarray, time_us: np.ndarray) -> list[tuple[int, dict[str, Any]]]:
        """Frame's position and facts of each crossing, in order of frames, then of time.

        Args:
            rows: float32 [n, K, ...].
            time_us: int64 [n].
        """
        frame, place = np.nonzero((rows[:, :, AT["track"]] >= 0) & (rows[:, :, AT["fresh"]] > 0))
        entries = rows[frame, place].astype(np.float64)
        if not self.lines or not len(entries):
            return []
        paths = paths_of(entries)
        size = size_names(entries[:, AT["size"]], self.sizes).to_pylist()
        found = []
        for line in self.lines:
            for direction, entry, step, part in _passages(entries, paths, line):
                before, after = paths[entry, step], paths[entry, step + 1]
                spot = before + part * (after - before)
                at = int(frame[entry])
                when = int(time_us[at]) + round(float(spot[0]) * 1e6)
                facts = {
                    "line": line.name,
                    "direction": direction,
                    "track": int(entries[entry, AT["track"]]),
                    "size": size[entry],
                    "speed_kmh": self._speed(paths[entry], step),
                    "time": when,
                    "x": round(float(spot[1]), 1),
                    "y": round(float(spot[2]), 1),
                }
                found.append((at, facts))
        return sorted(found, key=lambda one: (one[0], one[1]["time"], one[1]["track"]))

    def _texts(self, rows: np.ndarray, time_us: np.ndarray) -> list[str]:
        told: list[list[dict[str, Any]]] = [[] for _ in rows]
        for at, facts in self.found(rows, time_us):
            moment = datetime.fromtimestamp(facts["time"] // 1_000_000, UTC)
            moment = moment.replace(microsecond=facts["time"] % 1_000_000)
            told[at].append({**facts, "time": moment.isoformat()})
        return [json.dumps(one, ensure_ascii=False) for one in told]

    def _speed(self, path: np.ndarray, step: int) -> float | None:
        """Kilometres an hour over the last second up to a step's end; None without calibration."""
        if not self.ground:
            return None
        end = path[step + 1]
        recent = path[: step + 2]
        recent = recent[recent[:, 0] >= end[0] - _SPEED_S]
        start = recent[0] if len(recent) > 1 else path[step]
        spots = np.array([[start[1], start[2], 1.0], [end[1], end[2], 1.0]])
        ground = spots @ np.array(self.ground).reshape(3, 3).T
        seconds = float(end[0] - start[0])
        if seconds <= 0 or (np.abs(ground[:, 2]) < 1e-9).any():
            return None
        metres = ground[:, :2] / ground[:, 2:]
        return round(float(np.hypot(*(metres[1] - metres[0]))) / seconds * 3.6, 1)

    def with_lines(self, lines: Sequence[Line], ground: Sequence[float] = ()) -> Crossings:
        """The same with other lines and calibration; nothing is scored again.

        Raises:
            ValueError: two lines of one name.
        """
        return replace(self, lines=tuple(lines), ground=tuple(ground))

    def trivial(self, targets: np.ndarray, n: int) -> np.ndarray:
        """Scores [n] of a model that sees no vehicle in any frame."""
        return np.zeros(n, np.float32)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Crossings:
        """The decision that :meth:`to_json` wrote."""
        return cls(
            tuple(map(Line.from_json, values["lines"])),
            tuple(values["ground"]),
            tuple(values["states"]),
            tuple(values["trusted"]),
            tuple(values.get("sizes", ())),
            values["fitted_on"],
        )


def _side(points: np.ndarray, line: Line) -> np.ndarray:
    """By how much points [..., 2] lie on the right hand of a line, signed."""
    (x0, y0), (x1, y1) = line.start, line.end
    across: np.ndarray = (x1 - x0) * (points[..., 1] - y0) - (y1 - y0) * (points[..., 0] - x0)
    return across


def _passages(
    entries: np.ndarray, paths: np.ndarray, line: Line
) -> list[tuple[str, int, int, float]]:
    """Direction, entry, step and share of the step of each passage that counts.

    Those count that are new, and the first of their direction.

    Args:
        entries: [E, ...].
        paths: [E, P, 3]; NaN where there is no point.
        line: which is passed.
    """
    side = _side(paths[..., 1:], line)
    before, after = side[:, :-1], side[:, 1:]
    share = before / np.where(before == after, 1.0, before - after)
    spots = paths[:, :-1, 1:] + share[..., None] * (paths[:, 1:, 1:] - paths[:, :-1, 1:])
    start, end = np.array(line.start), np.array(line.end)
    along = (spots - start) @ (end - start) / ((end - start) @ (end - start))
    within = (along >= 0) & (along <= 1)
    steps = before.shape[1]
    is_new = np.arange(steps) >= steps - entries[:, [AT["fresh"]]]
    found = []
    directions = (
        (line.to_right, (before < 0) & (after >= 0)),
        (line.to_left, (before >= 0) & (after < 0)),
    )
    for named, passes in directions:
        if not named:
            continue
        counts = passes & within
        first = counts & (np.cumsum(counts, axis=1) == 1) & is_new
        places = zip(*np.nonzero(first), strict=True)
        found += [(named, int(entry), int(at), float(share[entry, at])) for entry, at in places]
    return found
