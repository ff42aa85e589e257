"""Control charts: what a subgroup's point is, and between which limits it should lie.

Phase I estimates centre and spread from a baseline; phase II holds new subgroups against these
frozen limits. Source: Montgomery, Introduction to Statistical Quality Control, 7th edition,
chapters 6 (measurements) and 7 (counts); NIST/SEMATECH e-Handbook, 6.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from .factors import c4, d2, deviation_limits, range_limits

KINDS = ("p", "np", "u", "c", "xbar_r", "xbar_s", "i_mr")
COUNTED = ("p", "np", "u", "c")
_FAR = 99.0


@dataclass(frozen=True)
class Subgroup:
    """What one subgroup says.

    Args:
        n: parts inspected or measured, at least 1.
        value: what stands on the chart before scaling: defectives, defects, or the mean.
        spread: range, standard deviation or moving range; NaN where the chart has none, or for the
            first value of an individuals chart.
    """

    n: int
    value: float
    spread: float = math.nan


@dataclass(frozen=True)
class Limits:
    """A process as its baseline showed it.

    Args:
        centre: share defective (p, np), defects a part (u), defects a subgroup (c), or mean.
        sigma: standard deviation of single values within subgroups; 0 for counts.
        subgroups: how many it was estimated from.
    """

    centre: float
    sigma: float = 0.0
    subgroups: int = 0


@dataclass(frozen=True)
class Placed:
    """A point on its chart.

    Args:
        value: where it stands.
        centre: centre line.
        lower: lower limit.
        upper: upper limit.
        z: distance from the centre in standard deviations of the point, cut at 99.
    """

    value: float
    centre: float
    lower: float
    upper: float
    z: float

    @property
    def is_beyond(self) -> bool:
        """Whether it lies beyond a limit."""
        return not self.lower <= self.value <= self.upper


class Baseline:
    """Sums over a baseline's subgroups, which give its limits at any time.

    Args:
        kind: one of ``KINDS``.

    Example:
        >>> baseline = Baseline("p")
        >>> for defective in (4, 6):
        ...     baseline.add(Subgroup(100, defective))
        >>> baseline.limits().centre
        0.05
    """

    def __init__(self, kind: str, sums: Iterable[float] = (0.0, 0.0, 0.0, 0.0, 0.0)) -> None:
        self.kind = kind
        self.count, self._weight, self._sum, self._spreads, self._spread_sum = sums

    @property
    def sums(self) -> tuple[float, ...]:
        """What was added up, for a baseline that goes on."""
        return self.count, self._weight, self._sum, self._spreads, self._spread_sum

    def add(self, subgroup: Subgroup) -> None:
        """Take a subgroup in."""
        weight = 1.0 if self.kind in ("c", "i_mr") else float(subgroup.n)
        counted = self.kind in COUNTED
        self.count += 1
        self._weight += weight
        self._sum += subgroup.value if counted else weight * subgroup.value
        if not math.isnan(subgroup.spread):
            self._spreads += 1
            self._spread_sum += subgroup.spread / _unit(self.kind, subgroup.n)

    def limits(self) -> Limits:
        """The limits so far; at least one subgroup was added."""
        sigma = self._spread_sum / self._spreads if self._spreads else 0.0
        return Limits(self._sum / self._weight, sigma, int(self.count))


def _unit(kind: str, n: int) -> float:
    """What a spread is on average where the standard deviation is 1."""
    if kind == "xbar_s":
        return c4(n)
    return d2(2 if kind == "i_mr" else n)


def place(kind: str, limits: Limits, subgroup: Subgroup) -> Placed:
    """A subgroup's point between the limits of its own size.

    Example:
        >>> point = place("p", Limits(0.1), Subgroup(100, 25))
        >>> point.value, round(point.upper, 2), point.is_beyond
        (0.25, 0.19, True)
    """
    centre, n = limits.centre, subgroup.n
    if kind == "p":
        deviation = math.sqrt(max(centre * (1 - centre), 0.0) / n)
        return _placed(subgroup.value / n, centre, deviation, 0.0, 1.0)
    if kind == "np":
        deviation = math.sqrt(max(n * centre * (1 - centre), 0.0))
        return _placed(subgroup.value, n * centre, deviation, 0.0, n)
    if kind == "u":
        return _placed(subgroup.value / n, centre, math.sqrt(centre / n), 0.0)
    if kind == "c":
        return _placed(subgroup.value, centre, math.sqrt(centre), 0.0)
    deviation = limits.sigma if kind == "i_mr" else limits.sigma / math.sqrt(n)
    return _placed(subgroup.value, centre, deviation)


def place_spread(kind: str, limits: Limits, subgroup: Subgroup) -> Placed | None:
    """The point on the R, s or moving range chart; None where there is none."""
    if kind in COUNTED or math.isnan(subgroup.spread):
        return None
    if kind == "xbar_s":
        centre, lower, upper = deviation_limits(subgroup.n, limits.sigma)
    else:
        centre, lower, upper = range_limits(2 if kind == "i_mr" else subgroup.n, limits.sigma)
    return Placed(subgroup.spread, centre, lower, upper, math.nan)


def _placed(
    value: float,
    centre: float,
    deviation: float,
    least: float = -math.inf,
    most: float = math.inf,
) -> Placed:
    lower, upper = max(centre - 3 * deviation, least), min(centre + 3 * deviation, most)
    away = value - centre
    if deviation > 0:
        z = max(-_FAR, min(away / deviation, _FAR))
    else:
        z = math.copysign(_FAR, away) if away else 0.0
    return Placed(value, centre, lower, upper, z)


def estimate(kind: str, subgroups: Iterable[Subgroup]) -> Limits:
    """Phase I: the limits of a baseline.

    Args:
        kind: one of ``KINDS``.
        subgroups: at least one.
    """
    baseline = Baseline(kind)
    for subgroup in subgroups:
        baseline.add(subgroup)
    return baseline.limits()


def without_signals(kind: str, subgroups: list[Subgroup]) -> list[Subgroup]:
    """The subgroups that lie within the trial limits of them all, on both charts.

    To be used where causes were found for the others: left out without a cause, the limits
    only become too narrow.
    """
    limits = estimate(kind, subgroups)
    kept = []
    for subgroup in subgroups:
        spread = place_spread(kind, limits, subgroup)
        if not place(kind, limits, subgroup).is_beyond and not (spread and spread.is_beyond):
            kept.append(subgroup)
    return kept
