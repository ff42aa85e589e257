"""The few distributions that quality control needs, without scipy, which scoring may not import.

All are tested against scipy. They are called with single numbers, some dozens of times a page.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

NORMAL = NormalDist()
_TINY = 1e-300
_CLOSE = 1e-15


def gamma_cdf(a: float, x: float) -> float:
    """Regularised lower incomplete gamma function P(a, x).

    Args:
        a: above 0.
        x: 0 or above.

    Source:
        Abramowitz and Stegun 6.5.29 (series) and 6.5.31 (continued fraction).

    Example:
        >>> round(gamma_cdf(1.0, 1.0), 6)  # 1 - exp(-1)
        0.632121
    """
    if x <= 0:
        return 0.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1.0 / a
        n = a
        while term > total * _CLOSE:
            n += 1
            term *= x / n
            total += term
        return min(total * scale, 1.0)
    # Lentz's way to evaluate the continued fraction of the upper tail.
    b, c = x + 1 - a, 1 / _TINY
    d = 1 / b
    fraction = d
    for i in range(1, 10_000):
        step = -i * (i - a)
        b += 2
        d = 1 / _not_zero(step * d + b)
        c = _not_zero(b + step / c)
        fraction *= d * c
        if abs(d * c - 1) < _CLOSE:
            break
    return max(1 - scale * fraction, 0.0)


def beta_cdf(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b).

    Args:
        a: above 0.
        b: above 0.
        x: in 0..1.

    Source:
        Abramowitz and Stegun 26.5.8 (continued fraction).

    Example:
        >>> round(beta_cdf(2.0, 1.0, 0.5), 6)
        0.25
    """
    if not 0 < x < 1:
        return float(x >= 1)
    log_scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    scale = math.exp(log_scale + a * math.log(x) + b * math.log1p(-x))
    if x > (a + 1) / (a + b + 2):
        return 1 - scale * _beta_fraction(b, a, 1 - x) / b
    return scale * _beta_fraction(a, b, x) / a


def _beta_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 10_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _not_zero(1 + step * d)
            c = _not_zero(1 + step / c)
            fraction *= d * c
        if abs(d * c - 1) < _CLOSE:
            break
    return fraction


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def quantile(cdf: Callable[[float], float], p: float, low: float, high: float) -> float:
    """Where a rising ``cdf`` reaches ``p``, by halving ``[low, high]``."""
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if cdf(middle) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def chi2_quantile(p: float, df: float) -> float:
    """Quantile of the chi-square distribution.

    Example:
        >>> round(chi2_quantile(0.95, 1), 3)
        3.841
    """
    high = df + 10.0
    while gamma_cdf(df / 2, high / 2) < p:
        high *= 2
    return quantile(lambda x: gamma_cdf(df / 2, x / 2), p, 0.0, high)


def f_tail(value: float, df1: float, df2: float) -> float:
    """Probability that an F variable of ``df1`` and ``df2`` degrees of freedom exceeds ``value``.

    Example:
        >>> round(f_tail(4.0, 2, 10), 4)
        0.0529
    """
    if value <= 0:
        return 1.0
    return beta_cdf(df2 / 2, df1 / 2, df2 / (df2 + df1 * value))


def share_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper-Pearson interval of a share.

    Args:
        hits: 0..n.
        n: at least 1.
        level: confidence, between 0 and 1.

    Example:
        >>> [round(end, 4) for end in share_interval(0, 10)]
        [0.0, 0.3085]
    """
    tail = (1 - level) / 2
    low, high = 0.0, 1.0
    if hits > 0:
        low = quantile(lambda x: beta_cdf(hits, n - hits + 1, x), tail, 0.0, 1.0)
    if hits < n:
        high = quantile(lambda x: beta_cdf(hits + 1, n - hits, x), 1 - tail, 0.0, 1.0)
    return low, high


def binomial_cdf(k: int, n: int, p: float) -> float:
    """Probability of at most ``k`` hits in ``n`` trials."""
    if k >= n or p <= 0:
        return 1.0
    return 0.0 if k < 0 else 1 - beta_cdf(k + 1, n - k, p)


def poisson_cdf(k: int, mean: float) -> float:
    """Probability of at most ``k`` events where ``mean`` are expected."""
    if mean <= 0:
        return 1.0
    return 0.0 if k < 0 else 1 - gamma_cdf(k + 1, mean)


def hypergeometric_cdf(k: int, lot: int, defective: int, n: int) -> float:
    """Probability of at most ``k`` defectives in ``n`` of ``lot`` that holds ``defective``."""
    total = 0.0
    whole = _log_choose(lot, n)
    for i in range(max(0, n - (lot - defective)), min(k, n, defective) + 1):
        total += math.exp(_log_choose(defective, i) + _log_choose(lot - defective, n - i) - whole)
    return min(total, 1.0)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
