"""A seeded simulator of card clients, in place of a bank's data.

Each client has a hidden ability to pay that drifts from month to month and sometimes breaks (a job
lost), and a habit: pays in full, carries a balance, or hardly uses the card. Spending, payments and
delays follow from these; a month that is not paid adds a month of delay, a payment takes it back.
Who defaults next month depends on the ability reached then, on the delay, and on how near the limit
the balance stands, so that the order of the months counts. Sex, education and marriage play no
part; the young have lower limits, which is enough to make groups differ. Much is luck.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from .task import INPUTS, MONTHS

_EDUCATION = ("graduate school", "university", "high school", "other")
_SHORT_SHARE = 0.06


def generate(seed: int = 0, clients: int = 4000) -> pa.Table:
    """Simulate clients with six months of bills, payments and delays.

    Args:
        seed: the same seed gives the same table.
        clients: how many, at least 1.

    Returns:
        the columns of the task's input Spec, with every ``default`` known.

    Example:
        >>> table = generate(clients=100)
        >>> table.num_rows, min(table["delay_1"].to_pylist()) >= -2
        (100, True)
    """
    rng = np.random.default_rng(seed)
    n = clients
    age = np.clip(np.round(21 + rng.gamma(2.2, 6.5, n)), 21, 80)
    ability = rng.normal(0.0, 1.0, n)
    limit = np.exp(rng.normal(11.6, 0.75, n) + 0.35 * ability + 0.25 * np.tanh((age - 35) / 12))
    limit = np.clip(np.round(limit, -4), 10_000, 900_000)
    habit = rng.choice(3, n, p=(0.25, 0.6, 0.15))
    months = _live(rng, ability, limit, habit)
    used = np.clip(months["bill"][:, -1] / limit, 0.0, 1.5)
    logit = (
        -2.45
        - 0.8 * months["ability"]
        + 0.65 * np.clip(months["delay"][:, -1], 0, 3)
        + 0.9 * np.clip(used - 0.6, 0.0, 1.0)
        # A delay that was made good says less than one that has come to stay.
        + 0.25 * np.clip(months["delay"][:, :-1], 0, 2).mean(axis=1)
    )
    default = rng.random(n) < 1.0 / (1.0 + np.exp(-logit))
    table: dict[str, pa.Array] = {
        "record_id": pa.array([f"c{number:05d}" for number in range(1, n + 1)]),
        "limit": pa.array(limit),
        "sex": pa.array(rng.choice(("female", "male"), n, p=(0.55, 0.45))),
        "education": pa.array(rng.choice(_EDUCATION, n, p=(0.33, 0.45, 0.19, 0.03))),
        "marriage": pa.array(rng.choice(("married", "single", "other"), n, p=(0.45, 0.52, 0.03))),
        "age": pa.array(age, mask=rng.random(n) < 0.02),
        "default": pa.array(default.astype(np.int64)),
    }
    length = np.where(rng.random(n) < _SHORT_SHARE, rng.integers(1, MONTHS, n), MONTHS)
    for month in range(1, MONTHS + 1):
        absent = month > length
        for name in ("delay", "bill", "paid"):
            values = months[name][:, MONTHS - month]
            kind = pa.int64() if name == "delay" else pa.float64()
            table[f"{name}_{month}"] = pa.array(
                values.tolist(), mask=absent, from_pandas=True
            ).cast(kind)
    return pa.table({name: table[name] for name in INPUTS.names})


def _live(
    rng: np.random.Generator, ability: np.ndarray, limit: np.ndarray, habit: np.ndarray
) -> dict[str, np.ndarray]:
    """Six months of clients [n], oldest first, after some months that nobody sees."""
    n, before = len(ability), 4
    usual, ability = ability, ability.copy()
    owed = limit * np.where(habit == 1, rng.beta(1.6, 1.8, n), 0.05 * rng.random(n))
    behind = np.zeros(n)
    bills, payments, delays = [], [], []
    for _ in range(before + MONTHS):
        ability += 0.1 * (usual - ability) + rng.normal(0.0, 0.3, n)
        ability -= 1.6 * (rng.random(n) < 0.03)
        active = rng.random(n) < np.where(habit == 2, 0.55, 0.97)
        # Who owes pays all of it, a part, or nothing; the less able, the less.
        misses = rng.random(n) < 1.0 / (
            1.0 + np.exp(3.1 + 1.5 * ability - 0.5 * np.minimum(behind, 2))
        )
        part = np.clip(rng.lognormal(-2.7, 0.8, n), 0.01, 0.9)
        share = np.where((habit == 1) & (rng.random(n) > 0.25 * (behind > 1)), part, 1.0)
        paid = np.round(np.where(misses | (owed <= 0), 0.0, share * owed))
        behind = np.where(
            (owed > 0) & misses, behind + 1, np.maximum(behind - np.where(share > 0.1, 2, 1), 0)
        )
        spent = active * limit * rng.lognormal(-2.6, 0.8, n) * np.where(habit == 2, 0.4, 1.0)
        bill = np.minimum(np.round(np.maximum(owed - paid, 0.0) * 1.012 + spent), 1.1 * limit)
        code = np.where(owed <= 0, -2, np.where(paid >= owed, -1, 0))
        delays.append(np.where(behind > 0, np.minimum(behind, 8), code))
        payments.append(paid)
        bills.append(bill)
        owed = bill
    kept = slice(before, None)
    return {
        "ability": ability,
        "delay": np.stack(delays[kept], axis=1),
        "bill": np.stack(bills[kept], axis=1),
        "paid": np.stack(payments[kept], axis=1),
    }


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it as Parquet, and its last clients as a CSV to score.

    Args:
        folder: where ``clients.parquet`` and ``to_score.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "clients.parquet", compression="zstd")
    last = table.drop_columns(["default"]).slice(table.num_rows - 500)
    arrow_csv.write_csv(last, folder / "to_score.csv")
