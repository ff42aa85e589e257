"""Where predictions go: a file that appears whole or not at all."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from lepton_core.box_cells import BOXES, TRACKS, box_lists, flat_boxes, plain_tracks
from lepton_core.errors import DataError, UsageError
from lepton_core.list_cells import flat_lists, is_plain_list, plain_lists

SINK_SUFFIXES = (".parquet", ".csv", ".jsonl")
_PACKED = (".csv.gz", ".jsonl.gz")


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
    if sink_suffix(path) is None:
        raise UsageError("usage.out_suffix", out=path, known=" ".join(SINK_SUFFIXES))
    if not path.parent.is_dir():
        raise UsageError("usage.out_folder", out=path, folder=path.parent)
    if path.is_dir():
        raise UsageError("usage.out_is_folder", out=path, known=" ".join(SINK_SUFFIXES))
    if path.exists() and not overwrite:
        raise UsageError("usage.out_exists", out=path)
    work = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        sink = make_sink(work, schema, suffix=sink_suffix(path))
        try:
            yield sink
        finally:
            sink.close()
        os.replace(work, path)
    except OSError as error:
        raise DataError("data.cannot_write", out=path, reason=error) from error
    finally:
        work.unlink(missing_ok=True)


def sink_suffix(path: Path) -> str | None:
    """The ending by which a file's format is chosen; None for an unknown one."""
    name = path.name.lower()
    return next((s for s in (*SINK_SUFFIXES, *_PACKED) if name.endswith(s)), None)


def make_sink(
    path: Path,
    schema: pa.Schema,
    suffix: str | None = None,
    compression: str = "zstd",
    header: bool = True,
) -> Sink:
    """A sink that writes straight to ``path``.

    Args:
        path: the file.
        schema: of every table written.
        suffix: the format, where the path's own ending does not tell.
        compression: of Parquet: ``zstd``, ``snappy``, ``lz4``, ``gzip``, ``brotli`` or ``none``.
        header: whether CSV begins with the column names.
    """
    suffix = suffix or sink_suffix(path) or ""
    if suffix == ".parquet":
        return _Parquet(path, schema, compression)
    if suffix.startswith(".csv"):
        return _Csv(path, schema, suffix.endswith(".gz"), header)
    return _JsonLines(path, suffix.endswith(".gz"))


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema, compression: str) -> None:
        # Ids are all different: a dictionary of them would be built and thrown away.
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        repeated = [name for name in texts if name != "record_id"]
        self._writer = pq.ParquetWriter(
            path, schema, compression=compression, use_dictionary=repeated or False
        )

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def close(self) -> None:
        self._writer.close()


def _is_json(kind: pa.DataType) -> bool:
    """Whether CSV holds a column as JSON text."""
    return kind in (BOXES, TRACKS) or is_plain_list(kind)


class _Csv:
    def __init__(self, path: Path, schema: pa.Schema, packed: bool, header: bool) -> None:
        from pyarrow import csv

        self._file = pa.output_stream(str(path), compression="gzip" if packed else None)
        options = csv.WriteOptions(include_header=header)
        flat = pa.schema([(f.name, pa.string() if _is_json(f.type) else f.type) for f in schema])
        self._writer = csv.CSVWriter(self._file, flat, write_options=options)

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(flat_lists(flat_boxes(table)))

    def close(self) -> None:
        self._writer.close()
        self._file.close()


def _without_nan(table: pa.Table) -> pa.Table:
    """JSON has no NaN and no infinity: they become null."""
    import pyarrow.compute as pc

    for position, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            values = table.column(position)
            known = pc.fill_null(pc.is_finite(values), True)
            if not pc.all(known, min_count=0).as_py():
                kept = pc.if_else(known, values, pa.scalar(None, field.type))
                table = table.set_column(position, field, kept)
    return table


class _JsonLines:
    def __init__(self, path: Path, packed: bool) -> None:
        opener: Callable[..., IO[str]] = gzip.open if packed else open
        self._file = opener(path, "wt", encoding="utf-8")

    def write(self, table: pa.Table) -> None:
        boxes = {f.name: box_lists(table[f.name]) for f in table.schema if f.type == BOXES}
        boxes |= {f.name: plain_tracks(table[f.name]) for f in table.schema if f.type == TRACKS}
        boxes |= {f.name: plain_lists(table[f.name]) for f in table.schema if is_plain_list(f.type)}
        for place, row in enumerate(_without_nan(table).to_pylist()):
            row |= {name: values[place] for name, values in boxes.items()}
            self._file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")

    def close(self) -> None:
        self._file.close()
