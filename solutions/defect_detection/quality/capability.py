"""Process capability: how well what a process makes fits between its specification limits.

Cp and Cpk take the spread within subgroups, what the process could do; Pp and Ppk the spread over
all, what it did. Source: Montgomery, Introduction to Statistical Quality Control, 7th edition,
chapter 8; Bissell, How Reliable is Your Capability Index?, Applied Statistics 1990; NIST/SEMATECH
e-Handbook 6.1.6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lepton_core.errors import DataError

from .distributions import NORMAL, chi2_quantile
from .factors import c4, d2

_FEWEST = 10
_RESAMPLES = 2000
# A moving range of two tells as much of sigma as this share of the degrees of freedom would.
_MOVING_RANGE_EFFICIENCY = 0.62


@dataclass(frozen=True)
class Index:
    """A capability index with its interval.

    Args:
        value: the estimate.
        low: lower end, by chi-square (Cp, Pp) or Bissell (Cpk, Ppk).
        high: upper end.
        resampled: the interval by bootstrap of subgroups, as a check that asks for no normal
            distribution; None for the short-term indices of single values.
    """

    value: float
    low: float
    high: float
    resampled: tuple[float, float] | None = None


@dataclass(frozen=True)
class Capability:
    """What a capability study found.

    Args:
        n: values.
        mean: of all.
        sigma_within: within subgroups.
        sigma_overall: over all.
        cp: None with one specification limit alone; so is ``pp``.
        cpk: to the nearer limit, within.
        pp: over all.
        ppk: to the nearer limit, over all.
        outside: share of the values outside the limits.
        expected_outside: the same by a normal distribution of the overall spread.
        normal_p: p-value of the Anderson-Darling test; low where values are not normal.
    """

    n: int
    mean: float
    sigma_within: float
    sigma_overall: float
    cp: Index | None
    cpk: Index
    pp: Index | None
    ppk: Index
    outside: float
    expected_outside: float
    normal_p: float

    @property
    def is_normal(self) -> bool:
        """Whether nothing speaks against a normal distribution, on which all indices stand."""
        return self.normal_p >= 0.05


def capability(
    subgroups: Sequence[np.ndarray],
    lower: float = -math.inf,
    upper: float = math.inf,
    level: float = 0.95,
    seed: int = 0,
) -> Capability:
    """Cp, Cpk, Pp and Ppk with intervals.

    Args:
        subgroups: the values of each, in order of time; single values as subgroups of one.
        lower: lower specification limit, infinite for none.
        upper: upper specification limit.
        level: of the intervals.
        seed: of the bootstrap.

    Raises:
        DataError: ``no_tolerance``, ``few_values`` or ``constant`` below
            ``defect_detection.quality.error``.

    Example:
        >>> draw = np.random.default_rng(0)
        >>> found = capability([draw.normal(10, 1, 5) for _ in range(40)], 6, 14)
        >>> round(found.cp.value, 1), found.cpk.low < found.cpk.value < found.cp.high
        (1.4, True)
    """
    if not math.isfinite(lower) and not math.isfinite(upper):
        raise _error("no_tolerance")
    if not lower < upper:
        raise _error("tolerance", lower=lower, upper=upper)
    groups = [np.asarray(group, np.float64) for group in subgroups]
    values = np.concatenate(groups) if groups else np.empty(0)
    if len(values) < _FEWEST:
        raise _error("few_values", n=len(values), least=_FEWEST)
    within, degrees = sigma_within(groups)
    overall = float(values.std(ddof=1))
    # Rounding leaves a trace of spread in values that are all the same.
    if min(within, overall) <= 1e-12 * max(float(np.abs(values).max()), 1e-300):
        raise _error("constant", line="-", n=len(values), value=float(values[0]))
    n, mean = len(values), float(values.mean())
    draws = _resample(groups, lower, upper, seed)
    tail = NORMAL.inv_cdf((1 + level) / 2)

    def both(sigma: float, df: float, column: int) -> Index | None:
        if not math.isfinite(upper - lower):
            return None
        value = (upper - lower) / (6 * sigma)
        ends = (math.sqrt(chi2_quantile(p, df) / df) for p in ((1 - level) / 2, (1 + level) / 2))
        low, high = (value * end for end in ends)
        return Index(value, low, high, _ends(draws, column, level))

    def nearer(sigma: float, df: float, column: int) -> Index:
        value = min(upper - mean, mean - lower) / (3 * sigma)
        half = tail * math.sqrt(1 / (9 * n) + value**2 / (2 * df))
        return Index(value, value - half, value + half, _ends(draws, column, level))

    expected = NORMAL.cdf((lower - mean) / overall) + NORMAL.cdf((mean - upper) / overall)
    return Capability(
        n=n,
        mean=mean,
        sigma_within=within,
        sigma_overall=overall,
        cp=both(within, degrees, 0),
        cpk=nearer(within, degrees, 1),
        pp=both(overall, n - 1, 2),
        ppk=nearer(overall, n - 1, 3),
        outside=float(((values < lower) | (values > upper)).mean()),
        expected_outside=expected,
        normal_p=anderson_darling(values)[1],
    )


def sigma_within(groups: Sequence[np.ndarray]) -> tuple[float, float]:
    """Standard deviation within subgroups, and the degrees of freedom behind it.

    Pooled over subgroups and freed of its bias by c4; from moving ranges where all are single.
    """
    several = [group for group in groups if len(group) > 1]
    if several:
        df = sum(len(group) - 1 for group in several)
        squares = sum(float(np.square(group - group.mean()).sum()) for group in several)
        return math.sqrt(squares / df) / c4(df + 1), df
    moving = np.abs(np.diff(np.concatenate(groups)))
    return float(moving.mean()) / d2(2), max(_MOVING_RANGE_EFFICIENCY * len(moving), 1.0)


def anderson_darling(values: np.ndarray) -> tuple[float, float]:
    """The Anderson-Darling statistic against a normal distribution fitted to the values, and its p.

    Source:
        D'Agostino and Stephens, Goodness-of-Fit Techniques, 1986, table 4.9.
    """
    n = len(values)
    z = np.sort((values - values.mean()) / values.std(ddof=1))
    below = np.clip([NORMAL.cdf(one) for one in z], 1e-300, 1 - 1e-16)
    weight = 2 * np.arange(1, n + 1) - 1
    statistic = -n - float((weight * (np.log(below) + np.log1p(-below[::-1]))).mean())
    a = statistic * (1 + 0.75 / n + 2.25 / n**2)
    if a >= 13:
        p = 0.0
    elif a >= 0.6:
        p = math.exp(1.2937 - 5.709 * a + 0.0186 * a**2)
    elif a >= 0.34:
        p = math.exp(0.9177 - 4.279 * a - 1.38 * a**2)
    elif a >= 0.2:
        p = 1 - math.exp(-8.318 + 42.796 * a - 59.938 * a**2)
    else:
        p = 1 - math.exp(-13.436 + 101.14 * a - 223.73 * a**2)
    return statistic, p


def _resample(groups: Sequence[np.ndarray], lower: float, upper: float, seed: int) -> np.ndarray:
    """Cp, Cpk, Pp and Ppk [resamples, 4] of subgroups drawn anew; NaN where not defined."""
    n = np.array([len(group) for group in groups], np.float64)
    mean = np.array([group.mean() for group in groups])
    squares = np.array([np.square(group - group.mean()).sum() for group in groups])
    drawn = np.random.default_rng(seed).integers(0, len(groups), (_RESAMPLES, len(groups)))
    count, df = n[drawn].sum(axis=1), (n - 1)[drawn].sum(axis=1)
    centre = (n * mean)[drawn].sum(axis=1) / count
    inside = squares[drawn].sum(axis=1)
    between = (n[drawn] * np.square(mean[drawn] - centre[:, None])).sum(axis=1)
    found = np.full((_RESAMPLES, 4), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        for column, sigma in (
            (0, np.sqrt(inside / df)),
            (2, np.sqrt((inside + between) / (count - 1))),
        ):
            near = np.minimum(upper - centre, centre - lower)
            found[:, column], found[:, column + 1] = (
                (upper - lower) / (6 * sigma),
                near / (3 * sigma),
            )
    return found


def _ends(draws: np.ndarray, column: int, level: float) -> tuple[float, float] | None:
    some = draws[np.isfinite(draws[:, column]), column]
    if len(some) < len(draws) / 2:
        return None
    low, high = np.quantile(some, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _error(key: str, **values: object) -> DataError:
    return DataError(f"defect_detection.quality.error.{key}", **values)
