"""CSV: every cell as text, so that a column's type never depends on its first block."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from lepton_core.errors import DataError
from lepton_core.records.source import TableSource, one_line, unreadable

# Arrow reads up to 32 blocks ahead, and a row must fit in one.
_BLOCK_BYTES = 1 << 19
_DELIMITERS = ",;\t|"


def open_csv(path: Path) -> TableSource:
    """Open a CSV file with a header line, plain or gzipped.

    Comma, semicolon, tab and bar are told apart by the header. A byte-order mark is skipped. An
    empty cell is a null. Typed reading is no faster than text and a cast afterwards (measured), and
    a bad cell far down would break it.

    Raises:
        DataError: ``data.not_utf8`` or ``data.unreadable``.
    """
    header, delimiter, n_lines = _header(path)

    def read(columns: list[int], batch_rows: int) -> Iterator[pa.Table]:
        return _read(path, header, columns, delimiter, n_lines, batch_rows)

    return TableSource(tuple(header), None, read)


def _open_text(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _header(path: Path) -> tuple[list[str], str, int]:
    """Column names, the delimiter, and the number of lines down to the end of the header."""
    try:
        with _open_text(path) as file:
            first = file.readline()
            delimiter = max(_DELIMITERS, key=first.count)
            file.seek(0)
            lines = csv.reader(file, delimiter=delimiter)
            for cells in lines:
                if cells:
                    return [cell.strip() for cell in cells], delimiter, lines.line_num
    except UnicodeDecodeError as error:
        raise DataError("data.not_utf8", source=path) from error
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise unreadable(path, "CSV", error) from error
    return [], ",", 0


def _read(
    path: Path,
    header: list[str],
    columns: list[int],
    delimiter: str,
    n_lines: int,
    batch_rows: int,
) -> Iterator[pa.Table]:
    # Columns go by position while reading: names may repeat.
    positions = [str(position) for position in range(len(header))]
    wanted = [positions[column] for column in columns]
    names = [header[column] for column in columns]
    text = pa.string()
    try:
        with arrow_csv.open_csv(
            path,
            # Unthreaded, it names the row of a fault; threads save no time here.
            arrow_csv.ReadOptions(
                use_threads=False,
                block_size=_BLOCK_BYTES,
                column_names=positions,
                skip_rows=n_lines,
            ),
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            arrow_csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, text),
                null_values=[""],
                strings_can_be_null=True,
            ),
        ) as reader:
            held: list[pa.RecordBatch] = []
            n_held = 0
            for batch in reader:
                held.append(batch)
                n_held += batch.num_rows
                while n_held >= batch_rows:
                    table = pa.Table.from_batches(held).rename_columns(names)
                    yield table.slice(0, batch_rows)
                    rest = pa.Table.from_batches(held).slice(batch_rows)
                    held, n_held = rest.to_batches(), rest.num_rows
            if n_held:
                yield pa.Table.from_batches(held).rename_columns(names)
    except pa.ArrowInvalid as error:
        raise _fault(path, error) from error
    except (OSError, EOFError) as error:
        raise unreadable(path, "CSV", error) from error


def _fault(path: Path, error: pa.ArrowInvalid) -> DataError:
    reason = str(error)
    if "invalid UTF8" in reason:
        return DataError("data.not_utf8", source=path)
    cells = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", reason)
    if cells:
        row, expected, received = cells.groups()
        return DataError("data.csv_row", source=path, row=row, expected=expected, received=received)
    return unreadable(path, "CSV", one_line(reason))
