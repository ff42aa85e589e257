"""A seeded simulator of presses that wear until they fail, in place of a client's machines.

A press runs soundly for a while, then wears at a pace of its own, slowly at first. Each sensor
shows it in its own way: heat rises with the wear, vibration only late, oil pressure falls, current
creeps up from the first day, flow says nothing, and the valve's setting never changes. Presses
differ from each other by more than early wear shows.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

SENSORS = ("heat", "vibration", "pressure", "current", "flow", "valve")
# Of each dozen presses one has a sensor that stands still, one loses values, one is still running.
_DOZEN = 12


def generate(seed: int = 0, units: int = 60) -> pa.Table:
    """Simulate presses from new to failure, one after the other.

    Args:
        seed: the same seed gives the same table.
        units: number of presses, at least 1.

    Returns:
        columns ``record_id`` and ``unit`` (string), ``cycle`` (int64, from 1), ``running`` (bool,
        true for presses that had not failed at their last record, else null) and the ``SENSORS``
        (float64): C, mm/s, bar, A, l/min, %.

    Example:
        >>> table = generate(seed=1, units=3)
        >>> table.column_names[:5]
        ['record_id', 'unit', 'cycle', 'running', 'heat']
    """
    if units < 1:
        raise ValueError(f"units is at least 1. Received: units={units}")
    # A stream of its own for each press: more presses leave the others as they were.
    streams = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(units))
    parts = [_press(rng, number) for number, rng in enumerate(streams)]
    values = np.concatenate([values for values, _ in parts])
    lengths = [len(values) for values, _ in parts]
    names = np.repeat([f"P{number + 1:02d}" for number in range(units)], lengths)
    cycle = np.concatenate([np.arange(1, length + 1) for length in lengths])
    runs = np.repeat([runs for _, runs in parts], lengths)
    ids = [f"{name}-{number:03d}" for name, number in zip(names, cycle.tolist(), strict=True)]
    columns = {name: pa.array(values[:, at], from_pandas=True) for at, name in enumerate(SENSORS)}
    return pa.table(
        {
            "record_id": ids,
            "unit": names,
            "cycle": cycle,
            "running": pa.array([True if still else None for still in runs.tolist()], pa.bool_()),
            **columns,
        }
    )


def _press(rng: np.random.Generator, number: int) -> tuple[np.ndarray, bool]:
    """Values [n, 6] of one press, a row a cycle, and whether it is still running at the last."""
    sound, wears = rng.uniform(30.0, 110.0), rng.uniform(70.0, 120.0)
    life = int(sound + wears)
    cycle = np.arange(1, life + 1)
    worn = np.clip((cycle - sound) / wears, 0.0, 1.0) ** rng.uniform(1.3, 2.0)
    noise = rng.normal(size=(life, len(SENSORS)))
    load = 0.6 * np.sin(cycle / rng.uniform(5.0, 9.0) + rng.uniform(0.0, 6.0))
    values = np.stack(
        [
            rng.normal(62.0, 1.2) + 14.0 * worn + 1.0 * load + 0.8 * noise[:, 0],
            rng.normal(2.0, 0.15) + 2.6 * worn**3 + 0.18 * noise[:, 1],
            rng.normal(140.0, 1.5) - 17.0 * worn - 0.8 * load + 1.5 * noise[:, 2],
            rng.normal(31.0, 0.4) + 0.008 * cycle + 2.2 * worn + 0.5 * noise[:, 3],
            rng.normal(18.0, 0.5) + 0.4 * load + 0.3 * noise[:, 4],
            np.full(life, 75.0),
        ],
        axis=1,
    ).round(2)
    fault = number % _DOZEN
    if fault == 3:
        begin = int(life * rng.uniform(0.5, 0.8))
        values[begin:, 0] = values[begin, 0]
    if fault == 7:
        values[rng.random(life) < 0.1, 1] = np.nan
    runs = fault == 11
    return values[: int(life * rng.uniform(0.4, 0.8))] if runs else values, runs


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded samples: presses to learn from, and a fleet on an ordinary day.

    Args:
        folder: ``maintenance_sample/presses.parquet`` and ``press_fleet/fleet.csv`` go below it.
        seed: of :func:`generate`.
    """
    import pyarrow.compute as pc
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    for name in ("maintenance_sample", "press_fleet"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    presses = folder / "maintenance_sample" / "presses.parquet"
    pq.write_table(generate(seed), presses, compression="zstd")
    fleet = generate(seed + 1, 24)
    # Each is met at some moment of its life; all of them as a controller logs them, cycle by cycle.
    rng = np.random.default_rng(seed)
    parts = []
    for unit in fleet.column("unit").unique().to_pylist():
        rows = fleet.filter(pc.equal(fleet["unit"], unit))
        parts.append(rows.slice(0, int(rows.num_rows * rng.uniform(0.35, 0.99))))
    met = pa.concat_tables(parts).sort_by([("cycle", "ascending"), ("unit", "ascending")])
    arrow_csv.write_csv(
        met.drop_columns(["record_id", "running"]), folder / "press_fleet" / "fleet.csv"
    )
