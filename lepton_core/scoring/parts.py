"""Output parts: one file a commit, or one a partition and commit."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import UsageError
from lepton_core.scoring.folder import sync
from lepton_core.scoring.sinks import Sink, make_sink

# The name that Hive, Spark and Arrow give to the partition of empty values.
_EMPTY = "__HIVE_DEFAULT_PARTITION__"
# A row group this long is read back fast and held in a few megabytes.
_GROUP_ROWS = 65_536
# Each is an open file, of which a process may have about a thousand, and a row group in memory.
_MOST_PARTITIONS = 500


class PartWriter:
    """Writes one part, in order; its files do not count before the journal's commit.

    Args:
        folder: the run's folder.
        stem: what the files' names begin with.
        suffix: ``.parquet``, ``.csv``, ``.jsonl``, or one of the last two with ``.gz``.
        compression: of Parquet files.
        partition: column whose values make folders ``column=value``; empty for none.
        header: whether a CSV file begins with the column names.
    """

    def __init__(
        self,
        folder: Path,
        stem: str,
        suffix: str,
        compression: str = "zstd",
        partition: str = "",
        header: bool = True,
    ) -> None:
        self._folder, self._name = folder, stem + suffix
        self._options: dict[str, Any] = {"compression": compression, "header": header}
        self._partition = partition
        self._sinks: dict[Path, Sink] = {}
        self._rows: dict[Path, int] = {}
        self._held: list[pa.Table] = []
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """Append rows; they are written in groups.

        Raises:
            UsageError: there are too many partitions.
        """
        self._held.append(table)
        self.rows += table.num_rows
        if sum(held.num_rows for held in self._held) >= _GROUP_ROWS:
            self._flush()

    def close(self, schema: pa.Schema | None = None) -> dict[Path, int]:
        """Finish the files and return them with their rows.

        Args:
            schema: of a file to write even where there was no row; None then writes none.
        """
        self._flush()
        if schema is not None and not self._sinks:
            self._sink(self._folder / self._name, schema)
        for path, sink in self._sinks.items():
            sink.close()
            sync(path)
        return self._rows

    def abort(self) -> None:
        """Close the files of a part that will not count; the journal removes them."""
        for sink in self._sinks.values():
            # A full disk refuses the footer too; the file goes anyway.
            with suppress(OSError, ValueError, pa.ArrowException):
                sink.close()

    def _flush(self) -> None:
        if not self._held:
            return
        table = pa.concat_tables(self._held)
        self._held = []
        if not table.num_rows:
            return
        if not self._partition:
            self._append(self._folder / self._name, table)
            return
        column = table.column(self._partition).combine_chunks()
        # By number and not by comparison: NaN equals nothing, itself included.
        encoded = pc.dictionary_encode(column, null_encoding="encode")
        numbers = encoded.indices.to_numpy()
        table = table.drop_columns([self._partition])
        for number, value in enumerate(encoded.dictionary):
            place = self._folder / _partition_name(self._partition, value) / self._name
            self._append(place, table.take(np.flatnonzero(numbers == number)))

    def _append(self, path: Path, rows: pa.Table) -> None:
        self._sink(path, rows.schema).write(rows)
        self._rows[path] += rows.num_rows

    def _sink(self, path: Path, schema: pa.Schema) -> Sink:
        if path not in self._sinks:
            if len(self._sinks) >= _MOST_PARTITIONS:
                raise UsageError(
                    "usage.partition_many", column=self._partition, most=_MOST_PARTITIONS
                )
            path.parent.mkdir(exist_ok=True)
            self._sinks[path] = make_sink(path, schema, **self._options)
            self._rows[path] = 0
        return self._sinks[path]


def _partition_name(column: str, value: pa.Scalar) -> str:
    """The folder of a value, in the way that Hive writes it and Arrow and Spark read it."""
    named = quote(str(value.as_py()), safe=" ") if value.is_valid else ""
    # Hive has no way to write an empty text: it reads it as no value.
    return f"{quote(column, safe=' ')}={named or _EMPTY}"


def check_partition(partition: str, columns: list[str]) -> None:
    """Refuse a partition column that is not written, or is all that is.

    Raises:
        UsageError: naming the columns there are.
    """
    if partition and (partition not in columns or len(columns) < 2):
        known = ", ".join(columns)
        raise UsageError("usage.partition", column=partition, known=known)
