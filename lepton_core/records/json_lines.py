"""JSON lines: one object a line."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.json as arrow_json

from lepton_core.errors import DataError
from lepton_core.records.source import TableSource, one_line, unreadable

_LINES_FOR_NAMES = 1000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Line = tuple[int, bytes]


def open_json_lines(path: Path) -> TableSource:
    """Open a file of JSON lines, plain or gzipped; its columns are the keys of the first lines.

    A batch's number columns keep their type. Where a column mixes types, the batch comes as text,
    and a bad cell is then one refused record.

    Raises:
        DataError: ``data.json_line`` or ``data.unreadable``, also while reading.
    """
    first = next(_blocks(path, _LINES_FOR_NAMES), [])
    names = tuple(dict.fromkeys(name for line in first for name in _object(path, line)))

    def read(columns: list[int], batch_rows: int) -> Iterator[pa.Table]:
        wanted = [names[column] for column in columns]
        for lines in _blocks(path, batch_rows):
            yield _table(path, lines, wanted)

    return TableSource(names, None, read)


def _blocks(path: Path, rows: int) -> Iterator[list[Line]]:
    """The lines that are not blank, so many at a time."""
    try:
        with _open_bytes(path) as file:
            numbered = ((n, line) for n, line in enumerate(file, 1) if line.strip())
            while block := list(islice(numbered, rows)):
                if block[0][0] == 1:
                    block[0] = (1, block[0][1].removeprefix(_BYTE_ORDER_MARK))
                yield block
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, "JSON lines", error) from error


def _open_bytes(path: Path) -> gzip.GzipFile | IO[bytes]:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _object(path: Path, line: Line) -> dict[str, Any]:
    row, text = line
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError("data.json_line", source=path, row=row, reason=one_line(error)) from error
    if not isinstance(value, dict):
        reason = f"it holds {type(value).__name__}"
        raise DataError("data.json_line", source=path, row=row, reason=reason)
    return value


def _table(path: Path, lines: list[Line], wanted: list[str]) -> pa.Table:
    first = _object(path, lines[0])
    # Told that it is text, Arrow does not take "2026-01-01" for a time, which is refused below.
    texts = [(name, pa.string()) for name in wanted if isinstance(first.get(name), str)]
    data = b"".join(line for _, line in lines)
    try:
        table = arrow_json.read_json(
            io.BytesIO(data),
            arrow_json.ReadOptions(use_threads=False, block_size=len(data) + 1),
            arrow_json.ParseOptions(explicit_schema=pa.schema(texts)),
        )
        if table.num_rows == len(lines) and set(wanted) <= set(table.column_names):
            table = table.select(wanted)
            if all(_is_plain(field.type) for field in table.schema):
                return table
    except pa.ArrowInvalid:
        pass
    objects = [_object(path, line) for line in lines]
    columns = [pa.array([text_of(o.get(name)) for o in objects], pa.string()) for name in wanted]
    return pa.table(columns, names=wanted)


def _is_plain(kind: pa.DataType) -> bool:
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    is_empty = pa.types.is_null(kind)
    return is_number or is_empty or pa.types.is_string(kind) or pa.types.is_boolean(kind)


def text_of(value: Any) -> str | None:
    """A JSON value as the text of a cell; None stays None."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
