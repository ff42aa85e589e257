"""A seeded generator of half-daily values of many series, in place of a client's data.

Each series has a level that wanders and sometimes jumps, a day that differs from the night, a week
of its own, and events that lift it, known half a day ahead. Noise is larger at night, during events
and in restless weeks; now and then a single value is wrong and the next is right again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

_STEP_US = 12 * 3_600_000_000
_A_WEEK = 14


def generate(
    seed: int = 0, series: int = 20, weeks: int = 56, start: str = "2025-01-06", horizon: int = 1
) -> pa.Table:
    """Simulate some series, in order of time.

    Args:
        seed: the same seed gives the same table.
        series: number of series, at least 1.
        weeks: length, at least 1; two records a day and series, of which 1% are missing.
        start: the first day, ``YYYY-MM-DD``, UTC.
        horizon: how many half-days ahead an event is announced.

    Returns:
        columns ``record_id`` (string), ``time`` (timestamp[us, UTC], 06:00 and 18:00), ``series``
        (string), ``value`` (float64, units, at least 0) and ``event_ahead`` (int64, 0 or 1).

    Example:
        >>> table = generate(series=3, weeks=4)
        >>> table.column_names, table.num_rows > 150
        (['record_id', 'time', 'series', 'value', 'event_ahead'], True)
    """
    rng = np.random.default_rng(seed)
    n = weeks * _A_WEEK
    step = np.arange(n + horizon)
    event = _events(rng, n + horizon)
    values = np.stack([_one(rng, step, event) for _ in range(series)], axis=1)[:n]
    kept = np.flatnonzero(rng.random(values.size) >= 0.01)
    at, who = np.divmod(kept, series)
    first = int(datetime.fromisoformat(f"{start}T06:00:00").replace(tzinfo=UTC).timestamp())
    return pa.table(
        {
            "record_id": [f"r{number:06d}" for number in range(len(kept))],
            "time": pa.array(first * 1_000_000 + at * _STEP_US, pa.timestamp("us", tz="UTC")),
            "series": pa.array([f"s{number + 1:02d}" for number in who]),
            "value": np.round(values.ravel()[kept], 1),
            "event_ahead": event[at + horizon].astype(np.int64),
        }
    )


def _events(rng: np.random.Generator, n: int) -> np.ndarray:
    """bool [n]: runs of one to four half-days, about one in eight of them all."""
    event = np.zeros(n, bool)
    for begin in np.flatnonzero(rng.random(n) < 0.055):
        event[begin : begin + int(rng.integers(1, 5))] = True
    return event


def _one(rng: np.random.Generator, step: np.ndarray, event: np.ndarray) -> np.ndarray:
    """The values [n] of one series."""
    n, is_night = len(step), step % 2 == 1
    level = np.log(rng.lognormal(4.5, 0.7)) + np.cumsum(rng.normal(0, 0.008, n))
    jumps = rng.random(n) < 4 / n
    level += np.cumsum(jumps * rng.choice([-1, 1], n) * rng.uniform(0.25, 0.6, n))
    night = is_night * np.log(rng.uniform(0.35, 0.75))
    week = np.repeat(rng.normal(0, 0.18, 7), 2)[step % _A_WEEK]
    lift = event * rng.uniform(0.1, 0.6) * np.where(is_night, 0.5, 1.0)
    restless = np.exp(np.repeat(rng.normal(0, 0.5, n // _A_WEEK + 1), _A_WEEK)[:n])
    size = rng.uniform(0.04, 0.1) * restless * np.where(is_night, 1.6, 1.0) * (1 + event)
    noise = rng.normal(0, 1, n) * size
    value = np.exp(level + night + week + lift + noise)
    wrong = rng.random(n) < 0.015
    return np.where(wrong, value * rng.choice([0.3, 1.8], n), value)


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it as Parquet, and its last four weeks as a CSV to score.

    Args:
        folder: where ``records.parquet`` and ``latest.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "records.parquet", compression="zstd")
    latest = table.slice(table.num_rows - 4 * _A_WEEK * 20)
    latest = latest.set_column(1, "time", latest["time"].cast(pa.timestamp("s", tz="UTC")))
    arrow_csv.write_csv(latest, folder / "latest.csv")
