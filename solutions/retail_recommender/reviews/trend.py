"""Sentiment over time: how many reviews a period brings, and which share of them is positive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PERIODS = ("week", "month", "quarter")
_US_A_DAY = 86_400_000_000
_Z = 1.96


@dataclass(frozen=True)
class Trend:
    """Periods in order, those without a review left out.

    Args:
        start: datetime64[D] [m], the first day of each period.
        n: int64 [m], reviews in it.
        positive: int64 [m], positive ones.
        low: float64 [m], lower end of the 95% interval of their share.
        high: float64 [m], upper end.
    """

    start: np.ndarray
    n: np.ndarray
    positive: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def share(self) -> np.ndarray:
        """float64 [m], the share of positive reviews."""
        return self.positive / self.n


def trend(time_us: np.ndarray, positive: np.ndarray, period: str = "month") -> Trend:
    """Count reviews by period.

    Args:
        time_us: int64 [n], microseconds since 1970 UTC.
        positive: bool [n].
        period: one of ``PERIODS``; weeks begin on Monday.

    Example:
        >>> days = np.array([0, 1, 40]) * 86_400_000_000
        >>> found = trend(days, np.array([True, False, True]))
        >>> found.start.astype(str).tolist(), found.share.tolist()
        (['1970-01-01', '1970-02-01'], [0.5, 1.0])
    """
    starts, place = np.unique(period_start(time_us, period), return_inverse=True)
    n = np.bincount(place, minlength=len(starts))
    found = np.bincount(place, np.asarray(positive, np.float64), minlength=len(starts))
    low, high = wilson(found, n)
    return Trend(starts, n, found.astype(np.int64), low, high)


def period_start(time_us: np.ndarray, period: str) -> np.ndarray:
    """The first day datetime64[D] [n] of the period that each moment lies in."""
    if period not in PERIODS:
        raise ValueError(f"period is one of {PERIODS}. Received: period={period!r}")
    days = (np.asarray(time_us, np.int64) // _US_A_DAY).astype("datetime64[D]")
    if period == "week":
        # The first of January 1970 was a Thursday.
        number = days.astype(np.int64)
        return (number - (number + 3) % 7).astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64)
    if period == "quarter":
        months = months - months % 3
    return months.astype("datetime64[M]").astype("datetime64[D]")


def wilson(found: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 95% interval of shares, right for few and for extreme ones, float64 [m] each.

    Args:
        found: how many were found [m].
        n: of how many [m], at least 1.

    Source:
        Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.

    Example:
        >>> low, high = wilson(np.array([5]), np.array([5]))
        >>> round(float(low[0]), 2), float(high[0])
        (0.57, 1.0)
    """
    found, n = np.asarray(found, np.float64), np.asarray(n, np.float64)
    share = found / n
    middle = share + _Z**2 / (2 * n)
    spread = _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    scale = 1 + _Z**2 / n
    return np.clip((middle - spread) / scale, 0, 1), np.clip((middle + spread) / scale, 0, 1)
