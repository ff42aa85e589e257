"""The sample's shop: items of categories and styles, with prices, margins and stock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

# Category -> what its items are, usual price, whether it is used up, and what it goes along with.
_CATEGORIES: dict[str, tuple[tuple[str, ...], float, bool, tuple[str, ...]]] = {
    "Tea": (("green tea", "black tea", "herbal tea"), 7.0, True, ("Cups", "Biscuits")),
    "Coffee": (("espresso beans", "filter coffee", "decaf beans"), 12.0, True, ("Cups", "Brewing")),
    "Biscuits": (("oat biscuits", "ginger biscuits", "shortbread"), 4.5, True, ("Tea",)),
    "Cups": (("mug", "tea bowl", "espresso cup"), 14.0, False, ("Tea", "Coffee")),
    "Brewing": (("kettle", "teapot", "coffee maker"), 48.0, False, ("Tea", "Coffee", "Cups")),
    "Kitchen": (("apron", "cutting board", "bread bin"), 26.0, False, ("Linen",)),
    "Linen": (("tea towel", "table cloth", "napkins"), 16.0, False, ("Kitchen", "Candles")),
    "Candles": (("scented candle", "candle holder", "lantern"), 18.0, False, ("Linen", "Books")),
    "Books": (("cookbook", "garden book", "novel"), 21.0, False, ("Candles", "Garden")),
    "Garden": (("plant pot", "watering can", "herb seeds"), 15.0, False, ("Books", "Kitchen")),
}
STYLES = ("plain", "floral", "rustic", "modern", "striped")
_MAKERS = ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Linden", "Rowan", "Willow")


@dataclass(frozen=True)
class Shop:
    """All that stands in the shop; arrays [N], an item a row.

    Args:
        ids: strings.
        titles: strings.
        category: int64, place in ``categories``.
        style: int64, place in ``STYLES``.
        price: float64, money a piece.
        margin: float64, what a piece earns.
        stock: int64, pieces.
        appeal: float64, how much everybody likes it.
        since: float64 in 0..1, when in the year it came into the shop; 0 for before.
        along: int64 [N, 3], items that go along with each.
        used_up: bool, whether it is bought again.
        categories: names.
    """

    ids: list[str]
    titles: list[str]
    category: np.ndarray
    style: np.ndarray
    price: np.ndarray
    margin: np.ndarray
    stock: np.ndarray
    appeal: np.ndarray
    since: np.ndarray
    along: np.ndarray
    used_up: np.ndarray
    categories: tuple[str, ...]

    @classmethod
    def of(cls, rng: np.random.Generator, each: int = 26) -> Shop:
        """A shop with so many items of each category."""
        names = tuple(_CATEGORIES)
        n = each * len(names)
        category = np.repeat(np.arange(len(names)), each)
        style = rng.integers(0, len(STYLES), n)
        usual = np.array([_CATEGORIES[name][1] for name in names])[category]
        price = np.round(np.round(usual * np.exp(rng.normal(0, 0.35, n)), 1) + 0.05, 2)
        stock = rng.poisson(30, n) * (rng.random(n) > 0.12)
        titles = [
            f"{rng.choice(_MAKERS)} {STYLES[style[at]]} {rng.choice(_CATEGORIES[names[c]][0])}"
            for at, c in enumerate(category.tolist())
        ]
        return cls(
            ids=[f"{names[c][:2].upper()}{at % each + 1:03d}" for at, c in enumerate(category)],
            titles=titles,
            category=category,
            style=style,
            price=price,
            margin=np.round(price * rng.uniform(0.1, 0.6, n), 2),
            stock=stock.astype(np.int64),
            appeal=rng.pareto(2.0, n) + 0.3,
            since=np.where(rng.random(n) < 0.15, rng.uniform(0.2, 0.8, n), 0.0),
            along=_along(rng, names, category, style),
            used_up=np.array([_CATEGORIES[name][2] for name in names])[category],
            categories=names,
        )

    def catalogue(self) -> pa.Table:
        """What a client's catalogue file says."""
        return pa.table(
            {
                "item": self.ids,
                "title": self.titles,
                "category": [self.categories[code] for code in self.category],
                "price": self.price,
                "margin": self.margin,
                "stock": self.stock,
            }
        )


def _along(
    rng: np.random.Generator, names: tuple[str, ...], category: np.ndarray, style: np.ndarray
) -> np.ndarray:
    """Three items of fitting categories, of the same style where there are any."""
    found = np.empty((len(category), 3), np.int64)
    for at in range(len(category)):
        fitting = [names.index(name) for name in _CATEGORIES[names[category[at]]][3]]
        there = np.isin(category, fitting)
        alike = np.flatnonzero(there & (style == style[at]))
        pool = alike if len(alike) >= 3 else np.flatnonzero(there)
        found[at] = rng.choice(pool, 3, replace=False)
    return found
