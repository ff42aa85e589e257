"""Output parts: one file a commit, or one a partition and commit."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import UsageError
from lepton_core.scoring.sinks import Sink, make_sink

# The name that Hive, Spark and Arrow give to the partition of empty values.
_EMPTY = "__HIVE_DEFAULT_PARTITION__"
# A row group this long is read back fast and held in a few megabytes.
_GROUP_ROWS = 131_072


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
        self._held: list[pa.Table] = []
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """Append rows; they are written in groups."""
        self._held.append(table)
        self.rows += table.num_rows
        if sum(held.num_rows for held in self._held) >= _GROUP_ROWS:
            self._flush()

    def close(self, schema: pa.Schema | None = None) -> list[Path]:
        """Finish the files and return them.

        Args:
            schema: of a file to write even where there was no row; None then writes none.
        """
        self._flush()
        if schema is not None and not self._sinks:
            self._sink(self._folder / self._name, schema)
        for sink in self._sinks.values():
            sink.close()
        return list(self._sinks)

    def abort(self) -> None:
        """Close and remove the files of a part that will not count."""
        for path, sink in self._sinks.items():
            # A full disk refuses the footer too; the file goes anyway.
            with suppress(OSError, pa.ArrowException):
                sink.close()
            path.unlink(missing_ok=True)

    def _flush(self) -> None:
        if not self._held:
            return
        table = pa.concat_tables(self._held)
        self._held = []
        if not table.num_rows:
            return
        if not self._partition:
            self._sink(self._folder / self._name, table.schema).write(table)
            return
        column = table.column(self._partition)
        for value in pc.unique(column):
            same = pc.equal(column, value) if value.is_valid else pc.is_null(column)
            named = quote(str(value.as_py()), safe=" ") if value.is_valid else _EMPTY
            rows = table.filter(same).drop_columns([self._partition])
            place = self._folder / f"{self._partition}={named}" / self._name
            self._sink(place, rows.schema).write(rows)

    def _sink(self, path: Path, schema: pa.Schema) -> Sink:
        if path not in self._sinks:
            path.parent.mkdir(exist_ok=True)
            self._sinks[path] = make_sink(path, schema, **self._options)
        return self._sinks[path]


def check_partition(partition: str, columns: list[str]) -> None:
    """Refuse a partition column that is not written, or is all that is.

    Raises:
        UsageError: naming the columns there are.
    """
    if partition and (partition not in columns or len(columns) < 2):
        known = ", ".join(columns)
        raise UsageError("usage.partition", column=partition, known=known)
