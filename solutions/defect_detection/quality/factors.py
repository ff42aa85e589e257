"""Control chart factors, computed from the normal distribution and not read from a table.

Tables stop at subgroups of 25 and are printed to three digits; these hold for any size. Source of
the definitions: Montgomery, Introduction to Statistical Quality Control, 7th edition, appendix VI;
ASTM Manual on Presentation of Data and Control Chart Analysis.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from .distributions import NORMAL

_GRID = np.linspace(-8.5, 8.5, 1701)
_CDF = np.array([NORMAL.cdf(x) for x in _GRID.tolist()])


@cache
def d2(n: int) -> float:
    """Mean range of ``n`` standard normal values, n from 2.

    Example:
        >>> round(d2(5), 3), round(d2(2), 3)
        (2.326, 1.128)
    """
    return float(np.trapezoid(1 - (1 - _CDF) ** n - _CDF**n, _GRID))


@cache
def d3(n: int) -> float:
    """Standard deviation of the range of ``n`` standard normal values, n from 2.

    Example:
        >>> round(d3(5), 3)
        0.864
    """
    # E[R^2] is twice the integral over x < y of P(the smallest is below x and the largest above y).
    low, high = _CDF[:, None], _CDF[None, :]
    inside = np.maximum(high - low, 0.0) ** n
    both = np.triu(1 - high**n - (1 - low) ** n + inside)
    step = _GRID[1] - _GRID[0]
    # The diagonal is the edge of the area and counts half.
    square = 2 * step**2 * float(both.sum() - np.trace(both) / 2)
    return math.sqrt(square - d2(n) ** 2)


@cache
def c4(n: int) -> float:
    """Mean sample standard deviation of ``n`` standard normal values, n from 2.

    Example:
        >>> round(c4(5), 4)
        0.94
    """
    return math.sqrt(2 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))


def range_limits(n: int, sigma: float) -> tuple[float, float, float]:
    """Centre, lower and upper limit of an R chart: d2, D1 and D2 times ``sigma``.

    Example:
        >>> [round(value / d2(5), 3) for value in range_limits(5, 1.0)]  # 1, D3, D4
        [1.0, 0.0, 2.115]
    """
    centre, spread = d2(n) * sigma, 3 * d3(n) * sigma
    return centre, max(centre - spread, 0.0), centre + spread


def deviation_limits(n: int, sigma: float) -> tuple[float, float, float]:
    """Centre, lower and upper limit of an s chart: c4, B5 and B6 times ``sigma``.

    Example:
        >>> [round(value / c4(10), 3) for value in deviation_limits(10, 1.0)]  # 1, B3, B4
        [1.0, 0.284, 1.716]
    """
    centre = c4(n) * sigma
    spread = 3 * math.sqrt(1 - c4(n) ** 2) * sigma
    return centre, max(centre - spread, 0.0), centre + spread
