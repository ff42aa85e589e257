"""What is usual: each station's mean day, for weekdays and weekends, and how far it strays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .clock import KINDS_OF_DAY, Clock

# A smoothed mean of less than this many counts says nothing.
_LEAST = 0.5
# How far out the weights of the smoothing reach.
_REACH = 3


@dataclass(frozen=True)
class UsualDay:
    """The mean day of each station known from training.

    Args:
        names: stations, sorted.
        days: float32 [stations, kinds of day, slots], in the counts' unit.
        spread: float32 [stations], how far counts stray from it, in the counts' unit, above 0.
        shape: float32 [kinds, slots], the mean day of all stations, 1 on average.
        spread_ratio: spread of a station that nobody knows, as a part of its level.
        floor: the least spread, in the counts' unit.
    """

    names: tuple[str, ...]
    days: np.ndarray
    spread: np.ndarray
    shape: np.ndarray
    spread_ratio: float
    floor: float

    def places(self, names: list[str]) -> np.ndarray:
        """Which station each name is, int64 [n]; -1 for one that training did not know."""
        known = {name: place for place, name in enumerate(self.names)}
        return np.array([known.get(name, -1) for name in names], np.int64)

    def expected(self, places: np.ndarray, clock: Clock) -> np.ndarray:
        """What is usual at some times, float64; of unknown stations the shape of a day alone.

        Args:
            places: int64 [n], from :meth:`places`.
            clock: of times [n, k].
        """
        if not len(self.names):
            return self.shape[clock.kind, clock.slot].astype(np.float64)
        known = self.days[np.maximum(places, 0)[:, None], clock.kind, clock.slot]
        shape = self.shape[clock.kind, clock.slot]
        return np.where(places[:, None] >= 0, known, shape).astype(np.float64)


def learn_usual(
    places: np.ndarray,
    names: tuple[str, ...],
    clock: Clock,
    values: np.ndarray,
    slots: int,
    width: float,
) -> UsualDay:
    """The mean days of training records.

    Args:
        places: int64 [n], the station of each record, a place in ``names``.
        names: stations, sorted.
        clock: of the records [n].
        values: float64 [n].
        slots: intervals a day.
        width: of the smoothing, in intervals: the standard deviation of its weights.

    Example:
        >>> clock = Clock(np.array([0, 1, 0, 1]), np.zeros(4, int), np.zeros(4, int))
        >>> usual = learn_usual(np.zeros(4, int), ("a",), clock, np.array([4.0, 9, 6, 9]), 2, 0.0)
        >>> usual.days[0, 0, :2].tolist()
        [5.0, 9.0]
    """
    shape = (len(names), KINDS_OF_DAY, slots)
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (places, clock.kind, clock.slot), values)
    np.add.at(count, (places, clock.kind, clock.slot), 1.0)
    total, count = _smooth(total, width), _smooth(count, width)
    days = _filled(total, count)
    residual = values - days[places, clock.kind, clock.slot]
    n = np.maximum(np.bincount(places, minlength=len(names)), 1)
    spread = np.sqrt(np.bincount(places, np.square(residual), len(names)) / n)
    level = days.mean(axis=(1, 2))
    # Of a quiet road: one vehicle more or less is no surprise.
    floor = max(0.02 * float(np.median(level)), 1e-3)
    spread = np.maximum(spread, floor)
    moving = level > 1e-9
    parts = days[moving] / level[moving, None, None]
    whole = parts.mean(axis=0) if moving.any() else np.ones(shape[1:])
    ratio = float(np.median(spread[moving] / level[moving])) if moving.any() else 1.0
    days, spread, whole = (part.astype(np.float32) for part in (days, spread, whole))
    return UsualDay(names, days, spread, whole, ratio, floor)


def _smooth(values: np.ndarray, width: float) -> np.ndarray:
    """Sums over neighbouring slots, around midnight too."""
    if width <= 0:
        return values
    reach = min(int(np.ceil(_REACH * width)), (values.shape[-1] - 1) // 2)
    found = np.zeros_like(values)
    for shift in range(-reach, reach + 1):
        found += np.exp(-0.5 * (shift / width) ** 2) * np.roll(values, shift, axis=-1)
    return found


def _filled(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Means, with what was never seen from the other kind of day, then from the whole station."""
    mean = np.where(count >= _LEAST, total / np.maximum(count, 1e-9), np.nan)
    other = mean[:, ::-1]
    mean = np.where(np.isfinite(mean), mean, other)
    whole = total.sum(axis=(1, 2)) / np.maximum(count.sum(axis=(1, 2)), 1e-9)
    return np.where(np.isfinite(mean), mean, whole[:, None, None])
