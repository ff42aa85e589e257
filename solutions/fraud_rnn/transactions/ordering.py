"""Which times of a stream of transactions are believed: late ones, clock jumps, future stamps.

Scoring a payment is worth more than refusing it, and the past is not rewritten. So:

- **Late.** A transaction up to ``late_days`` older than its card's latest one is scored as if it
  came at the card's latest time, and is remembered. An older one is refused.
- **Ahead.** The stream's clock is the latest believed time over all cards. A transaction more than
  ``jump_days`` ahead of it is *doubtful*: it is scored, as if it came at the clock's time, but it
  moves neither card nor terminal nor clock. When `_WITNESSES` doubtful ones in a row tell of about
  the same time, that time has really come: the last of them is believed and the clock follows.
- **The first.** The first time of a stream sets the clock, but is not confirmed until another lies
  within ``jump_days`` of it. Until then one far behind it is doubtful too, and where witnesses
  bring the clock down, what the first one left in the memory is forgotten.

Only times that came in the stream count, no clock of a machine: replaying a stream gives the same
scores. None of it depends on how the stream is cut into batches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_core.entities import EntityTable, StateArray

US_A_DAY = 86_400_000_000
_WITNESSES = 3
_NEVER = -(2**62)
# The years -34,000 to 38,000: sums of two such times do not overflow.
_FARTHEST = 2**60


class StreamClock:
    """The latest believed time of a stream.

    Args:
        jump_days: a time further ahead of the clock is doubtful.

    Attributes:
        time_us: int64, microseconds since 1970 UTC; long ago before the first record.

    Example:
        >>> clock, day = StreamClock(7.0), US_A_DAY
        >>> moves, believed, restart = clock.judge(np.array([0, day, 900 * day, 2 * day]))
        >>> moves.tolist(), (believed // day).tolist(), restart
        ([True, True, False, True], [0, 1, 1, 2], None)
    """

    def __init__(self, jump_days: float) -> None:
        self._jump = int(jump_days * US_A_DAY)
        self.time_us = _NEVER
        self._confirmed = False
        # Doubtful records in a row that agree, and the time of the last of them.
        self._run, self._run_time = 0, 0

    def judge(self, time_us: np.ndarray) -> tuple[np.ndarray, np.ndarray, int | None]:
        """The next times of the stream.

        Args:
            time_us: int64 [N], microseconds since 1970 UTC.

        Returns:
            bool [N], whether each record moves what is remembered; int64 [N], the time it is
            scored at; and the row, if there is one, at which the clock came down, so that all
            memory from before it is void.
        """
        moves, believed = np.ones(len(time_us), bool), time_us.copy()
        restart, row = None, 0
        times = time_us[:16].tolist()
        while row < len(times) and not self._confirmed:
            restart = self._take(row, times[row], moves, believed, restart)
            row += 1
        if not self._goes_on(time_us[row:]):
            for at, time in enumerate(time_us[row:].tolist(), row):
                restart = self._take(at, time, moves, believed, restart)
        return moves, believed, restart

    def goes_on_to(self, time: int) -> bool:
        """Whether one time is not doubtful; the clock has moved if so."""
        if not self._confirmed or not -_FARTHEST <= time <= self.time_us + self._jump:
            return False
        self.time_us, self._run = max(self.time_us, time), 0
        return True

    def _goes_on(self, time_us: np.ndarray) -> bool:
        """Whether no time [N] is doubtful, as in nearly every batch; the clock has moved if so."""
        if not self._confirmed:
            return not len(time_us)
        if not len(time_us):
            return True
        latest = np.maximum.accumulate(np.maximum(time_us, self.time_us))
        if time_us[0] - self.time_us > self._jump or (np.diff(latest) > self._jump).any():
            return False
        self.time_us, self._run = int(latest[-1]), 0
        return True

    def _take(
        self, row: int, time: int, moves: np.ndarray, believed: np.ndarray, restart: int | None
    ) -> int | None:
        """One record; marks it in the arrays where it is doubtful."""
        if self.time_us == _NEVER:
            self.time_us = time
            return restart
        ahead = time - self.time_us
        if ahead <= self._jump and (self._confirmed or ahead >= -self._jump):
            self.time_us, self._run = max(self.time_us, time), 0
            self._confirmed = True
            return restart
        self._run = self._run + 1 if self._run and self._agrees(time) else 1
        self._run_time = time
        if self._run < _WITNESSES:
            moves[row], believed[row] = False, min(time, self.time_us)
            return restart
        self.time_us, self._run, self._confirmed = time, 0, True
        return row if ahead < 0 else restart

    def _agrees(self, time: int) -> bool:
        """Whether a doubtful time goes on from the one before it.

        After a wide hole further steps of its size are no surprise: where nothing but a card that
        is used once a month is seen, time comes in months.
        """
        hole = max(abs(self._run_time - self.time_us), self._jump)
        return -self._jump <= time - self._run_time <= 2 * hole

    def export(self) -> np.ndarray:
        """All it remembers, int64 [4]."""
        return np.array([self.time_us, self._confirmed, self._run, self._run_time], np.int64)

    def restore(self, values: np.ndarray) -> None:
        """Take what :meth:`export` gave."""
        self.time_us, confirmed, self._run, self._run_time = values.tolist()
        self._confirmed = bool(confirmed)


@dataclass(frozen=True)
class Ordered:
    """A batch put in order.

    Args:
        slots: int64 [N], the dense number of each record's card.
        time_us: int64 [N], the time each is scored at.
        moves: bool [N], whether it moves what is remembered.
        gaps: float64 [N], seconds since the card's latest; below 0 for a late one, NaN where
            there is none or the record is doubtful.
        restart: the row at which all memory from before is void, if there is one.
    """

    slots: np.ndarray
    time_us: np.ndarray
    moves: np.ndarray
    gaps: np.ndarray
    restart: int | None


class TransactionOrder:
    """The stream's clock, and when each card was last seen.

    Args:
        jump_days: see :class:`StreamClock`.
    """

    def __init__(self, jump_days: float) -> None:
        self._clock = StreamClock(jump_days)
        self._cards = EntityTable(StateArray("last_us", dtype="int64", initial=_NEVER))

    def take(self, card: pa.Array, time_us: np.ndarray) -> Ordered:
        """The next records of the stream.

        Args:
            card: ids [N], strings or integers, none null.
            time_us: int64 [N], microseconds since 1970 UTC.
        """
        slots = self._cards.slots(card)
        time_us = np.clip(time_us, -_FARTHEST, _FARTHEST)
        moves, believed, restart = self._clock.judge(time_us)
        last = self._cards["last_us"]
        if restart is not None:
            # Before it only the first record moved anything, and it is forgotten.
            last[:] = _NEVER
        start = restart or 0
        gaps = np.full(len(slots), np.nan)
        before = np.full(len(slots), _NEVER)
        rows = slice(start, None) if moves[start:].all() else start + np.flatnonzero(moves[start:])
        before[rows] = _latest_before(slots[rows], believed[rows], last)
        known = before[rows] != _NEVER
        gaps[rows] = np.where(known, (believed[rows] - before[rows]) / 1e6, np.nan)
        return Ordered(slots, np.maximum(believed, before), moves, gaps, restart)

    def take_one(self, card: str | int, time: int) -> int | None:
        """The slot of one record in order, as :meth:`take`; None, nothing changed, for others."""
        slot = self._cards.slot(card)
        last = self._cards["last_us"]
        if time < last[slot] or not self._clock.goes_on_to(time):
            return None
        last[slot] = time
        return slot

    def export(self) -> dict[str, np.ndarray]:
        """The whole memory as plain arrays."""
        return {"clock": self._clock.export()} | self._cards.export()

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what :meth:`export` gave."""
        self._clock.restore(arrays["clock"])
        self._cards.restore({name: a for name, a in arrays.items() if name != "clock"})


def _latest_before(slots: np.ndarray, time_us: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The latest time of each row's card before that row; ``last`` then has these rows' too.

    Args:
        slots: int64 [n].
        time_us: int64 [n].
        last: int64 [cards], the latest time of each card before the batch; is written.

    Returns:
        int64 [n].
    """
    n = len(slots)
    if not n:
        return np.empty(0, np.int64)
    by_card = np.argsort(slots, kind="stable")
    who, came = slots[by_card], time_us[by_card]
    first = np.concatenate([[True], who[1:] != who[:-1]])
    latest = np.maximum(came, last[who])
    if (latest[1:] < latest[:-1])[~first[1:]].any():
        # A running maximum that begins anew with each card: times by their rank, each card's
        # above the one's before it.
        order = np.argsort(latest, kind="stable")
        rank = np.empty(n, np.int64)
        rank[order] = np.arange(n)
        floor = np.cumsum(first) * n
        latest = latest[order[np.maximum.accumulate(floor + rank) - floor]]
    before = np.empty(n, np.int64)
    before[by_card] = np.where(first, last[who], np.concatenate([[_NEVER], latest[:-1]]))
    # Where a card stands several times its last row is the one that is kept.
    last[who] = latest
    return before
