"""What is true of each record: the counts of its station at the times ahead."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.series import first_on_step, step_numbers, values_ahead

from .config import DataConfig
from .preprocessing import steps_ahead
from .stations import counts, stations

TRUTH, ROWS = "truth_", "rows_"


def with_truths(records: pa.Table, config: DataConfig) -> pa.Table:
    """The records with a column ``truth_5``, ``truth_15``... for each time ahead.

    Args:
        records: checked records [n].
        config: how they are read.

    Returns:
        the same rows; float64, NaN where the station has no count then. Of two records of a station
        on one interval the second has no truth: scoring refuses it.
    """
    told = [name for name in records.column_names if name.startswith((TRUTH, ROWS))]
    records = records.drop_columns(told)
    steps = step_numbers(records.column("time"), config.step_minutes)
    station, values = stations(records), counts(records)
    first = first_on_step(station, steps)
    for minutes, ahead in zip(config.ahead_minutes, steps_ahead(config), strict=True):
        later = np.where(first, values_ahead(station, steps, values, int(ahead)), np.nan)
        records = records.append_column(f"{TRUTH}{minutes:g}", pa.array(later))
    return records


def truths(records: pa.Table, config: DataConfig) -> np.ndarray:
    """The columns of :func:`with_truths` as float64 [n, times]."""
    names = [f"{TRUTH}{minutes:g}" for minutes in config.ahead_minutes]
    return np.stack([records.column(name).to_numpy() for name in names], axis=1)


def told(records: pa.Table, prefix: str = TRUTH) -> tuple[tuple[str, ...], np.ndarray]:
    """The times ahead that records know something of, and what, float64 [n, times].

    Args:
        records: with columns ``prefix`` and minutes.
        prefix: ``TRUTH``, or ``ROWS`` for the truths of a published protocol.
    """
    names = [name for name in records.column_names if name.startswith(prefix)]
    columns = [records.column(name).to_numpy() for name in names]
    values = np.stack(columns, axis=1) if names else np.zeros((records.num_rows, 0))
    return tuple(name.removeprefix(prefix) for name in names), values
