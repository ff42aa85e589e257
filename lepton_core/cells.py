"""Cells of a column as they come, text mostly, to values of the type that a Spec wants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.dates import read_time
from lepton_core.errors import DataError
from lepton_core.numbers import read_numbers
from lepton_core.spec import Column

_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_BOOLS = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}


def read_cells(
    raw: pa.ChunkedArray, column: Column, source: str, first_row: int, whole: bool
) -> tuple[pa.ChunkedArray, np.ndarray | None, np.ndarray]:
    """A column's cells in the type that its Spec wants.

    Args:
        raw: cells [n] as they were read.
        column: what they should be.
        source: where they came from, for messages.
        first_row: position of the first one in the input as a whole.
        whole: whether a column without one readable cell is an error of the input.

    Returns:
        the values [n], null where a cell is empty or cannot be read; bool [n], where one cannot be
        read, None where all can; bool [n], where that is because a number has two meanings.

    Raises:
        DataError: ``data.wrong_type``.
    """
    wanted = column.arrow_type()
    none = np.zeros(len(raw), bool)
    if raw.type == wanted:
        return raw, None, none
    if column.dtype == "frame" and not pa.types.is_null(raw.type):
        raise wrong_type(raw, column, source, first_row)
    if column.dtype == "image" and not _may_hold_images(raw.type):
        raise wrong_type(raw, column, source, first_row)
    try:
        if pa.types.is_dictionary(raw.type):
            raw = raw.cast(raw.type.value_type)
        return _cast(raw, wanted), None, none
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        pass
    if not (pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type)):
        # A length of time would pass as a number of unknown unit.
        if whole or pa.types.is_nested(raw.type) or pa.types.is_duration(raw.type):
            raise wrong_type(raw, column, source, first_row)
        try:
            raw = raw.cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise wrong_type(raw, column, source, first_row) from error
    texts = raw.to_pylist()
    missing = np.array([text is None or text.strip() == "" for text in texts], bool)
    read = [
        None if empty else _parse(text, column)
        for text, empty in zip(texts, missing.tolist(), strict=True)
    ]
    unreadable = np.array([value is None for value in read], bool) & ~missing
    ambiguous = none
    if column.dtype in ("int64", "float32", "float64") and unreadable.any():
        ambiguous = _read_written(texts, np.flatnonzero(unreadable), read, column.dtype)
        unreadable = np.array([value is None for value in read], bool) & ~missing
    if whole and unreadable.any() and ((unreadable & ~ambiguous) | missing).all():
        raise wrong_type(raw, column, source, first_row)
    return pa.chunked_array([pa.array(read, wanted)]), unreadable, ambiguous


def read_further(
    raw: pa.ChunkedArray, column: Column
) -> tuple[pa.ChunkedArray, np.ndarray | None, np.ndarray]:
    """The numbers of a column that the Spec does not name; what is none is an empty cell.

    Args:
        raw: cells [n] as they were read.
        column: one of numbers, from :meth:`~lepton_core.spec.Spec.over`.

    Returns:
        as :func:`read_cells`, with no cell told as unreadable: nobody promised numbers.
    """
    try:
        values, _, _ = read_cells(raw, column, "", 0, whole=False)
    except DataError:  # lists, pictures, lengths of time: none of it is a number
        values = pa.chunked_array([pa.nulls(len(raw), column.arrow_type())])
    sound = pc.is_finite(values)
    if not pc.all(sound).as_py():
        values = pc.if_else(pc.fill_null(sound, False), values, pa.scalar(None, values.type))
    return values, None, np.zeros(len(raw), bool)


def _read_written(texts: list[Any], rows: np.ndarray, read: list[Any], dtype: str) -> np.ndarray:
    """Fill in the numbers at ``rows`` that people wrote; bool [n], where one has two meanings."""
    values, unsure = read_numbers(pa.array([texts[row] for row in rows], pa.string()))
    for row, value in zip(rows.tolist(), values.to_pylist(), strict=True):
        if dtype != "int64":
            read[row] = value
        # Beyond 2**53 a double does not hold every whole number.
        elif value is not None and value.is_integer() and abs(value) < 2**53:
            read[row] = int(value)
    ambiguous = np.zeros(len(texts), bool)
    ambiguous[rows[unsure]] = True
    return ambiguous


def plain(scalar: pa.Scalar) -> Any:
    """A value as messages tell it."""
    # Timestamps go through text: as Python objects they would load pandas where it is installed.
    if pa.types.is_timestamp(scalar.type):
        return str(scalar.cast(pa.string()))
    value = scalar.as_py()
    return repr(value) if isinstance(value, float) and not np.isfinite(value) else value


def _may_hold_images(kind: pa.DataType) -> bool:
    has_bytes = pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0
    return has_bytes or pa.types.is_null(kind)


def wrong_type(raw: pa.ChunkedArray, column: Column, source: str, first_row: int) -> DataError:
    """The error for a column of which no cell can be read; arguments as in :func:`read_cells`."""
    return DataError(
        "data.wrong_type",
        source=source,
        column=column.name,
        expected="0/1" if _is_yes_or_no(column) else column.dtype,
        received=str(raw.type),
        examples=", ".join(_example(raw[row]) for row in range(min(3, len(raw)))),
        row=first_row,
        last=first_row + max(len(raw) - 1, 0),
    )


def _example(scalar: pa.Scalar) -> str:
    """A value of any type as a short text."""
    if "binary" in str(scalar.type):
        return "<binary>"
    text = str(plain(scalar))
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


def _is_yes_or_no(column: Column) -> bool:
    """Whether its numbers are 0 and 1 alone, as labels are."""
    return column.dtype == "int64" and (column.low, column.high) == (0, 1)


def _parse(text: str, column: Column) -> Any:
    text, dtype = text.strip(), column.dtype
    try:
        if dtype == "timestamp":
            return read_time(text)
        if _is_yes_or_no(column) and text.lower() in _BOOLS:
            return int(_BOOLS[text.lower()])
        if dtype == "int64":
            number = int(text)
            return number if -(2**63) <= number < 2**63 else None
        if dtype in ("float32", "float64"):
            return float(text)
        if dtype == "bool":
            return _BOOLS[text.lower()]
    except (ValueError, KeyError, OverflowError):
        return None
    return text
