"""What a history says as numbers: recency, frequency, value, and how they have changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .lifetime import Lifetime
from .purchases import DAY, Purchases

FEATURES = (
    "days since the last order",
    "days since the first order",
    "orders",
    "orders in 30 days",
    "orders in 90 days",
    "spent",
    "spent in 30 days",
    "spent in 90 days",
    "value of an order",
    "days between orders",
    "silence / days between orders",
    "one order",
    "lifetime: log odds of an order",
    "lifetime: orders expected",
    "lifetime: value expected",
)


@dataclass(frozen=True)
class Past:
    """What is known of customers [n] at their moment, in plain units.

    Args:
        recency: days since the last order, float64.
        age: days since the first one, float64.
        orders: days with an order, int64.
        spent: money, float64.
    """

    recency: np.ndarray
    age: np.ndarray
    orders: np.ndarray
    spent: np.ndarray

    @classmethod
    def of(cls, bought: Purchases) -> Past:
        """Of customers with an order each; of others the numbers mean nothing."""
        return cls(
            np.maximum(bought.until - bought.last(), 0) / DAY,
            np.maximum(bought.until - bought.first(), 0) / DAY,
            bought.orders(),
            bought.spent(),
        )

    @property
    def mean(self) -> np.ndarray:
        """Money of an order, float64 [n]."""
        return self.spent / np.maximum(self.orders, 1)

    @property
    def span(self) -> np.ndarray:
        """Days from the first to the last order, float64 [n]."""
        return self.age - self.recency


def lifetime_says(past: Past, lifetime: Lifetime, days: float) -> dict[str, np.ndarray]:
    """Probability of an order, orders expected, and money if there is one; float64 [n] each."""
    told = past.orders, past.span, past.age
    chance = lifetime.orders_again(*told, days)
    expected = lifetime.expected_orders(*told, days)
    each = lifetime.order_value(past.orders, past.mean)
    return {
        "chance": chance,
        "orders": expected,
        "value": expected * each / np.maximum(chance, 1e-6),
    }


def features(
    bought: Purchases, past: Past, said: dict[str, np.ndarray], scale: float
) -> np.ndarray:
    """float64 [n, len(FEATURES)]; money is measured in ``scale``."""
    recent = {days: bought.since(bought.until - days * DAY) for days in (30, 90)}
    gap = past.span / np.maximum(past.orders - 1, 1)
    once = past.orders == 1
    chance = np.clip(said["chance"], 1e-6, 1 - 1e-6)
    columns = [
        np.log1p(past.recency),
        np.log1p(past.age),
        np.log(np.maximum(past.orders, 1)),
        np.log1p(bought.orders(recent[30])),
        np.log1p(bought.orders(recent[90])),
        np.log1p(past.spent / scale),
        np.log1p(bought.spent(recent[30]) / scale),
        np.log1p(bought.spent(recent[90]) / scale),
        np.log1p(past.mean / scale),
        np.log1p(gap),
        np.where(once, 0.0, np.log1p(past.recency / np.maximum(gap, 1.0))),
        once.astype(np.float64),
        np.log(chance / (1 - chance)),
        np.log1p(said["orders"]),
        np.log1p(said["value"] / scale),
    ]
    return np.stack(columns, axis=1)
