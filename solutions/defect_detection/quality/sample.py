"""Simulated results of three lines over ten weeks, with disturbances that are known.

Each record is one shift's subgroup: how many parts were inspected and were defective, how many
defects they had and of which class, and the diameters of five parts in mm. All chart kinds can be
drawn of it. Twice a line is disturbed for some shifts: its share of defective parts rises, or its
diameter moves.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

LINES = ("sample line A", "sample line B", "sample line C")
CLASSES = ("scratch", "inclusion", "dent", "stain", "crack")
_SHARES = (0.46, 0.27, 0.14, 0.09, 0.04)
_SHIFT_US = 8 * 3_600_000_000
_DAYS = 70
_DIAMETER, _SIGMA = 74.0, 0.010


def generate(seed: int = 0, days: int = _DAYS, start: str = "2026-01-05") -> pa.Table:
    """Simulate the lines, in order of time.

    Args:
        seed: the same seed gives the same table.
        days: length, at least 20; three shifts a day and line.
        start: the first day, UTC.

    Returns:
        the columns of the task, one record a shift and line; ``disturbed`` says whether something
        was wrong, ``defect_classes`` how many defects of which class there were.

    Example:
        >>> table = generate(days=20)
        >>> table.num_rows, sum(table["disturbed"].to_pylist()) > 0
        (180, True)
    """
    rng = np.random.default_rng(seed)
    shifts = 3 * days
    first = int(datetime.fromisoformat(f"{start}T06:00:00").replace(tzinfo=UTC).timestamp())
    rows = []
    disturbed = np.stack([_disturbances(rng, shifts) for _ in LINES])
    rate = rng.uniform(0.03, 0.05, len(LINES))
    for shift in range(shifts):
        for place, line in enumerate(LINES):
            wrong = bool(disturbed[place, shift])
            inspected = int(rng.integers(180, 320))
            defective = int(rng.binomial(inspected, min(rate[place] * (2.2 if wrong else 1), 1)))
            # A defective part has one defect or, now and then, more.
            defects = defective + int(rng.binomial(defective, 0.25))
            counts = rng.multinomial(defects, _SHARES)
            diameters = rng.normal(_DIAMETER + (0.012 if wrong else 0.0), _SIGMA, 5)
            rows.append(
                {
                    "record_id": f"s{shift:04d}-{line[-1]}",
                    "time": first * 1_000_000 + shift * _SHIFT_US,
                    "line": line,
                    "subgroup": f"{shift // 3 + 1}-{shift % 3 + 1}",
                    "inspected": inspected,
                    "defective": defective,
                    "defect_count": defects,
                    "defect_classes": _words(counts),
                    "values": " ".join(f"{value:.3f}" for value in diameters),
                    "disturbed": wrong,
                }
            )
    table = pa.Table.from_pylist(rows)
    at = table.column_names.index("time")
    return table.set_column(at, "time", table["time"].cast(pa.timestamp("us", tz="UTC")))


def _disturbances(rng: np.random.Generator, shifts: int) -> np.ndarray:
    """bool [shifts]: two runs of 6 to 12 shifts in the second half, none in the first."""
    found = np.zeros(shifts, bool)
    half = shifts // 2
    for begin in (half + half // 6, half + 4 * half // 6):
        begin += int(rng.integers(0, max(half // 8, 1)))
        found[begin : begin + int(rng.integers(6, 13))] = True
    return found


def _words(counts: np.ndarray) -> str:
    named = zip(CLASSES, counts.tolist(), strict=True)
    return " ".join(f"{name}={count}" for name, count in named if count)


def generate_parts(seed: int = 0, parts: int = 1500) -> pa.Table:
    """Verdicts of single parts, as ``surface`` and ``anomaly`` write them, for trying out.

    Args:
        seed: the same seed gives the same table.
        parts: number of parts; one in 25 is defective, twice as many in the last tenth.

    Returns:
        ``record_id``, ``time``, ``verdict``, ``label``.
    """
    rng = np.random.default_rng(seed)
    late = np.arange(parts) >= 0.9 * parts
    bad = rng.random(parts) < np.where(late, 0.10, 0.04)
    first = int(datetime(2026, 3, 2, 6, tzinfo=UTC).timestamp()) * 1_000_000
    kinds = rng.choice(CLASSES, parts, p=_SHARES)
    return pa.table(
        {
            "record_id": [f"part-{number:06d}" for number in range(parts)],
            "time": pa.array(first + np.arange(parts) * 60_000_000, pa.timestamp("us", tz="UTC")),
            "verdict": np.where(bad, "fail", "pass").tolist(),
            "label": np.where(bad, kinds, "good").tolist(),
        }
    )


def write(folder: Path, seed: int = 0) -> None:
    """Write the embedded sample: all of it, and its last four weeks as a CSV to score.

    Args:
        folder: where ``shifts.parquet`` and ``latest.csv`` go.
        seed: of :func:`generate`.
    """
    import pyarrow.csv as arrow_csv
    import pyarrow.parquet as pq

    table = generate(seed)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "shifts.parquet", compression="zstd")
    latest = table.slice(table.num_rows - 28 * 3 * len(LINES)).drop_columns(["disturbed"])
    at = latest.column_names.index("time")
    seconds = latest["time"].cast(pa.timestamp("s", tz="UTC"))
    arrow_csv.write_csv(latest.set_column(at, "time", seconds), folder / "latest.csv")
