"""A seeded generator of forecasts with stock, in place of a client's: plans of some products."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

_WEEK_US = 7 * 86_400_000_000
_KINDS = ("drinks", "sweets", "care", "garden")


def generate(seed: int = 0, plans: int = 10, products: int = 5, periods: int = 8) -> pa.Table:
    """Simulate the forecasts of some plans, those of a plan and a product one behind the other.

    Args:
        seed: the same seed gives the same table.
        plans: suppliers that are ordered from, at least 1; two of three have a budget.
        products: of each, at least 1.
        periods: weeks to come, at least 1.

    Returns:
        the columns of the task's input Spec.

    Example:
        >>> table = generate(plans=2, products=2, periods=3)
        >>> table.num_rows, table["plan"].unique().to_pylist()
        (12, ['supplier-01', 'supplier-02'])
    """
    rng = np.random.default_rng(seed)
    first = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) * 1_000_000
    rows = []
    for plan in range(plans):
        name = f"supplier-{plan + 1:02d}"
        lead, some = float(rng.integers(1, 4)), []
        for place in range(products):
            some.append(_product(rng, f"{_KINDS[place % 4]}-{plan + 1:02d}-{place + 1}", lead))
        need = sum(
            max(p["level"] * (lead + 1.5) - p["on_hand"] - p["on_order"], 0) * p["cost"]
            for p in some
        )
        budget = None if plan % 3 == 2 else round(float(need * rng.uniform(0.5, 0.9)), 2)
        for product in some:
            level, spread = product.pop("level"), product.pop("spread")
            season = 1.0 + 0.2 * np.sin(np.arange(periods) / 3 + rng.uniform(0, 6))
            for week in range(periods):
                value = float(level * season[week])
                wide = spread * (1 + 0.05 * week)
                rows.append(
                    {
                        "record_id": f"{name}/{product['series']}/{week + 1}",
                        "plan": name,
                        "time": first + week * _WEEK_US,
                        "value": round(value, 2),
                        "low": round(value * float(np.exp(-1.3 * wide)), 2),
                        "high": round(value * float(np.exp(1.9 * wide)), 2),
                        "budget": budget,
                        **product,
                    }
                )
    table = pa.Table.from_pylist(rows)
    at = table.column_names.index("time")
    return table.set_column(at, "time", table["time"].cast(pa.timestamp("us", tz="UTC")))


def _product(rng: np.random.Generator, name: str, lead: float) -> dict[str, Any]:
    level = float(rng.lognormal(3.2, 0.8))
    cost = round(float(rng.lognormal(1.5, 0.6)), 2)
    return {
        "series": name,
        "store": "main",
        "level": level,
        "spread": float(rng.uniform(0.15, 0.5)),
        "on_hand": float(np.round(level * rng.uniform(0.3, 3.0))),
        "on_order": float(np.round(level * rng.choice([0.0, 0.0, 1.0]))),
        "lead": lead,
        "lead_sd": float(rng.choice([0.0, 0.3, 0.6])),
        "order_every": 1.0,
        "cost": cost,
        "holding": round(0.006 * cost, 4),
        "service": float(rng.choice([0.9, 0.95, 0.98])),
        "pack": float(rng.choice([1.0, 6.0, 12.0])),
        "room": float(np.ceil(level * rng.uniform(3.0, 8.0))),
    }


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample, as Parquet and as a CSV.

    Args:
        folder: where ``plans.parquet`` and ``plans.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "plans.parquet", compression="zstd")
    at = table.column_names.index("time")
    written = table.set_column(at, "time", table["time"].cast(pa.timestamp("s", tz="UTC")))
    arrow_csv.write_csv(written, folder / "plans.csv")
