"""How far the errors of several periods that are forecast at one moment go together."""

from __future__ import annotations

import numpy as np

# Half the width of a 90% interval in standard deviations.
_SIGMAS = 1.6449


def standard_errors(
    truth: np.ndarray, low: np.ndarray, value: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Errors in standard deviations, as the ends of a 90% interval tell these on either side.

    Example:
        >>> ends = np.array([8.0]), np.array([10.0]), np.array([14.0])
        >>> standard_errors(np.array([14.0]), *ends).round(3).tolist()
        [1.645]
    """
    half = np.where(truth > value, high - value, value - low) / _SIGMAS
    return (truth - value) / np.maximum(half, 1e-9)


def correlation(errors: np.ndarray, series: np.ndarray, steps: np.ndarray) -> float:
    """The correlation of errors of two periods that were forecast at one moment, 0 to 0.99.

    Sums of demand over a lead time need it: with none, high and low periods cancel out; with 1, all
    of them are high together.

    Args:
        errors: float64 [n, H], of records from one period before each, two...; NaN where not known.
        series: int64 [n].
        steps: int64 [n], the period of each record.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> level = rng.normal(size=200)  # of one series, known at the moments 0 to 199
        >>> errors = np.full((201, 2), np.nan)
        >>> errors[1:, 0] = level + 0.5 * rng.normal(size=200)
        >>> errors[2:, 1] = level[:-1] + 0.5 * rng.normal(size=199)
        >>> 0.7 < correlation(errors, np.zeros(201, int), np.arange(201)) < 0.9
        True
    """
    ahead = np.arange(1, errors.shape[1] + 1)
    moment = steps[:, None] - ahead - steps.min() + errors.shape[1]
    key = series[:, None] * (int(moment.max()) + 1) + moment
    known = np.isfinite(errors)
    group = np.unique(key[known], return_inverse=True)[1]
    value = np.clip(errors[known], -4.0, 4.0)
    total, squares = np.bincount(group, value), np.bincount(group, np.square(value))
    n = np.bincount(group)
    pairs = float((n * (n - 1)).sum())
    if pairs == 0 or squares.sum() == 0:
        return 0.0
    together = float((np.square(total) - squares).sum()) / pairs
    return float(np.clip(together / (squares.sum() / n.sum()), 0.0, 0.99))
