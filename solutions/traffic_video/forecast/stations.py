"""What a record is of, and what it counted: a detector's rows, or those that counting writes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .task import PARTS

# What stands in ``flag`` of an interval that was seen as a whole.
_WHOLE = ("", "ok")


def stations(records: pa.Table) -> pa.Array:
    """The series of each record [n]: its station, with what it is split into.

    Args:
        records: checked records; columns of ``PARTS`` may be absent or empty.

    Example:
        >>> stations(pa.table({"station": ["gate", "a"], "direction": ["down", ""]})).to_pylist()
        ['gate/down', 'a']
    """
    parts = [records.column("station")]
    for name in PARTS:
        if name in records.column_names and records.column(name).null_count < records.num_rows:
            column = records.column(name)
            nothing = pc.equal(column, "")
            parts.append(pc.if_else(nothing, pa.scalar(None, pa.string()), column))
    joined = pc.binary_join_element_wise(*parts, "/", null_handling="skip")
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def counts(records: pa.Table) -> np.ndarray:
    """The count of each record, float64 [n]; NaN where only a part of the interval was watched.

    Such a count is too low: it says no more than that it is not known.

    Example:
        >>> counts(pa.table({"count": [4.0, 1.0], "flag": ["", "partly"]})).tolist()
        [4.0, nan]
    """
    values = records.column("count").to_numpy()
    return np.where(partly(records), np.nan, values)


def partly(records: pa.Table) -> np.ndarray:
    """Which records count only a part of their interval, as ``flag`` says, bool [n]."""
    if "flag" not in records.column_names:
        return np.zeros(records.num_rows, bool)
    flag = pc.fill_null(records.column("flag"), "")
    whole = pc.is_in(flag, pa.array(_WHOLE))
    return ~whole.to_numpy(zero_copy_only=False)
