"""How often and for how much a customer goes on to buy: BG/NBD and gamma-gamma, in NumPy.

Customers order at random moments, each at an own rate; after each order some go for good. What an
order is worth varies about an own mean. Seven numbers say how rates, chances to go and means differ
between customers; what is expected of one follows from that one's own past and these.

Source:
    Fader, Hardie and Lee, "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD
    Model, Marketing Science 24, 2005; Fader and Hardie, The Gamma-Gamma Model of Monetary Value,
    2013.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Of the series; with the arguments met here terms fall far below what float64 holds before that.
_TERMS = 400


@dataclass(frozen=True)
class Lifetime:
    """The seven numbers; times in days, money in the data's currency.

    Args:
        r, alpha: rates of orders are gamma with this shape and rate.
        a, b: the chance to go after an order is beta.
        p, q, gamma: orders are gamma about a mean whose scale is inverse gamma.
    """

    r: float = 1.0
    alpha: float = 60.0
    a: float = 0.8
    b: float = 2.5
    p: float = 3.0
    q: float = 4.0
    gamma: float = 100.0

    def alive(self, orders: np.ndarray, span: np.ndarray, age: np.ndarray) -> np.ndarray:
        """Probability [n] that a customer has not gone for good.

        Args:
            orders: days with an order, at least 1, [n].
            span: days from the first to the last of them, [n].
            age: days from the first until now, [n].

        Example:
            >>> alive = Lifetime().alive(np.array([9, 9]), np.array([80.0, 20.0]), np.full(2, 90.0))
            >>> bool(alive[0] > 0.8 > 0.2 > alive[1])
            True
        """
        x = np.asarray(orders, np.float64) - 1.0
        gone = np.log(self.a / (self.b + np.maximum(x, 1.0) - 1.0))
        gone += (self.r + x) * np.log((self.alpha + age) / (self.alpha + span))
        return np.where(x > 0, 1.0 / (1.0 + np.exp(np.minimum(gone, 700.0))), 1.0)

    def orders_again(
        self, orders: np.ndarray, span: np.ndarray, age: np.ndarray, days: float
    ) -> np.ndarray:
        """Probability [n] of an order within the next ``days``."""
        x = np.asarray(orders, np.float64) - 1.0
        silent = np.exp((self.r + x) * np.log((self.alpha + age) / (self.alpha + age + days)))
        return self.alive(orders, span, age) * (1.0 - silent)

    def expected_orders(
        self, orders: np.ndarray, span: np.ndarray, age: np.ndarray, days: float
    ) -> np.ndarray:
        """Orders [n] expected within the next ``days``."""
        x = np.asarray(orders, np.float64) - 1.0
        a = self.a if abs(self.a - 1.0) > 1e-4 else 1.0001
        z = days / (self.alpha + age + days)
        # Euler's form of the paper's series: its terms stay small for customers with many orders.
        series = _hypergeometric(a + self.b - 1.0 - self.r, a - 1.0, a + self.b + x - 1.0, z)
        all_of_it = (a + self.b + x - 1.0) / (a - 1.0) * (1.0 - (1.0 - z) ** (a - 1.0) * series)
        return self.alive(orders, span, age) * np.maximum(all_of_it, 0.0)

    def order_value(self, orders: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """What an order to come is worth, [n], from the number of orders and their mean.

        Few orders say little: the value then lies near everybody's mean.
        """
        x = np.asarray(orders, np.float64)
        return self.p * (self.gamma + x * mean) / (self.p * x + self.q - 1.0)


def _hypergeometric(a: float, b: float, c: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Gauss's series 2F1(a, b; c; z), [n], for 0 <= z < 1."""
    term = np.ones_like(z)
    total = term.copy()
    for k in range(_TERMS):
        term = term * ((a + k) * (b + k) / (k + 1.0)) * z / (c + k)
        total += term
        if np.abs(term).max(initial=0.0) < 1e-13:
            break
    return total
