"""What a series' past says of a period, as it was known one period before, two, and so on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .config import DataConfig
from .season import WAVES, Season, waves

# Ratios further out than this say "far out" and no more.
_CUT = 3.0
_MOST_GROWTH = 3.0
# So many periods stand in as the usual spread until a series has some of its own.
_USUAL = 3.0
_NEIGHBOURS = (-2, -1, 1, 2)
FEATURES = 15 + len(_NEIGHBOURS) + WAVES
CHANNELS = 7


@dataclass(frozen=True)
class Usual:
    """What training knows of series in general.

    Args:
        season: what all series do alike.
        spread: usual spread of a series around its level, as part of it.
        error: usual distance of the demand from the base, in spreads of its series.
        floor: the least spread, in units.
    """

    season: Season
    spread: float
    error: float
    floor: float


@dataclass(frozen=True)
class Past:
    """The pasts of records [n], for each of the H times ahead.

    Args:
        line: float64 [n, lags + H - 1, CHANNELS], the periods before the one forecast, oldest
            first; at each place nothing of a later one.
        features: float64 [n, H, FEATURES].
        base: float64 [n, H], a first forecast: the same period a season ago with the growth since,
            else the level of the last periods with the season of all series.
        scale: float64 [n, H], the usual distance of the demand from it, above 0.
        known: float64 [n, H], share of the last periods that is known.
    """

    line: np.ndarray
    features: np.ndarray
    base: np.ndarray
    scale: np.ndarray
    known: np.ndarray


def read_past(
    past: np.ndarray,
    own: np.ndarray,
    steps: np.ndarray,
    start: np.ndarray,
    config: DataConfig,
    usual: Usual,
) -> Past:
    """What is known of periods before them.

    Args:
        past: float64 [n, length, 5], the memory of each record's series, its own period last, in
            the columns of :data:`.sales.COLUMNS`; NaN where there is no record. The own demand is
            not looked at.
        own: float64 [n, 3], promotion, holiday and price of the record itself, known ahead.
        steps: int64 [n], the records' periods.
        start: float64 [n], the level at which a series begins that has no past.
        config: how the sales are read.
        usual: what training knows.
    """
    # Counted backwards from here on: place p is p periods before the one forecast.
    back = past[:, ::-1, :]
    ahead = np.arange(1, config.horizon + 1)
    demand = back[:, :, 0]
    moments = steps[:, None] - np.arange(back.shape[1])
    factor = usual.season.at(moments, config.step_minutes, config.season_steps)
    deseasoned = demand / factor
    level, spread, weight = _levels(deseasoned, config)
    has_level = weight > 0
    level = np.where(has_level, level, start[:, None])
    spread = np.sqrt(
        (spread * weight + _USUAL * np.square(usual.spread * level + usual.floor))
        / (weight + _USUAL)
    )
    line = _line(back, deseasoned, level, has_level, own[:, 2], config)
    now = level[:, ahead]
    by_level = now * factor[:, :1]
    reference = -(-ahead // config.season_steps) * config.season_steps
    growths = [
        _growth(demand, ahead, reference, length, now)
        for length in (config.recent, max(config.recent // 2, 1), config.lags)
    ]
    growth, pairs = growths[0]
    ago = demand[:, reference]
    has_ago = np.isfinite(ago) & (2 * pairs >= config.recent)
    by_season = np.where(has_ago, ago * growth, by_level)
    base = np.where(has_ago, by_season, by_level)
    relative = spread[:, ahead] / np.maximum(now, 1e-9)
    size = np.maximum(base, 0.3 * now)
    scale = np.maximum(usual.error * relative * size, usual.error * usual.floor)
    small = 0.05 * now + usual.floor
    neighbours = [
        _log_ratio(_at(demand, reference + shift, ahead), ago, small) for shift in _NEIGHBOURS
    ]
    price = own[:, 2:]
    window = ahead[:, None] + np.arange(config.lags)
    known = np.isfinite(demand[:, window]).mean(axis=2)
    usual_price = _mean(back[:, :, 3][:, window])
    promotion, holiday = np.nan_to_num(back[:, :, 1]), np.nan_to_num(back[:, :, 2])
    shape = base.shape
    columns = [
        np.clip((by_season - by_level) / scale, -2 * _CUT, 2 * _CUT),
        has_ago,
        np.log(growth),
        np.log(growths[1][0]) - np.log(growth),
        np.log(growths[2][0]) - np.log(growth),
        np.log(factor[:, :1]) + np.zeros(shape),
        np.broadcast_to(own[:, :1], shape),
        promotion[:, reference],
        np.broadcast_to(own[:, 1:2], shape),
        holiday[:, reference],
        holiday[:, reference - 1] - holiday[:, reference + 1],
        _log_ratio(np.broadcast_to(price, shape), usual_price, 0.0),
        _log_ratio(np.broadcast_to(price, shape), back[:, :, 3][:, reference], 0.0),
        np.broadcast_to(ahead / config.horizon, shape),
        np.log(np.clip(relative / max(usual.spread, 1e-9), 0.05, 20.0)),
        *neighbours,
        *np.moveaxis(
            np.broadcast_to(waves(steps, config.step_minutes)[:, None, :], (*shape, WAVES)), 2, 0
        ),
    ]
    return Past(line, np.stack(columns, axis=2), base, scale, known)


def _levels(
    deseasoned: np.ndarray, config: DataConfig
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and variance of the last known periods from each place on, newer ones weighing more.

    Returns:
        three of float64 [n, lags + H + 1]; the last is the weight that is known, 0 for none.
    """
    width = max(config.lags, 2 * config.recent)
    weights = 0.5 ** (np.arange(width) / config.recent)
    n = config.lags + config.horizon + 1
    there = np.isfinite(deseasoned)
    value = np.where(there, deseasoned, 0.0)

    def weighed(values: np.ndarray) -> np.ndarray:
        views = np.lib.stride_tricks.sliding_window_view(values, width, axis=1)
        return views[:, :n] @ weights

    weight = weighed(there.astype(np.float64))
    total = np.maximum(weight, 1e-9)
    level = weighed(value) / total
    variance = np.maximum(weighed(np.square(value)) / total - np.square(level), 0.0)
    return level, variance, weight


def _line(
    back: np.ndarray,
    deseasoned: np.ndarray,
    level: np.ndarray,
    has_level: np.ndarray,
    price: np.ndarray,
    config: DataConfig,
) -> np.ndarray:
    """The periods before the one forecast, one by one, oldest first."""
    length = config.lags + config.horizon
    at, before = slice(1, length), slice(2, length + 1)
    demand = back[:, :, 0]
    ago = demand[:, 1 + config.reach : length + config.reach]
    small = 0.05 * level[:, before] + 1e-9
    there = np.isfinite(demand[:, at])
    usual = np.where(has_level[:, before], level[:, before], np.nan)
    columns = [
        _log_ratio(deseasoned[:, at], usual, 2 * small),
        4.0 * _log_ratio(demand[:, at], ago, small),
        there,
        there & np.isfinite(ago),
        np.nan_to_num(back[:, at, 1]),
        np.nan_to_num(back[:, at, 2]),
        _log_ratio(back[:, at, 3], np.broadcast_to(price[:, None], ago.shape), 0.0),
    ]
    return np.stack([np.clip(c, -_CUT, _CUT) for c in columns], axis=2)[:, ::-1, :]


def _growth(
    demand: np.ndarray, ahead: np.ndarray, reference: np.ndarray, length: int, level: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Demand of the last periods to that of the same ones a season before; and how many pairs."""
    window = ahead[:, None] + np.arange(length)
    last, ago = demand[:, window], demand[:, window + reference[:, None]]
    both = np.isfinite(last) & np.isfinite(ago)
    pairs = both.sum(axis=2)
    # As if one period more had been the same in both: a single small one is no growth.
    one = np.maximum(level, 1e-9)
    ratio = (np.where(both, last, 0.0).sum(axis=2) + one) / (
        np.where(both, ago, 0.0).sum(axis=2) + one
    )
    return np.clip(ratio, 1.0 / _MOST_GROWTH, _MOST_GROWTH), pairs


def _at(demand: np.ndarray, places: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Demand at some places [H], NaN where that was not past yet."""
    return np.where(places >= ahead, demand[:, places], np.nan)


def _log_ratio(a: np.ndarray, b: np.ndarray, small: np.ndarray | float) -> np.ndarray:
    """Log of a ratio within the cut, 0 where one of both is not known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log((a + small) / (b + small))
    return np.clip(np.where(np.isfinite(found), found, 0.0), -_CUT, _CUT)


def _mean(values: np.ndarray) -> np.ndarray:
    there = np.isfinite(values)
    total = np.where(there, values, 0.0).sum(axis=-1)
    n = there.sum(axis=-1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)
