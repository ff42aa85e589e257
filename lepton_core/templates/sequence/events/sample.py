"""A seeded simulator of machine events in which the hidden wear of every machine is known.

A machine runs soundly for weeks, wears for one to two weeks, fails and is repaired. Its controller
logs short episodes. On a sound machine an adjustment is followed by a warning, which settles; on a
worn one a warning comes first and has to be adjusted away. So no single event tells: the same
kinds occur as often. What tells is their order, how fast episodes follow each other, and, a
little, vibration above the machine's own usual.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

KINDS = ("start", "adjustment", "warning", "repair")
HORIZON_DAYS = 7.0
_START, _ADJUSTMENT, _WARNING, _REPAIR = range(4)
_WORN_ORDER = {True: 0.8, False: 0.2}
_DAYS_BETWEEN = {True: 2.4, False: 4.8}
_FIRST_DAY = np.datetime64("2026-01-05T00:00:00", "us")


def generate(seed: int = 0, machines: int = 300, days: int = 60) -> pa.Table:
    """Simulate the events of some machines, in order of time.

    Args:
        seed: the same seed gives the same table.
        machines: number of machines, at least 1.
        days: length in days, at least 1.

    Returns:
        columns ``record_id`` (string, ascending), ``time`` (timestamp[us, UTC], whole seconds),
        ``machine`` (string), ``kind`` (string, one of ``KINDS``), ``load`` (float64, 0..100 %),
        ``vibration`` (float64, mm/s) and ``failure`` (int64, 1 where the machine fails within
        ``HORIZON_DAYS`` after the event).

    Example:
        >>> generate(seed=1, machines=5, days=30).column_names
        ['record_id', 'time', 'machine', 'kind', 'load', 'vibration', 'failure']
    """
    if machines < 1 or days < 1:
        raise ValueError(f"machines and days are at least 1. Received: {machines}, {days}")
    # A stream of its own for each machine: more machines leave the others as they were.
    streams = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(machines))
    parts = [_events(rng, days) for rng in streams]
    machine = np.repeat(np.arange(machines), [len(part) for part in parts])
    day, kind, load, vibration, failure = np.concatenate(parts).T
    order = np.argsort(day, kind="stable")
    seconds = np.floor(day[order] * 86_400).astype("timedelta64[s]")
    names = np.array([f"M{number + 1:03d}" for number in range(machines)])
    return pa.table(
        {
            "record_id": [f"e{number:06d}" for number in range(len(order))],
            "time": pa.array(_FIRST_DAY + seconds, pa.timestamp("us", "UTC")),
            "machine": names[machine[order]],
            "kind": np.array(KINDS)[kind[order].astype(int)],
            "load": load[order].round(1),
            "vibration": vibration[order].round(3),
            "failure": failure[order].astype(np.int64),
        }
    )


def _events(rng: np.random.Generator, days: int) -> np.ndarray:
    """One machine's events [n, 5]: day, kind, load, vibration, and whether it fails soon."""
    usual = np.exp(0.5 + 0.35 * rng.standard_normal())
    rows: list[tuple[float, ...]] = []
    # It has run for a while when the log begins: on day 0 machines are of all ages.
    day = -rng.uniform(20.0, 60.0)
    while day < days:
        wears_from = day + rng.gamma(3.0, 15.0)
        # One failure in ten comes without wear, and nothing in the log can announce it.
        fails = wears_from + (rng.uniform(7.0, 13.0) if rng.random() < 0.9 else 0.0)
        day += rng.exponential(_DAYS_BETWEEN[False])
        while day < fails:
            worn = day >= wears_from
            signs = [_ADJUSTMENT, _WARNING]
            if rng.random() < _WORN_ORDER[worn]:
                signs.reverse()
            wear = (day - wears_from) / (fails - wears_from) if worn else 0.0
            for kind in (_START, *signs):
                level = usual * (1 + 0.15 * wear) * np.exp(0.2 * rng.standard_normal())
                soon = float(fails - day <= HORIZON_DAYS)
                rows.append((day, kind, rng.uniform(20.0, 95.0), level, soon))
                day += rng.uniform(0.01, 0.15)
            day += rng.exponential(_DAYS_BETWEEN[worn])
        day = fails + rng.uniform(0.5, 2.0)
        rows.append((day, _REPAIR, 0.0, usual, 0.0))
    events = np.array(rows)
    return events[(events[:, 0] >= 0) & (events[:, 0] < days)]


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it as Parquet, its latest events as a CSV to score.

    Args:
        folder: where ``events.parquet`` and ``latest.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "events.parquet", compression="zstd")
    # Three weeks, so that most machines have a past in it.
    latest = table.drop_columns(["failure"]).slice(table.num_rows - 4000)
    latest = latest.set_column(1, "time", latest["time"].cast(pa.timestamp("s", tz="UTC")))
    arrow_csv.write_csv(latest, folder / "latest.csv")
