"""A straight line through a patient's visits, and whether it is more than noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Two-sided 95%.
_SURE = 1.96
# A value is never known better than this, in logits: a tenth of the odds.
_LEAST_NOISE = 0.1
_LEAST_YEARS = 7 / 365.25


@dataclass(frozen=True)
class Trend:
    """The course of one patient's risk.

    Args:
        name: ``rising`` or ``falling`` where the line is steeper than noise alone would make it in
            95 of 100 patients who stay the same; ``steady`` otherwise; ``unknown`` with one visit,
            or several of one day.
        risk: calibrated risk of the last visit, 0 to 1.
        risk_low: lower end of where it may lie by the noise of what was measured then, 95%.
        risk_high: its upper end.
        change: risk of the last visit less that of the first.
        slope: of the line, in logits a year; NaN where there is none.
        slope_error: its standard deviation by noise.
    """

    name: str
    risk: float
    risk_low: float
    risk_high: float
    change: float
    slope: float
    slope_error: float


def trend_of(years: np.ndarray, logits: np.ndarray, noise: np.ndarray) -> Trend:
    """The line through the calibrated logits of one patient's visits.

    Args:
        years: time of each visit, float64 [n], ascending.
        logits: calibrated, float64 [n].
        noise: standard deviation of each, float64 [n].

    Source:
        Weighted least squares with known errors: Bevington, Data Reduction and Error Analysis,
        1969.

    Example:
        >>> line = trend_of(np.array([0.0, 1.0, 2.0]), np.array([-1.0, 0.0, 1.0]), np.full(3, 0.2))
        >>> line.name, round(line.slope, 2), round(line.slope_error, 2)
        ('rising', 1.0, 0.14)
    """
    spread = np.maximum(noise, _LEAST_NOISE)
    weights = 1.0 / spread**2
    risk, change = _risk(logits[-1]), _risk(logits[-1]) - _risk(logits[0])
    ends = (_risk(logits[-1] - _SURE * spread[-1]), _risk(logits[-1] + _SURE * spread[-1]))
    # A day or two apart is one visit as far as a trend goes.
    if len(years) < 2 or years[-1] - years[0] < _LEAST_YEARS:
        return Trend("unknown", risk, *ends, change, float("nan"), float("nan"))
    middle = np.average(years, weights=weights)
    lever = float(np.sum(weights * (years - middle) ** 2))
    slope = float(np.sum(weights * (years - middle) * logits) / lever)
    error = lever**-0.5
    sure = abs(slope) > _SURE * error
    name = ("rising" if slope > 0 else "falling") if sure else "steady"
    return Trend(name, risk, *ends, change, slope, error)


def _risk(logit: float) -> float:
    return float(0.5 * (1.0 + np.tanh(0.5 * logit)))
