"""Forecasts without a network: the same period a season ago, and exponential smoothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

_MOST_GROWTH = 3.0
# A first season known in such a part tells a series' own season.
_ENOUGH = 0.8
# Where nothing was sold for a while a season's factor means nothing, and must not explode.
_LEAST_FACTOR, _MOST_FACTOR = 0.05, 10.0


@dataclass(frozen=True)
class Panel:
    """The sales of all series side by side.

    Args:
        demand: float64 [series, periods], NaN where not known.
        factor: float64 [periods], the season of all series, for those whose own is not known.
    """

    demand: np.ndarray
    factor: np.ndarray


def last_season(panel: Panel, horizon: int, season: int, growth: int = 0) -> np.ndarray:
    """What was sold in the same period a season before, else the last sale known.

    Args:
        panel: the sales.
        horizon: the longest time ahead H.
        season: periods of a season.
        growth: over so many periods before the forecast sales are compared with those a season
            before, and the ratio is applied; 0 for not at all.

    Returns:
        float64 [series, periods, H]: of each period, from one period before it, two...

    Example:
        >>> panel = Panel(np.array([[4.0, 8, 4, 8, 5, 0]]), np.ones(6))
        >>> last_season(panel, 2, 2)[0, 4].tolist()
        [4.0, 4.0]
    """
    demand = panel.demand
    n, periods = demand.shape
    longest = horizon + 2 * (-(-horizon // season) * season) + growth
    padded = np.concatenate([np.full((n, longest), np.nan), demand], axis=1)
    at = longest + np.arange(periods)
    found = np.full((n, periods, horizon), np.nan)
    for ahead in range(1, horizon + 1):
        back = -(-ahead // season) * season
        before = padded[:, at - back]
        if growth:
            window = at[:, None] - ahead - np.arange(growth)
            last, ago = padded[:, window], padded[:, window - back]
            both = np.isfinite(last) & np.isfinite(ago)
            total = np.where(both, ago, 0.0).sum(axis=2)
            ratio = np.where(both, last, 0.0).sum(axis=2) / np.maximum(total, 1e-9)
            ratio = np.clip(ratio, 1.0 / _MOST_GROWTH, _MOST_GROWTH)
            before = before * np.where((both.sum(axis=2) > 0) & (total > 0), ratio, 1.0)
        last_known = _filled(padded)[:, at - ahead]
        found[:, :, ahead - 1] = np.where(np.isfinite(before), before, last_known)
    return found


def _filled(values: np.ndarray) -> np.ndarray:
    """Each value, where not known the last one before it."""
    at = np.where(np.isfinite(values), np.arange(values.shape[1]), 0)
    return np.take_along_axis(values, np.maximum.accumulate(at, axis=1), axis=1)


@dataclass(frozen=True)
class Smoothing:
    """How fast exponential smoothing forgets.

    Args:
        level, trend, season: share of each that a new value replaces, 0 to 1.
        damping: part of the trend that remains from one period to the next.
    """

    level: float
    trend: float
    season: float
    damping: float

    @classmethod
    def grid(cls) -> Iterator[Smoothing]:
        """The ones that validation chooses from."""
        for level, trend, season, damping in product(
            (0.05, 0.1, 0.2, 0.3, 0.5, 0.8),
            (0.0, 0.02, 0.1, 0.3),
            (0.0, 0.1, 0.3, 0.6),
            (0.9, 0.98, 1.0),
        ):
            if trend > 0 or damping == 1.0:
                yield cls(level, trend, season, damping)


def smooth(panel: Panel, horizon: int, season: int, ways: list[Smoothing]) -> Iterator[np.ndarray]:
    """Holt-Winters smoothing with a damped trend and a season that multiplies.

    The first season of a series gives its level and, where it is known, its season; from then on
    each new value moves them. A value that is not known moves nothing.

    Args:
        panel: the sales.
        horizon: the longest time ahead H.
        season: periods of a season.
        ways: several of them at once.

    Yields:
        for each way float64 [series, periods, H]: of each period, from one period before, two...;
        NaN where nothing is known yet.

    Source:
        Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential Smoothing, 2008, the method
        (A, Ad, M) in its component form.
    """
    for way in ways:
        yield _smooth_one(panel, horizon, season, way)


def _smooth_one(panel: Panel, horizon: int, season: int, way: Smoothing) -> np.ndarray:
    demand = panel.demand
    n, periods = demand.shape
    level, factors, begins = _start(panel, season)
    trend = np.zeros(n)
    found = np.full((n, periods, horizon), np.nan)
    damped = np.cumsum(way.damping ** np.arange(1, horizon + 1))
    rows = np.arange(n)
    for now in range(periods):
        place = now % season
        value = demand[:, now]
        moves = np.isfinite(value) & (now >= begins)
        expected = level + way.damping * trend
        factor = factors[rows, place]
        seen = np.where(moves, value, 0.0) / factor
        new = way.level * seen + (1 - way.level) * expected
        slope = way.trend * (new - level) + (1 - way.trend) * way.damping * trend
        ratio = np.where(moves, value, 0.0) / np.maximum(new, 1e-9)
        ratio = np.clip(ratio, _LEAST_FACTOR, _MOST_FACTOR)
        factors[rows, place] = np.where(
            moves, way.season * ratio + (1 - way.season) * factor, factor
        )
        started = now >= begins
        trend = np.where(moves, slope, np.where(started, way.damping * trend, trend))
        level = np.where(moves, new, np.where(started, expected, level))
        last = min(horizon, periods - 1 - now)
        ahead = np.arange(1, last + 1)
        told = level[:, None] + damped[:last] * trend[:, None]
        told = np.maximum(told * factors[:, (now + ahead) % season], 0.0)
        found[:, now + ahead, ahead - 1] = np.where(
            (now >= begins)[:, None] & np.isfinite(told), told, np.nan
        )
    return found


def _start(panel: Panel, season: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Level [n], season [n, season] and the period [n] from which a series is smoothed."""
    demand = panel.demand
    n, periods = demand.shape
    there = np.isfinite(demand)
    first = np.where(there.any(axis=1), there.argmax(axis=1), periods)
    common = np.ones(season)
    tail = np.arange(max(periods - season, 0), periods)
    common[tail % season] = panel.factor[tail]
    level, factors = np.full(n, np.nan), np.tile(common, (n, 1))
    begins = np.full(n, periods)
    for row in range(n):
        some = np.arange(first[row], min(first[row] + season, periods))
        values = demand[row, some]
        known = np.isfinite(values)
        if not known.any():
            continue
        if len(some) == season and known.mean() >= _ENOUGH and season > 1:
            level[row] = values[known].mean()
            factors[row, some[known] % season] = values[known] / max(level[row], 1e-9)
            begins[row] = first[row] + season
        else:
            level[row] = values[known][0] / max(common[some[known][0] % season], 1e-9)
            begins[row] = first[row]
    return level, np.clip(factors, _LEAST_FACTOR, _MOST_FACTOR), begins
