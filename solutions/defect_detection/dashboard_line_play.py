"""Parts that pass one after the other at a chosen rate: how far the line is, at any moment."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Play:
    """A line that is played.

    Args:
        rate: parts a minute, above 0.
        since: moment on a clock that only goes forward, in seconds.
        done: parts that were through at that moment.
        is_paused: whether it stands still.

    Example:
        >>> play = Play(rate=60.0, since=100.0, done=10.0)
        >>> play.shown(102.5, of=100), play.shown(1e6, of=100)
        (12, 100)
        >>> play.paused(102.5).shown(1e6, of=100)
        12
        >>> play.paused(102.5).going(200.0).shown(201.0, of=100)
        13
    """

    rate: float
    since: float
    done: float = 0.0
    is_paused: bool = False

    def at(self, now: float) -> float:
        """Parts that are through, in fractions."""
        if self.is_paused:
            return self.done
        return self.done + max(now - self.since, 0.0) * self.rate / 60.0

    def shown(self, now: float, of: int) -> int:
        """Whole parts that are through, of so many."""
        return min(int(self.at(now) + 1e-9), of)

    def paused(self, now: float) -> Play:
        """The same, standing still from now on."""
        return replace(self, done=self.at(now), since=now, is_paused=True)

    def going(self, now: float) -> Play:
        """The same, going on from where it stands."""
        return replace(self, done=self.at(now), since=now, is_paused=False)

    def with_rate(self, rate: float, now: float) -> Play:
        """The same at another rate from now on; what is through stays through."""
        return replace(self, done=self.at(now), since=now, rate=rate)
