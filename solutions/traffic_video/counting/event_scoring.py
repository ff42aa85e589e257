"""Counted crossings against true ones, one by one: the right line, direction and time.

Right totals can hide wrong events (one missed, one invented), so events are what is scored. Pairs
are as many as can be and lie as near in time as can be; each event is in one pair at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lepton_core.errors import DataError

from .assignment import assign

FRAMES = 10


@dataclass(frozen=True)
class Event:
    """A crossing; times are frames or seconds, the same for both sides.

    Args:
        first: when it begins.
        last: when it ends; the same as ``first`` for a crossing at one moment.
        line: name of its line.
        direction: name of its direction.
        x_px: where; None where not known.
    """

    first: float
    last: float
    line: str = ""
    direction: str = ""
    x_px: float | None = None


@dataclass(frozen=True)
class EventScore:
    """What matching found.

    Args:
        pairs: index of a counted event and of its true one.
        counted: number of counted events.
        true: number of true events.
    """

    pairs: tuple[tuple[int, int], ...]
    counted: int
    true: int

    @property
    def precision(self) -> float:
        """Counted events that are right; 1 where none was counted."""
        return len(self.pairs) / self.counted if self.counted else 1.0

    @property
    def recall(self) -> float:
        """True events that were counted; 1 where there is none."""
        return len(self.pairs) / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 1 where there is nothing and nothing was counted."""
        total = self.counted + self.true
        return 2 * len(self.pairs) / total if total else 1.0

    @property
    def missed(self) -> tuple[int, ...]:
        """Indices of true events that were not counted."""
        return tuple(sorted(set(range(self.true)) - {true for _, true in self.pairs}))

    @property
    def false(self) -> tuple[int, ...]:
        """Indices of counted events that are none."""
        return tuple(sorted(set(range(self.counted)) - {counted for counted, _ in self.pairs}))


def score_events(
    counted: Sequence[Event],
    true: Sequence[Event],
    tolerance: float = FRAMES,
    x_tolerance_px: float | None = None,
) -> EventScore:
    """Match counted events with true ones.

    Args:
        counted: what was counted.
        true: what happened.
        tolerance: how far apart in time a pair may be: 0 while the two overlap, otherwise the gap
            between them, in their own unit (frames).
        x_tolerance_px: how far apart in the picture, where both know; any when None.

    Example:
        >>> score = score_events([Event(5, 5), Event(90, 90)], [Event(10, 20), Event(12, 30)])
        >>> len(score.pairs), score.missed, score.false, round(score.f1, 2)
        (1, (1,), (1,), 0.5)
    """
    if not counted or not true:
        return EventScore((), len(counted), len(true))
    names: dict[tuple[str, str], int] = {}
    every = [*counted, *true]
    kinds = np.array([names.setdefault((e.line, e.direction), len(names)) for e in every])
    first, last = np.array([(e.first, e.last) for e in every], float).T
    x = np.array([np.nan if e.x_px is None else e.x_px for e in every], float)
    n = len(counted)
    gap = np.maximum(first[None, n:] - last[:n, None], first[:n, None] - last[None, n:])
    cost = np.maximum(gap, 0.0)
    # Of events that all overlap, those belong together whose middles are nearer.
    middle = (first + last) / 2
    apart = np.abs(middle[:n, None] - middle[None, n:])
    allowed = (cost <= tolerance) & (kinds[:n, None] == kinds[None, n:])
    if x_tolerance_px is not None:
        beside = np.abs(x[:n, None] - x[None, n:])
        allowed &= ~(beside > x_tolerance_px)
    tie = apart / (1 + float(apart.max(initial=0.0))) * 1e-3
    pairs = assign(np.where(allowed, cost + tie, np.inf), tolerance + 1.0)
    return EventScore(tuple(pairs), n, len(true))


def read_crossings(path: Path, line: str = "", direction: str = "") -> list[Event]:
    """True crossings from a CSV with the columns first_frame, last_frame, x_px.

    Args:
        path: the file; where it has columns line and direction, those name each crossing's.
        line: the line that all are of, otherwise.
        direction: likewise.

    Raises:
        DataError: ``traffic_video.events.unreadable`` or ``.columns``.
    """
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    try:
        table = arrow_csv.read_csv(path)
    except (OSError, pa.ArrowInvalid) as error:
        reason = " ".join(str(error).split())
        raise DataError("traffic_video.events.unreadable", path=path, reason=reason) from error
    wanted = ("first_frame", "last_frame", "x_px")
    numbers = [
        name in table.column_names
        and (pa.types.is_integer(table[name].type) or pa.types.is_floating(table[name].type))
        and not table[name].null_count
        for name in wanted
    ]
    if not all(numbers):
        raise DataError(
            "traffic_video.events.columns",
            path=path,
            wanted=", ".join(wanted),
            received=", ".join(table.column_names),
        )
    return [
        Event(
            row["first_frame"],
            row["last_frame"],
            str(row.get("line", line)),
            str(row.get("direction", direction)),
            row["x_px"],
        )
        for row in table.to_pylist()
    ]
