"""The numbers of BG/NBD and gamma-gamma by maximum likelihood; training alone needs SciPy."""

from __future__ import annotations

import numpy as np

from .lifetime import Lifetime

# Pulls the logarithms of the numbers towards 0 a little: a few customers would let them run away.
_PULL = 0.002
# The mean of what orders are worth exists for q above 1 alone.
_LEAST = np.array([0.0, 1.0, 0.0])


def fit_lifetime(
    orders: np.ndarray, span: np.ndarray, age: np.ndarray, mean: np.ndarray
) -> Lifetime:
    """The most likely numbers of customers [n].

    Args:
        orders: days with an order, at least 1.
        span: days from the first to the last.
        age: days from the first until now.
        mean: of an order, money; who spent nothing says nothing of what orders are worth.
    """
    from scipy.optimize import minimize

    unit = max(float(age.mean()), 1.0)
    x, t_x, t = orders - 1.0, span / unit, age / unit

    def counts(logs: np.ndarray) -> float:
        return -_order_likelihood(np.exp(logs), x, t_x, t) + _PULL * float(logs @ logs)

    found = minimize(counts, np.zeros(4), method="L-BFGS-B", bounds=[(-6, 6)] * 4)
    r, alpha, a, b = np.exp(found.x)
    paid = mean > 0
    scale = max(float(mean[paid].mean()), 1e-9) if paid.any() else 1.0
    n, m = orders[paid].astype(np.float64), mean[paid] / scale

    def values(logs: np.ndarray) -> float:
        p, q, gamma = np.exp(logs) + _LEAST
        return -_value_likelihood(p, q, gamma, n, m) + _PULL * float(logs @ logs)

    found = minimize(values, np.zeros(3), method="L-BFGS-B", bounds=[(-6, 6)] * 3)
    p, q, gamma = np.exp(found.x) + _LEAST
    return Lifetime(*(float(v) for v in (r, alpha * unit, a, b, p, q, gamma * scale)))


def _order_likelihood(numbers: np.ndarray, x: np.ndarray, t_x: np.ndarray, t: np.ndarray) -> float:
    """Mean log likelihood of repeat orders ``x`` [n], the last at ``t_x`` of ``t``."""
    from scipy.special import gammaln

    r, alpha, a, b = numbers
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    shared += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    stays = -(r + x) * np.log(alpha + t)
    goes = np.log(a / (b + np.maximum(x, 1.0) - 1.0)) - (r + x) * np.log(alpha + t_x)
    return float((shared + np.logaddexp(stays, np.where(x > 0, goes, -np.inf))).mean())


def _value_likelihood(p: float, q: float, gamma: float, n: np.ndarray, m: np.ndarray) -> float:
    """Mean log likelihood of means ``m`` of ``n`` orders each."""
    from scipy.special import gammaln

    found = gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(gamma)
    found += (p * n - 1.0) * np.log(m) + p * n * np.log(n) - (p * n + q) * np.log(gamma + n * m)
    return float(found.mean()) if len(n) else 0.0
