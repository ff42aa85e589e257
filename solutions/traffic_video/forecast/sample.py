"""A seeded generator of counts at several stations of a town, in place of a client's data.

Each station has a rush hour in the morning or the evening, a weekend of its own, and more or fewer
vehicles from day to day, in which the stations of a town are alike. Incidents hold vehicles back
and let them through later; counters fail for an interval or some hours.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

_MINUTES_A_DAY = 1440
_US_A_MINUTE = 60_000_000
_ROADS = ("north", "east", "south", "west")


def generate(
    seed: int = 0,
    stations: int = 8,
    days: int = 42,
    start: str = "2026-03-02",
    step_minutes: float = 5.0,
) -> pa.Table:
    """Simulate some stations, in order of time.

    Args:
        seed: the same seed gives the same table.
        stations: number of stations, at least 1.
        days: length, at least 1; about 2% of the intervals are missing.
        start: the first day, ``YYYY-MM-DD``, a Monday by default; by the local clock.
        step_minutes: length of an interval.

    Returns:
        columns ``record_id`` (string), ``time`` (timestamp[us, UTC], when the interval began),
        ``station`` (string) and ``count`` (float64, vehicles in the interval).

    Example:
        >>> table = generate(stations=2, days=1)
        >>> table.column_names, table.num_rows > 500
        (['record_id', 'time', 'station', 'count'], True)
    """
    rng = np.random.default_rng(seed)
    n = int(days * _MINUTES_A_DAY / step_minutes)
    minute = np.arange(n) * step_minutes
    first = datetime.fromisoformat(f"{start}T00:00:00").replace(tzinfo=UTC)
    weekday = (first.weekday() + minute // _MINUTES_A_DAY).astype(int) % 7
    town = _wandering(rng, n, step_minutes, 240.0, 0.06) + _by_day(rng, days, n, 0.05)
    columns = [_one(rng, minute, weekday, town, step_minutes) for _ in range(stations)]
    counts = np.stack(columns, axis=1)
    at, who = np.nonzero(np.isfinite(counts))
    moments = int(first.timestamp()) * 1_000_000 + (at * step_minutes * _US_A_MINUTE).astype(int)
    names = [f"{_ROADS[place % 4]}-{place // 4 + 1}" for place in range(stations)]
    return pa.table(
        {
            "record_id": [f"{names[j]}/{i:05d}" for i, j in zip(at.tolist(), who, strict=True)],
            "time": pa.array(moments, pa.timestamp("us", tz="UTC")),
            "station": pa.array([names[place] for place in who]),
            "count": counts[at, who],
        }
    )


def _one(
    rng: np.random.Generator,
    minute: np.ndarray,
    weekday: np.ndarray,
    town: np.ndarray,
    step_minutes: float,
) -> np.ndarray:
    """The counts [n] of one station, NaN where its counter failed."""
    n = len(minute)
    hour = minute % _MINUTES_A_DAY / 60.0
    morning, evening = rng.uniform(0.3, 1.4, 2)
    bell = [
        height * np.exp(-0.5 * ((hour - centre) / width) ** 2)
        for height, centre, width in (
            (morning, rng.normal(7.8, 0.3), rng.uniform(0.6, 1.0)),
            (evening, rng.normal(17.2, 0.4), rng.uniform(0.9, 1.5)),
            (0.75, 13.0, 4.2),
        )
    ]
    working = 0.04 + sum(bell)
    free = 0.04 + rng.uniform(0.4, 0.9) * np.exp(-0.5 * ((hour - 14.5) / 4.0) ** 2)
    day = np.where(weekday >= 5, np.where(weekday == 6, 0.85, 1.0) * free, working)
    day = day * np.where(weekday == 4, 1.05, 1.0)
    hourly = rng.uniform(250, 1400)
    stray = town + _wandering(rng, n, step_minutes, 90.0, 0.08)
    mean = hourly * step_minutes / 60.0 * day * np.exp(stray)
    mean = _held_back(rng, mean, step_minutes)
    return _failed(rng, rng.poisson(mean).astype(np.float64), step_minutes)


def _wandering(
    rng: np.random.Generator, n: int, step_minutes: float, minutes: float, size: float
) -> np.ndarray:
    """A log factor [n] that forgets itself within so many minutes."""
    keep = np.exp(-step_minutes / minutes)
    pushes = rng.normal(0, size * np.sqrt(1 - keep**2), n)
    found = np.empty(n)
    value = rng.normal(0, size)
    for place in range(n):
        value = keep * value + pushes[place]
        found[place] = value
    return found


def _by_day(rng: np.random.Generator, days: int, n: int, size: float) -> np.ndarray:
    """A log factor [n] for each day: the weather."""
    return np.repeat(rng.normal(0, size, days), -(-n // days))[:n]


def _held_back(rng: np.random.Generator, mean: np.ndarray, step_minutes: float) -> np.ndarray:
    """Incidents: for a while a part passes, and what waited comes after."""
    mean = mean.copy()
    n = len(mean)
    for begin in np.flatnonzero(rng.random(n) < step_minutes / _MINUTES_A_DAY / 3).tolist():
        length = int(rng.integers(15, 75) / step_minutes) + 1
        end, passes = min(begin + length, n), rng.uniform(0.15, 0.6)
        waiting = float((mean[begin:end] * (1 - passes)).sum()) * 0.7
        mean[begin:end] *= passes
        after = min(end + length, n)
        if after > end:
            mean[end:after] += waiting / (after - end)
    return mean


def _failed(rng: np.random.Generator, counts: np.ndarray, step_minutes: float) -> np.ndarray:
    """Counts that were never told: single ones, and some hours about every three weeks."""
    counts = np.where(rng.random(len(counts)) < 0.01, np.nan, counts)
    for begin in np.flatnonzero(rng.random(len(counts)) < step_minutes / _MINUTES_A_DAY / 21):
        counts[begin : begin + int(rng.integers(30, 360) / step_minutes)] = np.nan
    return counts


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it as Parquet, and its last two days as a CSV to score.

    Args:
        folder: where ``counts.parquet`` and ``latest.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "counts.parquet", compression="zstd")
    first = pc.subtract(pc.max(table["time"]), pa.scalar(2 * 86_400_000_000, pa.duration("us")))
    latest = table.filter(pc.greater(table["time"], first))
    latest = latest.set_column(1, "time", latest["time"].cast(pa.timestamp("s", tz="UTC")))
    arrow_csv.write_csv(latest, folder / "latest.csv")
