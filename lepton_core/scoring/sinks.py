"""Where predictions go: a file that appears whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from lepton_core.errors import DataError, UsageError

SINK_SUFFIXES = (".parquet", ".csv", ".jsonl")


class Sink(Protocol):
    """Takes tables of one schema, in order."""

    def write(self, table: pa.Table) -> None:
        """Append rows."""

    def close(self) -> None:
        """Finish the file."""


@contextmanager
def open_sink(path: Path, schema: pa.Schema, overwrite: bool = False) -> Iterator[Sink]:
    """A sink whose file stands at ``path`` only when the block ends without an error.

    Args:
        path: ends in one of ``SINK_SUFFIXES``.
        schema: of every table written.
        overwrite: whether an older file may be replaced.

    Raises:
        UsageError: an unknown ending, a folder that does not exist, or a file that does.
        DataError: the disk is full or refuses.
    """
    kinds: dict[str, Callable[[Path, pa.Schema], Sink]] = {
        ".parquet": _Parquet,
        ".csv": _Csv,
        ".jsonl": _JsonLines,
    }
    make = kinds.get(path.suffix.lower())
    if make is None:
        raise UsageError("usage.out_suffix", out=path, known=" ".join(SINK_SUFFIXES))
    if not path.parent.is_dir():
        raise UsageError("usage.out_folder", out=path, folder=path.parent)
    if path.is_dir():
        raise UsageError("usage.out_is_folder", out=path, known=" ".join(SINK_SUFFIXES))
    if path.exists() and not overwrite:
        raise UsageError("usage.out_exists", out=path)
    work = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        sink = make(work, schema)
        try:
            yield sink
        finally:
            sink.close()
        os.replace(work, path)
    except OSError as error:
        raise DataError("data.cannot_write", out=path, reason=error) from error
    finally:
        work.unlink(missing_ok=True)


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def close(self) -> None:
        self._writer.close()


class _Csv:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        from pyarrow import csv

        self._writer = csv.CSVWriter(path, schema)

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def close(self) -> None:
        self._writer.close()


class _JsonLines:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("w", encoding="utf-8")

    def write(self, table: pa.Table) -> None:
        for row in table.to_pylist():
            self._file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")

    def close(self) -> None:
        self._file.close()
