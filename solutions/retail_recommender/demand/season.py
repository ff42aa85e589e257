"""Where a period stands in its year and week, and what is usual there for all series together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WEEKS = 53
_A_YEAR, _A_WEEK = 365.25, 7.0
WAVES = 8
# Rounds of fitting the level of each series and cycle, and the season, by turns.
_ROUNDS = 6
# A place of the season that so many values tell of is usual; with fewer it is drawn to 1.
_FEW = 1.0


def year_week(steps: np.ndarray, step_minutes: float) -> np.ndarray:
    """The week of the year of each period, int64 from 0 to 52.

    For weeks it is the ISO week less one, since a week belongs to the year of its Thursday.

    Args:
        steps: int64, from :func:`lepton_core.series.step_numbers`.
        step_minutes: length of a period.

    Example:
        >>> week = 10080.0
        >>> friday = np.array([1_266_537_600 // 60])  # 2010-02-19, in ISO week 7
        >>> year_week(np.rint(friday / week).astype(np.int64), week).tolist()
        [6]
    """
    days = np.floor(np.asarray(steps) * step_minutes / 1440.0).astype(np.int64)
    dates = days.astype("datetime64[D]")
    first = dates.astype("datetime64[Y]").astype("datetime64[D]")
    return np.minimum((dates - first).astype(np.int64) // 7, WEEKS - 1)


def places(steps: np.ndarray, step_minutes: float, season_steps: int) -> np.ndarray:
    """Where each period stands in its season, int64 from 0.

    A season of a year is told in weeks of the year, so that a holiday stays in its place; any
    other is counted in periods.
    """
    if is_a_year(step_minutes, season_steps):
        return year_week(steps, step_minutes)
    return np.asarray(steps) % season_steps


def is_a_year(step_minutes: float, season_steps: int) -> bool:
    """Whether a season of so many periods is a year."""
    return abs(season_steps * step_minutes / 1440.0 - _A_YEAR) < 0.5 * _A_WEEK


def waves(steps: np.ndarray, step_minutes: float) -> np.ndarray:
    """Year (two waves), month (wages are paid) and week (where periods are shorter) as points on
    circles.

    Returns:
        float64 [..., 8].
    """
    days = np.asarray(steps) * step_minutes / 1440.0
    dates = np.floor(days).astype(np.int64).astype("datetime64[D]")
    month = (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) / 31.0
    # 1 January 1970 was a Thursday, the fourth day of the week.
    week = (days + 3) / _A_WEEK * (1.0 if step_minutes < 10080 else 0.0)
    angles = 2 * np.pi * np.stack([days / _A_YEAR, 2 * days / _A_YEAR, month, week], axis=-1)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)


@dataclass(frozen=True)
class Season:
    """What all series do alike in the course of a season.

    Args:
        factor: float64 [places], demand at each place of the season as part of its mean, above 0.
    """

    factor: np.ndarray

    def at(self, steps: np.ndarray, step_minutes: float, season_steps: int) -> np.ndarray:
        """The factor of each period, in the shape of ``steps``."""
        if not len(self.factor):
            return np.ones(np.shape(steps))
        return self.factor[places(steps, step_minutes, season_steps) % len(self.factor)]


def learn_season(
    series: np.ndarray,
    steps: np.ndarray,
    demand: np.ndarray,
    step_minutes: float,
    season_steps: int,
) -> Season:
    """The season of training records; none where they last less than one.

    The level of each series in each cycle and the factor of each place are fitted by turns, so that
    a cycle that was seen in part does not pass for a low one.

    Args:
        series: int64 [n], number of each record's series.
        steps: int64 [n].
        demand: float64 [n], no NaN.
        step_minutes: length of a period.
        season_steps: periods of a season.

    Example:
        >>> steps = np.arange(28)
        >>> demand = np.where(steps % 7 == 0, 20.0, 8.0)
        >>> season = learn_season(np.zeros(28, int), steps, demand, 1440.0, 7)
        >>> np.round(season.factor[:2], 2).tolist()  # of four weeks: 2.06 and .82, drawn to 1
        [1.85, 0.86]
    """
    if not len(steps) or steps.max() - steps.min() + 1 < season_steps:
        return Season(np.ones(0))
    place = places(steps, step_minutes, season_steps)
    n = WEEKS if is_a_year(step_minutes, season_steps) else season_steps
    cycle = (steps - steps.min()) // season_steps
    group = np.unique(series * (cycle.max() + 1) + cycle, return_inverse=True)[1]
    factor = np.ones(n)
    for _ in range(_ROUNDS):
        level = _ratio(np.bincount(group, demand), np.bincount(group, factor[place]))
        # Each value counts by the root of its level: neither the largest series alone nor noise.
        weight = 1.0 / np.sqrt(np.maximum(level[group], 1e-9))
        asked, usual = (np.bincount(place, values * weight, n) for values in (demand, level[group]))
        per_value = usual / np.maximum(np.bincount(place, minlength=n), 1)
        drawn = _FEW * np.where(per_value > 0, per_value, 1.0)
        factor = np.maximum((asked + drawn) / (usual + drawn), 0.05)
        factor = factor / np.average(factor, weights=np.bincount(place, minlength=n))
    return Season(factor)


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a / np.maximum(b, 1e-9)
