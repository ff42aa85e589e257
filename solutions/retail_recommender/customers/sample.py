"""A seeded generator of a shop's customers, who come at own rates and some day no more.

Each customer has an own rate of orders and an own size of them, and after each order some go for
good; rates rise before Christmas. A few lines are taken back, come twice, or have no customer, as
in every shop's export. Prices and items mean nothing here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.records.histories import histories

from .purchases import DAY
from .task import INPUTS

_START = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_DAYS = 420.0
_ITEMS = 120


def generate(seed: int = 0, customers: int = 1500) -> pa.Table:
    """Histories of a shop's customers.

    Args:
        seed: the same seed gives the same table.
        customers: number of customers.

    Returns:
        one record a customer: ``record_id items times prices quantities as_of``.

    Example:
        >>> table = generate(customers=30)
        >>> table.column_names[0], table.num_rows
        ('record_id', 30)
    """
    return histories(order_lines(seed, customers), INPUTS, "sample").table


def order_lines(seed: int = 0, customers: int = 1500) -> pa.Table:
    """Order lines as a shop exports them: ``user item time quantity price``, in order of time."""
    rng = np.random.default_rng(seed)
    price = np.round(np.exp(rng.normal(2.3, 0.7, _ITEMS)), 2)
    lines: list[tuple[int, int, float, int]] = []
    for number in range(customers):
        gap, goes = 200.0 / rng.gamma(1.3, 6.0), rng.beta(1.0, 5.0)
        size = rng.gamma(2.5, 1.0)
        day = rng.uniform(0, _DAYS - 20)
        while day < _DAYS:
            for _ in range(1 + rng.poisson(0.8)):
                many = 1 + int(rng.poisson(size))
                item = int(rng.integers(0, _ITEMS))
                lines.append((number, item, day, many))
                if rng.random() < 0.03:
                    lines.append(
                        (number, item, day + rng.uniform(2, 20), -int(rng.integers(1, many + 1)))
                    )
            if rng.random() < goes:
                break
            day += 0.5 + rng.exponential(gap) * (0.7 if 290 < day < 350 else 1.0)
    columns = [np.array(column) for column in zip(*lines, strict=True)]
    inside = columns[2] < _DAYS
    who, what, when, pieces = (column[inside] for column in columns)
    order = np.argsort(when, kind="stable")
    order = np.concatenate([order, rng.choice(order, len(order) // 200)])
    user = np.array([f"c{number:04d}" for number in who], object)
    user[rng.random(len(user)) < 0.01] = None
    micros = _START + (when * DAY / 60e6).astype(np.int64) * 60_000_000
    return pa.table(
        {
            "user": pa.array(user[order], pa.string()),
            "item": pa.array([f"i{item:03d}" for item in what[order]], pa.string()),
            "time": pa.array(micros[order], pa.timestamp("us", tz="UTC")),
            "quantity": pieces[order].astype(np.int64),
            "price": price[what[order]],
        }
    )


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all order lines as Parquet, and as CSV those of some customers.

    Args:
        folder: where ``orders.parquet`` and ``some.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    lines = order_lines(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(lines, folder / "orders.parquet", compression="zstd")
    some = pc.is_in(lines.column("user"), pa.array([f"c{number:04d}" for number in range(100)]))
    latest = lines.filter(pc.fill_null(some, False))
    at = latest.column_names.index("time")
    seconds = latest.column("time").cast(pa.timestamp("s", tz="UTC"))
    arrow_csv.write_csv(latest.set_column(at, "time", seconds), folder / "some.csv")
