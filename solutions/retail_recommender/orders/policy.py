"""From demand until the next delivery to reorder point, safety stock and the quantity to order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Product:
    """One product at one place, and what is known of its supply.

    Args:
        until_next: float64 [paths], demand until an order of the *next* review could arrive: over
            the lead time and one review period. Whatever is not here by then cannot be sold.
        until_delivery: float64 [paths], demand until an order of now arrives.
        position: on hand and on order together, in units; below 0 where customers wait.
        cost: price paid for a unit, at least 0.
        holding: cost of a unit that is left over until the next delivery, above 0.
        shortage: cost of a unit that is asked for and not there, above 0.
        pack: units are ordered in multiples of it, above 0.
        least: the smallest order, 0 for any.
        room: the most that finds room at the place when the order arrives; infinite for no limit.
    """

    until_next: np.ndarray
    until_delivery: np.ndarray
    position: float
    cost: float
    holding: float
    shortage: float
    pack: float = 1.0
    least: float = 0.0
    room: float = np.inf

    @property
    def service(self) -> float:
        """The probability of no shortage that costs ask for, 0 to 1: the newsvendor's ratio."""
        return self.shortage / (self.shortage + self.holding)

    @property
    def reorder_point(self) -> float:
        """Order as soon as the position falls below it."""
        # The path itself, not a point between two: there the expected cost is least.
        return float(np.quantile(self.until_next, self.service, method="inverted_cdf"))

    @property
    def safety_stock(self) -> float:
        """What the reorder point holds beyond the demand that is expected until then."""
        return self.reorder_point - float(self.until_next.mean())

    @property
    def most(self) -> float:
        """The most that may be ordered: what finds room beside what is expected to be left then."""
        left = max(self.position - float(self.until_delivery.mean()), 0.0)
        return max(self.room - left, 0.0)

    def expected_cost(self, quantity: np.ndarray) -> np.ndarray:
        """Expected cost of what is left over and of what is missing, for orders [k].

        Convex in the quantity.

        Example:
            >>> paths = np.array([4.0, 6.0])
            >>> product = Product(paths, paths, 0.0, 1.0, holding=1.0, shortage=3.0)
            >>> product.expected_cost(np.array([4.0, 5.0, 6.0])).tolist()
            [3.0, 2.0, 1.0]
        """
        stock = self.position + np.asarray(quantity, np.float64)[:, None]
        left = np.maximum(stock - self.until_next, 0.0).mean(axis=1)
        missing = np.maximum(self.until_next - stock, 0.0).mean(axis=1)
        return self.holding * left + self.shortage * missing

    def choices(self) -> np.ndarray:
        """Quantities that may be ordered, ascending from 0, none of them too large for the room.

        Up to the first pack that covers the demand which costs ask for: more only costs more.
        """
        wanted = max(self.reorder_point - self.position, 0.0)
        packs = int(np.ceil(round(wanted / self.pack, 9)))
        fewest = int(np.ceil(round(self.least / self.pack, 9)))
        packs = max(packs, fewest) if packs else 0
        packs = int(min(packs, np.floor(round(self.most / self.pack, 9))))
        some = np.arange(max(fewest, 1), packs + 1) * self.pack
        return np.concatenate([[0.0], some])


def order(product: Product) -> float:
    """The quantity of the least expected cost, without a budget.

    Example:
        >>> paths = np.arange(1.0, 101.0)
        >>> order(Product(paths, paths, 20.0, 1.0, holding=1.0, shortage=9.0, pack=25.0))
        75.0
    """
    choices = product.choices()
    if len(choices) == 1:
        return 0.0
    # Convex: the cheapest stands beside the quantity that costs ask for, or is no order at all.
    near = np.unique([0, 1, len(choices) - 2, len(choices) - 1])
    some = choices[near[near >= 0]]
    return float(some[np.argmin(product.expected_cost(some))])
