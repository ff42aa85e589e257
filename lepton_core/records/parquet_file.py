"""Parquet: only the wanted columns are read, one row group's part after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lepton_core.records.source import TableSource, unreadable

_BUFFER_BYTES = 1 << 20


def open_parquet(path: Path) -> TableSource:
    """Open a Parquet file.

    Raises:
        DataError: ``data.unreadable``, also while reading.
    """
    try:
        # Through a buffer: otherwise a column of a whole row group would be held at once.
        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER_BYTES)
        names = tuple(file.schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, "Parquet", error) from error

    def read(columns: list[int], batch_rows: int) -> Iterator[pa.Table]:
        wanted = [names[column] for column in columns]
        try:
            with file:
                for batch in file.iter_batches(batch_rows, columns=wanted, use_threads=False):
                    yield pa.Table.from_batches([batch]).select(wanted)
        except (pa.ArrowException, OSError) as error:
            raise unreadable(path, "Parquet", error) from error

    return TableSource(names, file.metadata.num_rows, read)
