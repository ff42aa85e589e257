"""Checks a table of records against a Spec: right types and values in, reasons for the rest.

A fault of the table as a whole (a column missing, or no value of it readable) is an error. A fault
of single records refuses those records and lets the others through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.box_cells import read_boxes
from lepton_core.box_faults import outside_faults
from lepton_core.cells import plain, read_cells, read_further
from lepton_core.errors import DataError
from lepton_core.frames import frame_faults, frame_sizes
from lepton_core.list_cells import read_lists
from lepton_core.rejects import Rejects
from lepton_core.spec import Column, Spec

_EXAMPLES = {
    "timestamp": "2026-01-31 16:05:00Z",
    "float32": "1234.5",
    "float64": "1234.5",
    "int64": "12",
    "bool": "true",
    "image": "JPEG or PNG",
}


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
        table: records with at least the required columns; others are dropped, unless the Spec takes
            further ones.
        spec: what the task takes; NaN in a column that is not required is a missing value.
        source: where the records came from, for messages.
        first_row: position of the first record in the input as a whole.
        whole: whether the table stands for its whole input, so that a column without one readable
            value is a fault of the column; in a stream's small batches it is one of the records.

    Returns:
        the passed records and the refused ones with every fault of each.

    Raises:
        DataError: it is no table, a required column is missing, or a column has no readable value
            at all.
    """
    if not isinstance(table, pa.Table):
        raise DataError("data.no_table", source=source, received=type(table).__name__)
    named_ones = spec.names
    table = with_ids(table, spec, source, first_row, whole)
    spec = spec.over(table.column_names)
    spec.require(table.column_names, source)
    if not any(column.is_picture for column in spec):
        # Not so pictures: their bytes would be copied, and more than 2 GB fit in no single chunk.
        table = table.combine_chunks()
    faults: list[tuple[np.ndarray, str, dict[str, Any], pa.ChunkedArray | None]] = []
    columns: list[pa.ChunkedArray | pa.Array] = []
    for column in spec:
        if column.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, column.arrow_type()))
            continue
        raw = table.column(column.name)
        if column.dtype == "boxes" or column.is_list:
            read = read_lists if column.is_list else read_boxes
            several, wrong = read(raw, column, source, first_row, whole)
            columns.append(several)
            named = {"column": column.name}
            faults += [(mask, key, {**named, **told}, came) for mask, key, told, came in wrong]
            if column.required and several.null_count:
                told_already = np.any([mask for mask, *_ in wrong], axis=0)
                faults.append((_mask(pc.is_null(several)) & ~told_already, "null", named, None))
            continue
        is_further = column.name not in named_ones
        values, unreadable, ambiguous = (
            read_further(raw, column)
            if is_further
            else read_cells(raw, column, source, first_row, whole)
        )
        if not column.required and pa.types.is_floating(values.type):
            values = _nan_is_missing(values)
        columns.append(values)
        named = {"column": column.name}
        if unreadable is not None:
            example = _EXAMPLES.get(column.dtype, column.dtype)
            kind = {**named, "expected": column.dtype, "example": example}
            faults.append((unreadable & ~ambiguous, "type", kind, raw))
            faults.append((ambiguous, "ambiguous", named, raw))
        told = _told(values, column)
        for mask, key, values_of in _faults(values, unreadable, column):
            faults.append((mask, key, {**named, **values_of}, told))
    faults += _outside(spec, columns)
    checked = pa.table(columns, schema=spec.arrow_schema())
    return _split(checked, spec, faults, first_row)


def with_ids(
    table: pa.Table, spec: Spec, source: str = "input", first_row: int = 0, whole: bool = True
) -> pa.Table:
    """The records with the ids that their Spec makes of other columns, each where it has none.

    Arguments and errors are those of :func:`check`.

    Example:
        >>> spec = Spec((Column("record_id", "string", "id", made_of=("unit", "cycle")),))
        >>> with_ids(pa.table({"unit": ["a"], "cycle": [7]}), spec)["record_id"].to_pylist()
        ['a/7']
    """
    for column in spec.of_role("id"):
        parts = [name for name in column.made_of if name in table.column_names]
        at = table.column_names.index(column.name) if column.name in table.column_names else -1
        if not parts or (at >= 0 and not table.column(at).null_count):
            continue
        texts = [
            read_cells(table[name], Column(name, "string"), source, first_row, whole)[0]
            for name in (*parts, *([column.name] if at >= 0 else []))
        ]
        texts, own = texts[: len(parts)], texts[len(parts) :]
        # What only some records have (a cycle or else a time) is left out of the others' ids; rows
        # that have nothing at all are joined as "", since Arrow would leave them out.
        nothing = pc.is_null(pc.coalesce(*texts))
        texts[0] = pc.if_else(nothing, "", texts[0])
        joined = pc.binary_join_element_wise(*texts, "/", null_handling="skip")
        joined = pc.if_else(nothing, pa.scalar(None, pa.string()), joined)
        if at < 0:
            table = table.add_column(0, column.name, joined)
        else:
            table = table.set_column(at, column.name, pc.coalesce(*own, joined))
    return table


def _outside(spec: Spec, columns: list[Any]) -> list[tuple[Any, ...]]:
    """Boxes that people gave for a picture and that are not within it."""
    image = next((at for at, column in enumerate(spec) if column.dtype == "image"), None)
    if image is None:
        return []
    return [
        (mask, key, {"column": column.name, **told}, came)
        for column, values in zip(spec, columns, strict=True)
        if column.dtype == "boxes" and values.null_count < len(values)
        for mask, key, told, came in outside_faults(values, columns[image])
    ]


def _nan_is_missing(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers that need not be there, null where "not a number" says that they are not."""
    nan = pc.is_nan(values)
    if not pc.any(nan).as_py():
        return values
    return pc.if_else(pc.fill_null(nan, False), pa.scalar(None, values.type), values)


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
            came = {} if key == "null" else {"received": plain(received[row])}
            rejects.add(first_row + row, record_id, key, **values, **came)
    good = np.flatnonzero(~bad)
    if len(good) == table.num_rows:
        kept = table
    elif any(column.is_picture for column in spec):
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
    if column.dtype == "frame":
        return [(mask, key, {}) for mask, key in frame_faults(values, column.required)]
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
    if (column.required and values.null_count) or column.is_picture:
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


def _told(values: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """What messages tell of refused cells: of pictures a path or a size, not the bytes."""
    if column.dtype == "frame":
        return frame_sizes(values)
    if column.dtype == "image":
        return pc.fill_null(pc.struct_field(values, "path"), "-")
    return values


def _mask(values: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.fill_null(values, False).to_numpy(), bool)
