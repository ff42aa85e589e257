"""Segments with names, from how recently, how often and for how much a customer bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .task import SEGMENTS

_CUTS = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Segments:
    """The quantiles that cut customers into fifths, kept in the bundle.

    Args:
        recency: days since the last order at 20, 40, 60 and 80% of the customers.
        orders: number of orders there.
        spent: money there.
    """

    recency: tuple[float, ...] = (14.0, 30.0, 60.0, 120.0)
    orders: tuple[float, ...] = (1.0, 2.0, 3.0, 6.0)
    spent: tuple[float, ...] = (50.0, 100.0, 200.0, 500.0)

    @classmethod
    def fit(cls, recency: np.ndarray, orders: np.ndarray, spent: np.ndarray) -> Segments:
        """The quantiles of customers [n]."""
        found = (np.quantile(values, _CUTS).tolist() for values in (recency, orders, spent))
        return cls(*(tuple(cuts) for cuts in found))

    def fifths(
        self, recency: np.ndarray, orders: np.ndarray, spent: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """R, F and M of customers, int64 [n] each from 1 to 5, of which 5 is the best."""
        r = 5 - np.searchsorted(self.recency, recency, side="left")
        f = 1 + np.searchsorted(self.orders, orders, side="left")
        return r, f, 1 + np.searchsorted(self.spent, spent, side="left")

    def of(self, recency: np.ndarray, orders: np.ndarray, spent: np.ndarray) -> np.ndarray:
        """Places in ``SEGMENTS``, int64 [n]; the first rule that holds.

        Example:
            >>> recency, orders = np.array([3, 3, 200, 200]), np.array([9, 1, 9, 1])
            >>> found = Segments().of(recency, orders, 100 * orders)
            >>> [SEGMENTS[place] for place in found]
            ['champions', 'new', 'cannot_lose', 'lost']
        """
        r, f, m = self.fifths(recency, orders, spent)
        rules = {
            "new": (orders == 1) & (r >= 4),
            "champions": (r >= 4) & (f >= 4) & (m >= 4),
            "cannot_lose": (r <= 2) & (f >= 4) & (m >= 4),
            "loyal": (r >= 3) & (f >= 4),
            "at_risk": (r <= 2) & (f >= 3),
            "lost": r <= 2,
            "promising": r >= 4,
        }
        places = [SEGMENTS.index(name) for name in rules]
        return np.select(list(rules.values()), places, SEGMENTS.index("needs_attention"))
