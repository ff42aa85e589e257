"""What is true of each cycle: how many were left until the machine failed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.series import step_numbers


def cycles_of(records: pa.Table, step_minutes: float) -> np.ndarray:
    """The count of cycles of each record, float64 [n], NaN where it tells neither cycle nor time.

    Args:
        records: checked records [n].
        step_minutes: how long a cycle is where only the time is told; then cycles count from 1970.

    Example:
        >>> time = pa.array([None, 7_200_000_000], pa.timestamp("us", tz="UTC"))
        >>> records = pa.table({"cycle": pa.array([5, None], pa.int64()), "time": time})
        >>> cycles_of(records, 60).tolist()
        [5.0, 2.0]
    """
    told = records.column("cycle").cast(pa.float64()).to_numpy(zero_copy_only=False)
    time = records.column("time")
    if not np.isnan(told).any() or time.null_count == len(time):
        return told
    steps = step_numbers(pc.fill_null(time, pa.scalar(0, time.type)), step_minutes)
    timed = np.where(pc.is_valid(time).to_numpy(zero_copy_only=False), steps, np.nan)
    return np.where(np.isnan(told), timed, told)


def unit_codes(records: pa.Table) -> tuple[np.ndarray, list[str]]:
    """The number of each record's unit int64 [n], and the units' names."""
    encoded = records.column("unit").combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


def remaining(records: pa.Table, step_minutes: float, cap: float) -> np.ndarray:
    """Cycles left at each record, float64 [n], NaN where nobody knows.

    A unit failed where a column ``rul`` says so: at its last record with one, plus that many. Else
    at its last record, unless ``running`` is true in one of them. Of a unit that is still running
    it is known that it had at least ``cap`` left at records that lie so far back.

    Args:
        records: checked records [n], in any order.
        step_minutes: see :func:`cycles_of`.
        cap: the longest remaining life that is told.

    Example:
        >>> records = pa.table({
        ...     "unit": ["a", "a", "b", "b"], "cycle": [1, 3, 1, 200],
        ...     "time": pa.nulls(4, pa.timestamp("us", tz="UTC")),
        ...     "rul": pa.nulls(4, pa.float64()), "running": [None, None, None, True]})
        >>> remaining(records, 60, cap=125).tolist()
        [2.0, 0.0, 199.0, nan]
    """
    cycle = cycles_of(records, step_minutes)
    codes, names = unit_codes(records)
    told = records.column("rul").to_numpy(zero_copy_only=False)
    runs = pc.fill_null(records.column("running"), False).to_numpy(zero_copy_only=False)
    last = _last(codes, cycle, len(names))
    fails = last.copy()
    fails[np.unique(codes[runs])] = np.nan
    known = np.isfinite(told) & np.isfinite(cycle)
    latest = _last(codes[known], cycle[known], len(names))
    tells = np.flatnonzero(known)[cycle[known] == latest[codes[known]]]
    fails[codes[tells]] = cycle[tells] + told[tells]
    at_least = last[codes] - cycle
    return np.where(
        np.isfinite(fails[codes]), fails[codes] - cycle, np.where(at_least >= cap, at_least, np.nan)
    )


def _last(codes: np.ndarray, cycle: np.ndarray, n: int) -> np.ndarray:
    """The latest cycle of each unit, float64 [n]."""
    last = np.full(n, -np.inf)
    there = np.isfinite(cycle)
    np.maximum.at(last, codes[there], cycle[there])
    return last
