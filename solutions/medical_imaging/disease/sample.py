"""A seeded simulator of patients in a health programme, in place of a practice's records.

Each patient has a hidden constitution that shows in weight, blood pressure and blood values, and
comes to one to five visits, half a year to a year and a half apart. Between visits weight, pressure
and habits drift; some are treated and improve, some let go. Whether a disease is found at a visit
follows from what is true of the patient then: age, pressure, cholesterol and smoking above all,
pressure more in the old. Every value is read with its noise; some are not taken. Much is luck.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from .task import INPUTS

_START = datetime(2021, 1, 4, tzinfo=UTC)
_MOST_VISITS = 5
# Values that may not have been taken, and how often they are not.
_LEFT_OUT = {"cholesterol": 0.03, "gluc": 0.03, "chol": 0.05, "thalach": 0.06, "ca": 0.05}


def generate(seed: int = 0, patients: int = 1200) -> pa.Table:
    """Simulate patients and their visits, in order of the visits.

    Args:
        seed: the same seed gives the same table.
        patients: how many, at least 1; each has one to five visits.

    Returns:
        the columns of the task's input Spec but those that stand in for others, with every
        ``disease`` known.

    Example:
        >>> table = generate(patients=50)
        >>> len(set(table["patient"].to_pylist())), min(table["ap_hi"].to_pylist()) > 60
        (50, True)
    """
    rng = np.random.default_rng(seed)
    n = patients
    male, burden = rng.random(n) < 0.45, rng.normal(0.0, 1.0, n)
    state: dict[str, Any] = {
        "age": np.clip(rng.normal(54.0, 8.5, n), 30.0, 78.0),
        "mass": np.clip(rng.lognormal(3.27, 0.16, n) + 1.2 * burden, 18.0, 48.0),
        "pressure": 126.0 + 7.0 * burden + rng.normal(0.0, 11.0, n),
        "chol": 208.0 + 16.0 * burden + rng.normal(0.0, 30.0, n),
        "smoke": rng.random(n) < 0.12 + 0.15 * male,
        "active": rng.random(n) < 0.75 - 0.08 * (burden > 0.5),
    }
    height = np.where(male, rng.normal(174.0, 7.0, n), rng.normal(162.0, 6.5, n)).round()
    sugar = rng.random(n) < 1.0 / (1.0 + np.exp(2.6 - 0.7 * burden))
    drink, day = rng.random(n) < 0.1 + 0.08 * male, rng.integers(0, 700, n).astype(float)
    # Treated ones improve by each visit, others let go.
    course = np.where(rng.random(n) < 0.3, -1.0, rng.normal(0.25, 0.5, n))
    visits = rng.choice(np.arange(1, _MOST_VISITS + 1), n, p=(0.25, 0.2, 0.2, 0.2, 0.15))
    rows: list[dict[str, Any]] = []
    for number in range(_MOST_VISITS):
        truth = _truth(rng, state, male, height, sugar, drink)
        rows += [
            {
                "record_id": f"p{at + 1:04d}-{number + 1}",
                "patient": f"p{at + 1:04d}",
                "visit": _START + timedelta(days=int(day[at])),
                "sex": "male" if male[at] else "female",
                **{name: values[at].item() for name, values in truth.items()},
            }
            for at in np.flatnonzero(visits > number)
        ]
        gap = rng.uniform(180.0, 540.0, n)
        day += gap
        state["age"] = state["age"] + gap / 365.25
        state["pressure"] = state["pressure"] + 5.0 * course + rng.normal(0.0, 2.0, n)
        state["mass"] = np.clip(state["mass"] + 0.5 * course + rng.normal(0.0, 0.3, n), 17.0, 50.0)
        state["chol"] = state["chol"] + 8.0 * course + rng.normal(0.0, 4.0, n)
        state["smoke"] = state["smoke"] & (rng.random(n) > 0.1)
    rows.sort(key=lambda row: (row["visit"], row["record_id"]))
    for row in rows:
        for name, share in _LEFT_OUT.items():
            if rng.random() < share:
                row[name] = None
    # Without the columns that stand in for others: nobody fills them all.
    schema = pa.schema([field for field in INPUTS.arrow_schema() if field.name in rows[0]])
    return pa.Table.from_pylist(rows, schema)


def _truth(
    rng: np.random.Generator,
    state: Mapping[str, Any],
    male: np.ndarray,
    height: np.ndarray,
    sugar: np.ndarray,
    drink: np.ndarray,
) -> dict[str, np.ndarray]:
    """What is read at a visit of all patients [n], and whether a disease is found."""
    n, age = len(male), state["age"]
    pressure, chol, mass = state["pressure"], state["chol"], state["mass"]
    logit = (
        -0.55
        + 0.065 * (age - 54.0)
        + 0.045 * (pressure - 126.0) * (1.0 + 0.02 * (age - 54.0))
        + 0.012 * (chol - 208.0)
        + 0.06 * (mass - 27.0)
        + 0.7 * state["smoke"]
        + 0.5 * sugar
        - 0.45 * state["active"]
        + 0.35 * male
    )
    disease = rng.random(n) < 1.0 / (1.0 + np.exp(-logit))
    strained = rng.random(n) < np.where(disease, 0.45, 0.12)
    upper = np.clip(np.round(pressure + rng.normal(0.0, 7.0, n)), 85, 220)
    lower = np.round(np.clip(0.45 * pressure + 24.0 + rng.normal(0.0, 6.0, n), 45, upper - 15))
    reading = np.clip(np.round(chol + rng.normal(0.0, 12.0, n)), 100, 420)
    flags = {"smoke": state["smoke"], "alco": drink, "active": state["active"], "exang": strained}
    return {
        "age": np.round(age, 1),
        "height": np.clip(height, 140, 205),
        "weight": np.round(np.clip(mass * (height / 100.0) ** 2, 36, 190), 1),
        "ap_hi": upper,
        "ap_lo": lower,
        "cholesterol": 1.0 + (reading > 240) + (reading > 280),
        "gluc": 1.0 + sugar + (sugar & (rng.random(n) < 0.5)),
        "chol": reading,
        "fbs": (sugar & (rng.random(n) < 0.8)).astype(float),
        "cp": np.where(strained, rng.integers(0, 2, n), rng.integers(1, 4, n)).astype(float),
        "restecg": rng.choice((0.0, 1.0, 2.0), n, p=(0.42, 0.52, 0.06)),
        "thalach": np.clip(np.round(222 - age - 14 * disease + rng.normal(0, 16, n)), 75, 205),
        "oldpeak": np.round(np.clip(rng.gamma(1.0, 0.6, n) + 0.8 * strained, 0, 6), 1),
        "slope": np.where(strained, rng.integers(0, 2, n), rng.integers(1, 3, n)).astype(float),
        "ca": np.minimum(rng.poisson(np.where(disease, 1.0, 0.25)), 3).astype(float),
        "thal": np.where(rng.random(n) < np.where(disease, 0.55, 0.2), 3.0, 2.0),
        **{name: values.astype(float) for name, values in flags.items()},
        "disease": disease.astype(np.int64),
    }


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it as Parquet, and visits to score as a CSV.

    The CSV holds all visits of the last patients without what was found, and four values that no
    person has.

    Args:
        folder: where ``visits.parquet`` and ``to_score.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "visits.parquet", compression="zstd")
    names = sorted(set(table["patient"].to_pylist()))[-120:]
    rows = [row for row in table.to_pylist() if row["patient"] in names]
    rows[3]["ap_lo"] *= 10
    rows[20]["ap_hi"], rows[20]["ap_lo"] = rows[20]["ap_lo"], rows[20]["ap_hi"]
    rows[41]["height"] /= 100
    rows[77]["age"] *= 365
    last = pa.Table.from_pylist(rows, table.schema)
    arrow_csv.write_csv(last.drop_columns(["disease"]), folder / "to_score.csv")
