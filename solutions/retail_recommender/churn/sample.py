"""A seeded simulator of customers with a contract for telephone and internet.

Who leaves depends on how long the contract binds, how long the customer has been there, on the
charge for what is used, and on support; gender plays no part. Much is luck.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from .task import INPUTS

_CONTRACTS = ("Month-to-month", "One year", "Two year")
_INTERNET = ("No", "DSL", "Fiber optic")
_PAYMENTS = ("Electronic check", "Mailed check", "Bank transfer", "Credit card")


def generate(seed: int = 0, customers: int = 3000) -> pa.Table:
    """Simulate customers with services, charges, and whether they left.

    Args:
        seed: the same seed gives the same table.
        customers: how many, at least 1.

    Returns:
        the columns of the task's input Spec, with every ``left`` known.

    Example:
        >>> table = generate(customers=100)
        >>> table.num_rows, 5 < sum(table["left"].to_pylist()) < 60
        (100, True)
    """
    rng = np.random.default_rng(seed)
    n = customers
    contract = rng.choice(3, n, p=(0.55, 0.2, 0.25))
    tenure = np.clip(np.round(rng.gamma(1.3 + 0.9 * contract, 16.0)), 0, 72)
    internet = rng.choice(3, n, p=(0.2, 0.35, 0.45))
    senior = rng.random(n) < 0.16

    def has(share: float) -> np.ndarray:
        return (internet > 0) & (rng.random(n) < share + 0.1 * contract)

    names = ("security", "backup", "protection", "support", "tv", "films")
    services = {name: has(0.25) for name in names}
    phone = (internet == 0) | (rng.random(n) < 0.9)
    count = np.sum(list(services.values()), axis=0)
    monthly = np.round(20 * phone + 22 * internet + 5.0 * count + rng.normal(0, 2, n), 2)
    monthly = np.maximum(monthly, 15.0)
    payment = rng.choice(4, n, p=(0.34, 0.22, 0.22, 0.22))
    logit = (
        0.1
        - 1.4 * contract
        - 0.035 * tenure
        + 0.022 * (monthly - 60)
        - 0.5 * services["support"]
        - 0.4 * services["security"]
        + 0.4 * (payment == 0)
        + 0.2 * senior
        + 0.9 * (tenure < 4)
    )
    left = rng.random(n) < 1 / (1 + np.exp(-logit))

    def words(known: np.ndarray) -> list[str]:
        return np.where(known, "Yes", "No").tolist()

    total = np.round(monthly * tenure * rng.normal(1, 0.03, n), 2)
    columns = {
        "record_id": [f"c{number:05d}" for number in range(1, n + 1)],
        "gender": rng.choice(("Female", "Male"), n).tolist(),
        "senior": senior,
        "partner": words(rng.random(n) < 0.5),
        "dependents": words(rng.random(n) < 0.3),
        "tenure": tenure,
        "phone": words(phone),
        "lines": words(phone & (rng.random(n) < 0.4)),
        "internet": [_INTERNET[kind] for kind in internet],
        **{name: words(values) for name, values in services.items()},
        "contract": [_CONTRACTS[kind] for kind in contract],
        "paperless": words(rng.random(n) < 0.6),
        "payment": [_PAYMENTS[kind] for kind in payment],
        "monthly": monthly,
        "total": pa.array(total, mask=tenure == 0),
        "left": left,
    }
    return pa.table({name: columns[name] for name in INPUTS.names})


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it as Parquet, and its last customers as a CSV to score.

    Args:
        folder: where ``customers.parquet`` and ``to_score.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "customers.parquet", compression="zstd")
    last = table.drop_columns(["left"]).slice(table.num_rows - 400)
    arrow_csv.write_csv(last, folder / "to_score.csv")
