"""Some rows of many records, pictures too, and tables small enough to be scored at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

# Pictures become arrays a hundred times the size of a plain row's.
_PICTURES_AT_ONCE = 64
_ROWS_AT_ONCE = 8192


def take_rows(records: pa.Table, rows: np.ndarray) -> pa.Table:
    """Some rows in the given order, also of tables that hold gigabytes of pictures.

    ``Table.take`` joins the chunks of such a column first, and what it joins may not pass 2 GB.

    Args:
        records: any table.
        rows: int64 [n], positions in it.

    Example:
        >>> take_rows(pa.table({"x": [5, 6, 7]}), np.array([2, 0]))["x"].to_pylist()
        [7, 5]
    """
    rows = np.asarray(rows, np.int64)
    if not _has_pictures(records) or not len(rows):
        return records.take(pa.array(rows))
    batches = records.to_batches()
    ends = np.cumsum([batch.num_rows for batch in batches])
    which = np.searchsorted(ends, rows, side="right")
    parts = []
    for places in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(which)) + 1):
        batch = batches[int(which[places[0]])]
        start = int(ends[which[places[0]]]) - batch.num_rows
        parts.append(batch.take(pa.array(rows[places] - start)))
    return pa.Table.from_batches(parts, records.schema)


def in_steps(records: pa.Table, rows: np.ndarray) -> Iterator[pa.Table]:
    """Some rows as tables that fit into memory as arrays, one after the other; at least one.

    Args:
        records: any table.
        rows: int64 [n], positions in it.
    """
    size = _PICTURES_AT_ONCE if _has_pictures(records) else _ROWS_AT_ONCE
    for start in range(0, max(len(rows), 1), size):
        yield take_rows(records, rows[start : start + size])


def _has_pictures(records: pa.Table) -> bool:
    return any(pa.types.is_struct(column.type) for column in records.schema)
