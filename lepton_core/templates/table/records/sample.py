"""A seeded generator of service contracts, in place of a client's data.

Clients leave for reasons that partly go together: a higher fee drives away who is unhappy with the
service and hardly who is happy; many calls hurt only where technicians come late; new clients and
those of old machines leave more; a plan that does not fit the machines is given up. Much is luck.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

_SECTORS = ("food", "metal", "plastics", "packaging", "printing", "chemicals", "wood", "textiles")
_REGIONS = ("north", "east", "south", "west", "centre", "islands")
_PLANS = ("basic", "plus", "full")


def generate(seed: int = 0, contracts: int = 5000, start: str = "2024-01-01") -> pa.Table:
    """Simulate contracts that are due for renewal within two years, in order of time.

    Args:
        seed: the same seed gives the same table.
        contracts: how many, at least 1.
        start: the first day, ``YYYY-MM-DD``, UTC.

    Returns:
        the columns of the task's input Spec, with every ``left`` known.

    Example:
        >>> table = generate(contracts=100)
        >>> table.num_rows, sorted(set(table["plan"].to_pylist()))
        (100, ['basic', 'full', 'plus'])
    """
    rng = np.random.default_rng(seed)
    n = contracts
    first = int(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp())
    renewal = first + np.sort(rng.integers(0, 730, n)) * 86_400
    age = np.ceil(rng.gamma(1.8, 22, n)).astype(np.int64)
    machines = 1 + rng.poisson(rng.lognormal(1.1, 0.7, n))
    machine_age = np.round(rng.gamma(3.0, 2.6, n), 1)
    plan = rng.choice(3, n, p=(0.45, 0.35, 0.2))
    sector = rng.choice(8, n, p=(0.24, 0.2, 0.14, 0.12, 0.1, 0.09, 0.07, 0.04))
    region = rng.choice(6, n, p=(0.24, 0.2, 0.2, 0.18, 0.15, 0.03))
    price = np.array([38.0, 57.0, 87.0])[plan]
    fee = np.round(price * machines**0.85 * rng.lognormal(0, 0.22, n), 2)
    change = np.where(age <= 12, np.nan, np.round(rng.normal(4.0, 5.0, n), 1))
    calls = rng.poisson(0.35 * machines**0.6 * (0.5 + machine_age / 9))
    slow = np.exp(rng.normal(2.5, 0.55, n) + 0.7 * (region == 5) + 0.3 * (region == 3))
    response = np.where(calls == 0, np.nan, np.round(slow, 1))
    late = rng.poisson(0.35 + 0.5 * (sector == 4), n)
    mood = 4.1 - 0.7 * np.log1p(calls) * (slow > 14) - 0.02 * (slow - 12) + rng.normal(0, 0.6, n)
    answers = rng.random(n) < 0.6
    satisfaction = np.where(answers, np.round(np.clip(mood, 1, 5), 1), np.nan)
    auto = rng.random(n) < 0.55

    rise = np.clip(np.nan_to_num(change), 0, 15)
    unhappy = 1 / (1 + np.exp(3 * (mood - 3.4)))
    need = (machine_age - 8) / 4 - (plan - 0.75) * 1.6
    logit = (
        -4.5
        + 0.5 * rise * unhappy
        + 1.5 * np.log1p(calls) * np.clip(slow - 10, 0, 12) / 12
        + 2.2 * np.exp(-age / 10.0)
        + 0.9 * np.clip(np.abs(need), 0, 3)
        + 0.7 * np.clip(late, 0, 3) * ~auto
        + 0.6 * np.log(fee / machines / 38)
        + 0.6 * (sector == 4)
        - 0.5 * auto
    )
    left = rng.random(n) < 1 / (1 + np.exp(-logit))
    return pa.table(
        {
            "record_id": [f"c{number:05d}" for number in range(1, n + 1)],
            "renewal": pa.array(renewal * 1_000_000, pa.timestamp("us", tz="UTC")),
            "age_months": age,
            "monthly_fee": fee,
            "fee_change": pa.array(change, from_pandas=True),
            "machines": machines,
            "machine_age": machine_age,
            "calls_90d": calls,
            "response_hours": pa.array(response, from_pandas=True),
            "late_payments": late,
            "satisfaction": pa.array(satisfaction, from_pandas=True),
            "auto_renewal": auto,
            "plan": np.array(_PLANS)[plan],
            "sector": pa.array(np.array(_SECTORS)[sector], mask=rng.random(n) < 0.04),
            "region": np.array(_REGIONS)[region],
            "left": left.astype(np.int64),
        }
    )


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it as Parquet, and its latest contracts as a CSV to score.

    Args:
        folder: where ``records.parquet`` and ``latest.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "records.parquet", compression="zstd")
    latest = table.drop_columns(["left"]).slice(table.num_rows - 500)
    latest = latest.set_column(1, "renewal", latest["renewal"].cast(pa.timestamp("s", tz="UTC")))
    arrow_csv.write_csv(latest, folder / "latest.csv")
