"""Which sensors there are, and what training showed of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError

from .task import INPUTS


@dataclass(frozen=True)
class Sensor:
    """What training showed of one sensor.

    Args:
        name: its column.
        mean: of its values.
        std: their deviation, above 0.
        low: below this a value cannot be right: the smallest less the whole range.
        high: above this, likewise.
        longest_run: values in a row that were the same, at most, in nine of ten units.
    """

    name: str
    mean: float
    std: float
    low: float
    high: float
    longest_run: int = 0


def sensor_values(records: pa.Table, names: tuple[str, ...]) -> np.ndarray:
    """The sensors' values, float64 [n, S]; NaN where one is missing, or its whole column."""
    columns = [
        records.column(name).to_numpy() if name in records.column_names else None for name in names
    ]
    absent = np.full(records.num_rows, np.nan)
    return np.stack([absent if c is None else c for c in columns], axis=1).astype(np.float64)


def find_sensors(records: pa.Table, wanted: str) -> tuple[Sensor, ...]:
    """The sensors to learn from: those asked for, or all columns of numbers that vary.

    Args:
        records: checked training records [n].
        wanted: names of columns, separated by commas; empty for all that the Spec does not name.

    Returns:
        those that at least half of the records have, in order.

    Raises:
        DataError: ``defect_detection.maintenance.unknown_sensors`` and ``no_sensors``.

    Example:
        >>> table = pa.table({"heat": [20.0, 21.0, 25.0], "fixed": [1.0, 1.0, 1.0]})
        >>> [(sensor.name, sensor.low, sensor.high) for sensor in find_sensors(table, "")]
        [('heat', 15.0, 30.0)]
    """
    further = [name for name in records.column_names if name not in INPUTS]
    asked = [name.strip() for name in wanted.split(",") if name.strip()]
    unknown = [name for name in asked if name not in further]
    if unknown:
        known = ", ".join(further) or "-"
        key = "defect_detection.maintenance.unknown_sensors"
        raise DataError(key, names=", ".join(unknown), known=known)
    found = []
    for name in asked or further:
        values = records.column(name).to_numpy()
        there = values[np.isfinite(values)]
        if 2 * len(there) < len(values) or not len(there):
            continue
        mean, std = float(there.mean()), float(there.std())
        low, high = float(there.min()), float(there.max())
        # A constant leaves rounding behind.
        if std > 1e-9 * abs(mean) and high > low:
            span = high - low
            found.append(Sensor(name, mean, std, low - span, high + span))
    if not found:
        known = ", ".join(further) or "-"
        raise DataError("defect_detection.maintenance.no_sensors", n=records.num_rows, known=known)
    return tuple(found)
