"""Checks a table of records against a Spec: right types and values in, reasons for the rest.

A fault of the table as a whole (a column missing, or no value of it readable) is an error. A fault
of single records refuses those records and lets the others through.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.rejects import Rejects
from lepton_core.spec import Column, Spec


@dataclass(frozen=True)
class Checked:
    """Records that passed, in input order, and those that did not.

    Args:
        table: the passed records in the Spec's columns, order and types.
        rows: int64 [n], where each passed record stood in the input.
        rejects: the refused ones.
    """

    table: pa.Table
    rows: np.ndarray
    rejects: Rejects


def check(
    table: pa.Table, spec: Spec, source: str = "input", first_row: int = 0, whole: bool = True
) -> Checked:
    """Check ``table`` against ``spec``.

    Args:
        table: records with at least the required columns; others are dropped.
        spec: what the task takes.
        source: where the records came from, for messages.
        first_row: position of the first record in the input as a whole.
        whole: whether the table stands for its whole input, so that a column without one readable
            value is a fault of the column; in a stream's small batches it is one of the records.

    Returns:
        the passed records and the refused ones with every fault of each.

    Raises:
        DataError: a required column is missing, or a column has no readable value at all.
    """
    spec.require(table.column_names, source)
    if not any(column.dtype == "image" for column in spec):
        # Not so pictures: their bytes would be copied, and more than 2 GB fit in no single chunk.
        table = table.combine_chunks()
    faults: list[tuple[np.ndarray, str, dict[str, Any], pa.ChunkedArray | None]] = []
    columns: list[pa.ChunkedArray | pa.Array] = []
    for column in spec:
        if column.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, column.arrow_type()))
            continue
        raw = table.column(column.name)
        values, unreadable = _read(raw, column, source, first_row, whole)
        columns.append(values)
        named = {"column": column.name}
        if unreadable is not None:
            faults.append((unreadable, "type", {**named, "expected": column.dtype}, raw))
        told = _paths(values) if column.dtype == "image" else values
        for mask, key, values_of in _faults(values, unreadable, column):
            faults.append((mask, key, {**named, **values_of}, told))
    checked = pa.table(columns, schema=spec.arrow_schema())
    return _split(checked, spec, faults, first_row)


def _split(table: pa.Table, spec: Spec, faults: list[tuple[Any, ...]], first_row: int) -> Checked:
    rejects = Rejects()
    bad = np.zeros(table.num_rows, bool)
    for mask, key, values, received in faults:
        if not mask.any():
            continue
        bad |= mask
        rows = np.flatnonzero(mask)
        ids = _ids(table, spec, rows)
        for row, record_id in zip(rows.tolist(), ids, strict=True):
            came = {} if key == "null" else {"received": _plain(received[row])}
            rejects.add(first_row + row, record_id, key, **values, **came)
    good = np.flatnonzero(~bad)
    if len(good) == table.num_rows:
        kept = table
    elif any(column.dtype == "image" for column in spec):
        # Chunk by chunk, where taking rows would join them first.
        kept = table.filter(pa.array(~bad))
    else:
        kept = table.take(good)
    return Checked(kept, good + first_row, rejects)


def _ids(table: pa.Table, spec: Spec, rows: np.ndarray) -> list[str | None]:
    id_columns = spec.of_role("id")
    if not id_columns:
        return [None] * len(rows)
    return table.column(id_columns[0].name).take(pa.array(rows)).to_pylist()


def _plain(scalar: pa.Scalar) -> Any:
    # Timestamps go through text: as Python objects they would load pandas where it is installed.
    if pa.types.is_timestamp(scalar.type):
        return str(scalar.cast(pa.string()))
    value = scalar.as_py()
    return repr(value) if isinstance(value, float) and not np.isfinite(value) else value


def _faults(
    values: pa.ChunkedArray, unreadable: np.ndarray | None, column: Column
) -> list[tuple[np.ndarray, str, dict[str, Any]]]:
    found: list[tuple[np.ndarray, str, dict[str, Any]]] = []
    if _is_sound(values, column):
        return found
    if column.dtype == "image":
        n_bytes = pc.binary_length(pc.struct_field(values, "bytes"))
        empty = _mask(pc.equal(pc.fill_null(n_bytes, 0), 0))
        # A picture that nobody promised may be absent, but not broken.
        there = True if column.required else _mask(pc.is_valid(values))
        return [(empty & there, "unreadable_image", {})]
    if column.required and values.null_count:
        empty = _mask(pc.is_null(values))
        found.append((empty if unreadable is None else empty & ~unreadable, "null", {}))
    if column.dtype in ("float32", "float64"):
        found.append((_mask(pc.invert(pc.is_finite(values))), "not_finite", {}))
    finite = pc.is_finite(values) if column.dtype in ("float32", "float64", "int64") else None
    if column.low is not None:
        low = _mask(pc.and_(finite, pc.less(values, column.low)))
        found.append((low, "below", {"low": column.low}))
    if column.high is not None:
        high = _mask(pc.and_(finite, pc.greater(values, column.high)))
        found.append((high, "above", {"high": column.high}))
    if column.choices:
        allowed = pc.is_in(values, pa.array(column.choices, pa.string()))
        strange = _mask(pc.and_(pc.is_valid(values), pc.invert(allowed)))
        found.append((strange, "choice", {"choices": ", ".join(column.choices)}))
    if column.dtype == "string" and column.required:
        blank = pc.equal(pc.utf8_trim_whitespace(values), "")
        found.append((_mask(blank), "null", {}))
    return found


def _is_sound(values: pa.ChunkedArray, column: Column) -> bool:
    """Whether a column has no fault, told from its extremes: most batches need no more."""
    if (column.required and values.null_count) or column.dtype == "image":
        return False
    if column.choices:
        there = values.drop_null() if values.null_count else values
        allowed = pc.is_in(there, pa.array(column.choices, pa.string()))
        # Among the choices nothing is blank.
        return bool(pc.all(allowed, min_count=0).as_py()) and "" not in column.choices
    if column.dtype == "string":
        if not column.required:
            return True
        shortest = pc.min_max(pc.binary_length(values))["min"].as_py()
        return shortest != 0 and not pc.any(pc.utf8_is_space(values)).as_py()
    if column.dtype in ("bool", "timestamp"):
        return True
    there = values.drop_null() if values.null_count else values
    if not len(there):
        return True
    numbers = there.to_numpy()
    # A NaN comes through both, and fails every comparison.
    least, greatest = numbers.min(), numbers.max()
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    finite = bool(np.isfinite(least)) and bool(np.isfinite(greatest))
    return finite and bool(low <= least) and bool(greatest <= high)


def _paths(values: pa.ChunkedArray) -> pa.ChunkedArray:  # told in place of the pictures' bytes
    return pc.fill_null(pc.struct_field(values, "path"), "-")


def _mask(values: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.fill_null(values, False).to_numpy(), bool)


def _read(
    raw: pa.ChunkedArray, column: Column, source: str, first_row: int, whole: bool
) -> tuple[pa.ChunkedArray, np.ndarray | None]:
    """Cast a column; where single cells cannot be read, they become null and are marked."""
    wanted = column.arrow_type()
    if raw.type == wanted:
        return raw, None
    if column.dtype == "image" and not _may_hold_images(raw.type):
        raise _wrong_type(raw, column, source, first_row)
    try:
        if pa.types.is_dictionary(raw.type):
            raw = raw.cast(raw.type.value_type)
        return _cast(raw, wanted), None
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        pass
    if not (pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type)):
        # A length of time would pass as a number of unknown unit.
        if whole or pa.types.is_nested(raw.type) or pa.types.is_duration(raw.type):
            raise _wrong_type(raw, column, source, first_row)
        try:
            raw = raw.cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise _wrong_type(raw, column, source, first_row) from error
    texts = raw.to_pylist()
    read = [None if text is None or text == "" else _parse(text, column.dtype) for text in texts]
    missing = [text is None or text.strip() == "" for text in texts]
    unreadable = np.array([value is None for value in read]) & ~np.array(missing, bool)
    if whole and unreadable.sum() + sum(missing) == len(texts) and unreadable.any():
        raise _wrong_type(raw, column, source, first_row)
    return pa.chunked_array([pa.array(read, wanted)]), unreadable


def _may_hold_images(kind: pa.DataType) -> bool:
    has_bytes = pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0
    return has_bytes or pa.types.is_null(kind)


def _wrong_type(raw: pa.ChunkedArray, column: Column, source: str, first_row: int) -> DataError:
    return DataError(
        "data.wrong_type",
        source=source,
        column=column.name,
        expected=column.dtype,
        received=str(raw.type),
        examples=", ".join(_example(raw[row]) for row in range(min(3, len(raw)))),
        row=first_row,
        last=first_row + max(len(raw) - 1, 0),
    )


def _example(scalar: pa.Scalar) -> str:
    """A value of any type as a short text."""
    if "binary" in str(scalar.type):
        return "<binary>"
    text = str(_plain(scalar))
    return text if len(text) <= 60 else text[:57] + "..."


def _cast(raw: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_null(raw.type):
        return raw.cast(wanted)
    if pa.types.is_string(wanted) and pa.types.is_floating(raw.type):
        # A whole-number id column with a gap arrives as floats; 596.0 is the id 596.
        return raw.cast(pa.int64()).cast(wanted)
    if pa.types.is_timestamp(wanted):
        if pa.types.is_integer(raw.type) or pa.types.is_floating(raw.type):
            raise pa.ArrowTypeError("a number is no time")
        if pa.types.is_timestamp(raw.type):
            # Naive times are taken as UTC; anything finer than a microsecond is cut off.
            naive = raw if raw.type.tz else raw.cast(pa.timestamp(raw.type.unit, tz="UTC"))
            return naive.cast(wanted, safe=False)
        try:
            # Text without a zone, which the cast below would refuse.
            return raw.cast(pa.timestamp("us")).cast(wanted)
        except pa.ArrowInvalid:
            pass
    return raw.cast(wanted)


def _parse(text: str, dtype: str) -> Any:
    text = text.strip()
    try:
        if dtype == "timestamp":
            moment = datetime.fromisoformat(text)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if dtype == "int64":
            number = int(text)
            return number if -(2**63) <= number < 2**63 else None
        if dtype in ("float32", "float64"):
            return float(text)
        if dtype == "bool":
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
    except (ValueError, KeyError, OverflowError):
        return None
    return text
