"""A seeded generator of weekly sales of products in a few shops, in place of a client's data.

Each product has a level that wanders, a season of its category, a lift by holidays and promotions,
and a price that is cut in promotions. Goods run out now and then: less is sold than was asked for.
Some products begin late, some weeks are missing, and once in a while more comes back than is sold.
The last rows are weeks to come: holiday, promotion and price are known, the quantity is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

_US_A_MINUTE = 60_000_000
_A_WEEK = 10080.0
_SHOPS = ("north", "south")
# Category -> height of its season, the week in which it is highest, and what a holiday adds.
_CATEGORIES = {
    "drinks": (0.25, 28, 0.25),
    "sweets": (0.15, 50, 0.45),
    "care": (0.04, 10, 0.0),
    "garden": (0.55, 20, 0.1),
}
# Weeks of the year with a holiday: new year, Easter (about), May, late summer, Christmas.
_HOLIDAYS = (1, 15, 18, 36, 47, 51)


@dataclass(frozen=True)
class _Weeks:
    """What all products share: int64 and float64 [n]."""

    number: np.ndarray
    part: np.ndarray
    holiday: np.ndarray
    mood: np.ndarray


def generate(
    seed: int = 0,
    series: int = 24,
    periods: int = 156,
    start: str = "2023-01-02",
    step_minutes: float = _A_WEEK,
    to_come: int = 0,
) -> pa.Table:
    """Simulate some products, in order of time.

    Args:
        seed: the same seed gives the same table.
        series: number of products with their shop, at least 1.
        periods: length in periods with sales, at least 1.
        start: the first day, ``YYYY-MM-DD``, a Monday by default.
        step_minutes: length of a period.
        to_come: how many further periods stand there without a quantity.

    Returns:
        columns ``record_id``, ``time`` (timestamp[us, UTC]), ``series``, ``store``, ``category``
        (string), ``quantity`` (float64, units; null for periods to come), ``stock_out`` (share of
        the period), ``holiday``, ``promotion`` (0 or 1) and ``price`` (float64).

    Example:
        >>> table = generate(series=2, periods=60, to_come=4)
        >>> table.column_names[:4], table["quantity"].null_count
        (['record_id', 'time', 'series', 'store'], 8)
    """
    rng = np.random.default_rng(seed)
    n = periods + to_come
    first = datetime.fromisoformat(f"{start}T00:00:00").replace(tzinfo=UTC)
    moments = int(first.timestamp()) * 1_000_000 + np.arange(n) * round(step_minutes * _US_A_MINUTE)
    weeks = _weeks(rng, moments, step_minutes)
    rows: dict[str, list[np.ndarray]] = {}
    for place in range(series):
        told = _product(rng, place, weeks, periods)
        for name, values in told.items():
            rows.setdefault(name, []).append(values)
    columns = {name: np.concatenate(parts) for name, parts in rows.items()}
    at, who = columns["week"].astype(np.int64), columns["place"].astype(np.int64)
    order = np.lexsort((who, at))
    at, who = at[order], who[order]
    kinds = tuple(_CATEGORIES)
    names = [f"{kinds[p % 4]}-{p // 8 + 1:02d}" for p in range(series)]
    shops = [_SHOPS[p // 4 % 2] for p in range(series)]
    quantity = columns["quantity"][order]
    ids = [f"{names[w]}/{shops[w]}/{t:03d}" for w, t in zip(who.tolist(), at.tolist(), strict=True)]
    return pa.table(
        {
            "record_id": ids,
            "time": pa.array(moments[at], pa.timestamp("us", tz="UTC")),
            "series": pa.array([names[w] for w in who]),
            "store": pa.array([shops[w] for w in who]),
            "category": pa.array([kinds[w % 4] for w in who]),
            "quantity": pa.array(quantity, from_pandas=True),
            **{
                name: pa.array(columns[name][order])
                for name in ("stock_out", "holiday", "promotion", "price")
            },
        }
    )


def _weeks(rng: np.random.Generator, moments: np.ndarray, step_minutes: float) -> _Weeks:
    days = moments // 86_400_000_000
    dates = days.astype("datetime64[D]")
    part = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(int) / 365.25
    number = (part * 52).astype(np.int64) + 1
    holiday = np.isin(number, _HOLIDAYS).astype(np.float64)
    scale = np.sqrt(step_minutes / _A_WEEK)
    mood = np.cumsum(rng.normal(0, 0.006 * scale, len(moments))) + rng.normal(0, 0.03, len(moments))
    return _Weeks(np.arange(len(moments)), part, holiday, mood)


def _product(
    rng: np.random.Generator, place: int, weeks: _Weeks, periods: int
) -> dict[str, np.ndarray]:
    """The rows of one product in one shop."""
    n = len(weeks.number)
    height, top, lift = tuple(_CATEGORIES.values())[place % 4]
    level = rng.normal(4.2, 0.8) + np.cumsum(rng.normal(rng.normal(0, 0.001), 0.01, n))
    season = height * rng.uniform(0.7, 1.3) * np.cos(2 * np.pi * (weeks.part - top / 52.0))
    promotion = (rng.random(n) < 0.09).astype(np.float64)
    cut = np.where(promotion > 0, rng.choice([0.8, 0.9], n), 1.0)
    usual_price = float(np.round(rng.lognormal(1.2, 0.6), 2)) + 0.49
    price = np.round(usual_price * (1 + 0.03 * (weeks.number // 52)) * cut, 2)
    log_demand = (
        level
        + season
        + weeks.mood
        + lift * rng.uniform(0.7, 1.3) * weeks.holiday
        + rng.uniform(0.35, 0.7) * promotion
        - rng.uniform(0.5, 1.5) * np.log(cut)
    )
    mean = np.exp(log_demand) * np.exp(rng.normal(0, rng.uniform(0.05, 0.14), n))
    demand = rng.poisson(mean).astype(np.float64)
    out = np.where(rng.random(n) < 0.03, rng.choice([0.25, 0.5, 0.75], n), 0.0)
    quantity = np.round(demand * (1.0 - out))
    returned = rng.random(n) < 0.002
    quantity = np.where(returned, -np.ceil(0.1 * demand), quantity)
    quantity = np.where(weeks.number >= periods, np.nan, quantity)
    # Every sixth product is new: it begins in the last year.
    begins = int(periods * rng.uniform(0.66, 0.9)) if place % 6 == 5 else 0
    missing = (rng.random(n) < 0.01) & (weeks.number < periods)
    there = (weeks.number >= begins) & ~missing
    told = {
        "week": weeks.number,
        "place": np.full(n, place),
        "quantity": quantity,
        "stock_out": np.where(np.isnan(quantity), 0.0, out),
        "holiday": weeks.holiday,
        "promotion": promotion,
        "price": price,
    }
    return {name: np.asarray(values, np.float64)[there] for name, values in told.items()}


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all weeks with those to come as Parquet, and as a CSV to score the
    last two years of them.

    Args:
        folder: where ``sales.parquet`` and ``to_forecast.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed, to_come=12)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "sales.parquet", compression="zstd")
    last = pc.max(table.filter(pc.is_valid(table["quantity"]))["time"])
    since = pc.subtract(last, pa.scalar(104 * 7 * 86_400_000_000, pa.duration("us")))
    table = table.filter(pc.greater(table["time"], since))
    table = table.set_column(1, "time", table["time"].cast(pa.timestamp("s", tz="UTC")))
    arrow_csv.write_csv(table.drop_columns(["record_id"]), folder / "to_forecast.csv")
