"""The demand until the next chance to be delivered: paths of it, drawn from forecast quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Half the width of a 90% interval in standard deviations.
SIGMAS = 1.6449
PATHS = 2000


@dataclass(frozen=True)
class Draws:
    """Standard normal numbers that every product shares, so that two of them differ by their
    forecasts alone and a plan is the same each time it is made.

    Args:
        common: float64 [paths], what is the same in all periods of a path.
        own: float64 [paths, periods].
        lead: float64 [paths], of the lead time.
    """

    common: np.ndarray
    own: np.ndarray
    lead: np.ndarray

    @classmethod
    def make(cls, periods: int, paths: int = PATHS, seed: int = 0) -> Draws:
        """Numbers for so many periods, each in pairs of opposite signs, so that means are exact."""
        rng = np.random.default_rng(seed)
        half = rng.normal(size=(paths // 2, periods + 2))
        both = np.concatenate([half, -half])
        return cls(both[:, 0], both[:, 2:], both[:, 1])


def demand_paths(
    low: np.ndarray,
    value: np.ndarray,
    high: np.ndarray,
    correlation: float,
    draws: Draws,
) -> np.ndarray:
    """Paths of the demand in the periods to come.

    Each period is spread around its value like a normal number, with the width of the lower part of
    its 90% interval below and of the upper part above, and never below 0: its 5%, 50% and 95%
    points are those of the forecast.

    Args:
        low, value, high: float64 [periods] each, from the next period on.
        correlation: of two periods of a path, 0 to 1.
        draws: of at least as many periods.

    Returns:
        float64 [paths, periods].

    Example:
        >>> ends = np.array([6.0]), np.array([10.0]), np.array([18.0])
        >>> paths = demand_paths(*ends, 0.5, Draws.make(1, 20_000))
        >>> np.quantile(paths, [0.05, 0.5, 0.95]).round().tolist()
        [6.0, 10.0, 18.0]
    """
    z = np.sqrt(correlation) * draws.common[:, None]
    z = z + np.sqrt(1.0 - correlation) * draws.own[:, : len(value)]
    width = np.where(z > 0, high - value, value - low) / SIGMAS
    return np.maximum(value + width * z, 0.0)


def lead_times(lead: float, lead_sd: float, draws: Draws) -> np.ndarray:
    """Lead times of the paths in periods, float64 [paths], at least 0.

    Args:
        lead: the mean.
        lead_sd: its standard deviation, 0 where deliveries always take the same time.
        draws: of the paths.
    """
    return np.maximum(lead + lead_sd * draws.lead, 0.0)


def covered(paths: np.ndarray, until: np.ndarray) -> np.ndarray:
    """Demand of each path until a time, float64 [paths].

    Within a period demand comes evenly; beyond the last one it goes on as the mean of all of them.

    Args:
        paths: float64 [paths, periods].
        until: float64 [paths], in periods from now, at least 0.

    Example:
        >>> covered(np.array([[4.0, 8.0], [4.0, 8.0]]), np.array([1.5, 3.0])).tolist()
        [8.0, 18.0]
    """
    n = paths.shape[1]
    total = np.concatenate([np.zeros((len(paths), 1)), np.cumsum(paths, axis=1)], axis=1)
    whole = np.minimum(until.astype(np.int64), n - 1)
    rows = np.arange(len(paths))
    within = np.minimum(until, n) - whole
    found = total[rows, whole] + within * paths[rows, whole]
    return found + np.maximum(until - n, 0.0) * total[:, -1] / n
