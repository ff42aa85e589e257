"""A seeded generator of a shop's order lines, in place of a client's: tastes, habits, returns.

Customers like some categories and one style. They come a few times a year; what they buy follows
from what they bought before: what goes along with it, another one of its kind, or what they like
anyway. Things that are used up are bought again. A few lines are taken back, come twice, out of
order, or without a customer, as in every shop's export.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.records.histories import histories

from .sample_shop import STYLES, Shop
from .task import INPUTS

_START = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_US_A_DAY = 86_400_000_000
_YEAR = 365.0
# How the next thing is chosen: along with the last one, of its kind, or by taste.
_ALONG, _ALIKE = 0.5, 0.15
_MOST = 30


def generate(seed: int = 0, customers: int = 1200) -> pa.Table:
    """Histories of a shop's customers.

    Args:
        seed: the same seed gives the same table.
        customers: number of customers.

    Returns:
        one record a customer: ``record_id items times quantities prices categories``.

    Example:
        >>> table = generate(customers=20)
        >>> table.num_rows, table.column_names[:2]
        (20, ['record_id', 'items'])
    """
    lines, _ = order_lines(seed, customers)
    return histories(lines, INPUTS, "sample").table


def order_lines(seed: int = 0, customers: int = 1200) -> tuple[pa.Table, Shop]:
    """Order lines as a shop exports them, and the shop.

    Returns:
        ``user item time quantity price category``; in order of time but for a few.
    """
    rng = np.random.default_rng(seed)
    shop = Shop.of(rng)
    who, what, when, many = [], [], [], []
    for number in range(customers):
        bought, moments = _customer(rng, shop)
        quantity = 1 + rng.poisson(0.3, len(bought))
        back = rng.random(len(bought)) < 0.03
        who += [number] * (len(bought) + int(back.sum()))
        what += [*bought, *np.array(bought)[back]]
        when += [*moments, *(np.array(moments)[back] + rng.uniform(2, 14, int(back.sum())))]
        many += [*quantity, *-quantity[back]]
    user = np.array([f"c{number:04d}" for number in who], object)
    user[rng.random(len(user)) < 0.01] = None
    order = np.argsort(np.array(when), kind="stable")
    late, twice = rng.choice(order, 20, replace=False), rng.choice(order, len(order) // 200)
    order = np.concatenate([order[~np.isin(order, late)], late, twice])
    items = np.array(what, np.int64)[order]
    micros = _START + (np.array(when)[order] * _US_A_DAY / 60e6).astype(np.int64) * 60_000_000
    table = pa.table(
        {
            "user": pa.array(user[order], pa.string()),
            "item": pa.array([shop.ids[item] for item in items], pa.string()),
            "time": pa.array(micros, pa.timestamp("us", tz="UTC")),
            "quantity": np.array(many)[order].astype(np.int64),
            "price": shop.price[items],
            "category": pa.array([shop.categories[c] for c in shop.category[items]], pa.string()),
        }
    )
    return table, shop


def _customer(rng: np.random.Generator, shop: Shop) -> tuple[list[int], list[float]]:
    """One customer's purchases and when, in days of the year."""
    likes = rng.dirichlet(np.full(len(shop.categories), 0.25))
    style = rng.integers(0, len(STYLES))
    taste = shop.appeal * (likes[shop.category] + 0.005)
    taste *= np.where(shop.style == style, 6.0, 1.0)
    budget = np.exp(rng.normal(0.2, 0.5)) * 20.0
    taste *= np.exp(-np.maximum(shop.price / budget - 1.0, 0.0))
    bought: list[int] = []
    moments: list[float] = []
    day = rng.uniform(0, 250)
    gap = rng.gamma(2.0, 20.0)
    while day < _YEAR and len(bought) < _MOST:
        for line in range(1 + min(rng.poisson(0.9), 4)):
            there = shop.since <= day / _YEAR
            bought.append(_next(rng, shop, taste * there, bought))
            moments.append(day + line / 1440.0)
        day += rng.exponential(gap) + 0.5
    return bought, moments


def _next(rng: np.random.Generator, shop: Shop, taste: np.ndarray, bought: list[int]) -> int:
    chance = rng.random()
    if bought and chance < _ALONG:
        along = shop.along[bought[-1]]
        weights = taste[along] * ~np.isin(along, bought) + 1e-9
        if taste[along].any():
            return int(rng.choice(along, p=weights / weights.sum()))
    had = np.zeros(len(taste), bool)
    had[bought] = True
    weights = np.where(had & ~shop.used_up, 0.0, np.where(had, 0.3, 1.0) * taste)
    if bought and chance < _ALONG + _ALIKE:
        alike = weights * (shop.category == shop.category[bought[-1]])
        weights = alike if alike.any() else weights
    return int(rng.choice(len(taste), p=weights / weights.sum()))


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all order lines, the catalogue, and the last weeks of some.

    Args:
        folder: where ``orders.parquet`` and ``latest.csv`` go; ``catalogue.csv`` goes into a
            folder ``retail_catalogue_sample`` beside it.
        seed: of :func:`generate`.
    """
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    lines, shop = order_lines(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(lines, folder / "orders.parquet", compression="zstd")
    beside = folder.with_name("retail_catalogue_sample")
    beside.mkdir(exist_ok=True)
    arrow_csv.write_csv(shop.catalogue(), beside / "catalogue.csv")
    some = pc.is_in(lines.column("user"), pa.array([f"c{number:04d}" for number in range(60)]))
    latest = lines.filter(pc.fill_null(some, False))
    seconds = latest.column("time").cast(pa.timestamp("s", tz="UTC"))
    latest = latest.set_column(2, "time", seconds)
    arrow_csv.write_csv(latest, folder / "latest.csv")
