"""Cells that hold lists of plain values, as JSON text or nested, to values of a Spec; and back.

CSV has no nested values: there a cell is the JSON text of the list. Parquet nests, JSON lines too.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.box_faults import Fault, short_number
from lepton_core.cells import read_cells, wrong_type
from lepton_core.spec import Column

_EXAMPLES = {"string": '["a1", "b7"]', "timestamp": '["2026-01-31 16:05:00Z"]'}


def read_lists(
    raw: pa.ChunkedArray, column: Column, source: str, first_row: int, whole: bool
) -> tuple[pa.ChunkedArray, list[Fault]]:
    """A column's cells as lists.

    Each value is read as a cell of a plain column is: numbers as people write them, times with a
    zone or in UTC. A value that is not there (``null``, not a number) stays as null; in a column
    that is required it refuses its record.

    Args:
        raw: cells [n]: JSON text, lists, or nothing.
        column: what they should be, one of ``LISTS``.
        source: where they came from, for messages.
        first_row: position of the first one in the input as a whole.
        whole: whether a column without one readable cell is an error of the input.

    Returns:
        the lists [n], null where a cell is empty or cannot be read, and what is wrong with which.

    Raises:
        DataError: ``data.wrong_type``.

    Example:
        >>> raw = pa.chunked_array([['["a", 7]', "[]", "a", ""]])
        >>> values, faults = read_lists(raw, Column("items", "list<string>"), "a.csv", 0, True)
        >>> values.to_pylist(), [(key, mask.tolist()) for mask, key, _, _ in faults]
        ([['a', '7'], [], None, None], [('type', [False, False, True, False])])
    """
    if pa.types.is_dictionary(raw.type):
        raw = raw.cast(raw.type.value_type)
    wanted = column.arrow_type()
    if pa.types.is_null(raw.type):
        return raw.cast(wanted), []
    n = len(raw)
    texts: list[str | None] = []
    broken = np.zeros(n, bool)
    if pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type):
        texts = raw.to_pylist()
        lists, broken = _parsed(texts)
    elif _is_list(raw.type):
        lists = raw.combine_chunks()
    else:
        raise wrong_type(raw, column, source, first_row)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    of = np.repeat(np.arange(n), lengths)
    item = Column(column.name, column.item)
    flat = pa.chunked_array([lists.flatten()])
    values, unreadable, ambiguous = read_cells(flat, item, source, first_row, whole=False)
    flat_values = values.combine_chunks()
    absent = flat_values.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_floating(flat_values.type):
        nan = pc.fill_null(pc.is_nan(flat_values), False)
        flat_values = pc.if_else(nan, pa.scalar(None, flat_values.type), flat_values)
    wrong = np.zeros(len(of), bool) if unreadable is None else unreadable
    marks: dict[str, np.ndarray] = {
        "type": broken | _any(n, of, wrong & ~ambiguous),
        "ambiguous": _any(n, of, ambiguous),
        "value_missing": _any(n, of, absent & ~wrong & column.required),
    }
    is_null = lists.is_null().to_numpy(zero_copy_only=False)
    refused = np.any(list(marks.values()), axis=0)
    if whole and broken.any() and (broken | is_null).all():
        raise wrong_type(raw, column, source, first_row)
    made = _lists(flat_values, lengths, is_null | refused, wanted)
    shown = pa.chunked_array([pa.array(_shown(raw, texts, refused), pa.string())])
    told: dict[str, dict[str, Any]] = {
        "type": {"expected": column.dtype, "example": _EXAMPLES.get(column.item, "[12, 7]")},
        "ambiguous": {},
        "value_missing": {},
    }
    faults = [(mask, key, told[key], shown) for key, mask in marks.items() if mask.any()]
    return pa.chunked_array([made]), faults


def plain_lists(values: pa.ChunkedArray | pa.Array) -> list[list[Any] | None]:
    """Lists as plain ones for JSON: numbers as short as float32 allows, times as text."""
    inner = values.type.value_type
    if pa.types.is_timestamp(inner):
        values = values.cast(pa.list_(pa.string()))
    rows = values.to_pylist()
    if not pa.types.is_float32(inner):
        return rows
    return [None if row is None else [short_number(value) for value in row] for row in rows]


def is_plain_list(kind: pa.DataType) -> bool:
    """Whether an Arrow type is that of a column of lists of plain values."""
    return _is_list(kind) and not pa.types.is_nested(kind.value_type)


def flat_lists(table: pa.Table) -> pa.Table:
    """The table with its lists as JSON text, for CSV, which does not nest."""
    for place, field in enumerate(table.schema):
        if is_plain_list(field.type):
            rows = plain_lists(table.column(place))
            texts = [None if row is None else json.dumps(row, ensure_ascii=False) for row in rows]
            table = table.set_column(place, field.name, pa.array(texts, pa.string()))
    return table


def _is_list(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return is_list or pa.types.is_fixed_size_list(kind)


def _parsed(texts: list[str | None]) -> tuple[pa.ListArray, np.ndarray]:
    """JSON texts as lists of texts, and which of them are none."""
    rows: list[list[str | None] | None] = []
    broken = np.zeros(len(texts), bool)
    for place, text in enumerate(texts):
        rows.append(None)
        if text is None or not text.strip():
            continue
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = text
        if found is None:
            continue
        if isinstance(found, list) and not any(isinstance(one, list | dict) for one in found):
            rows[-1] = [None if one is None else _text(one) for one in found]
        else:
            broken[place] = True
    return pa.array(rows, pa.list_(pa.string())), broken


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _any(n: int, of: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Which of n lists have a value that is marked, bool [n]."""
    found = np.zeros(n, bool)
    found[of[mask]] = True
    return found


def _lists(
    flat: pa.Array, lengths: np.ndarray, null: np.ndarray, kind: pa.DataType
) -> pa.ListArray:
    """Lists [n] of these lengths over their values; null where said, whose values are left out."""
    kept = pa.array(np.repeat(~null, lengths))
    ends = np.cumsum([0, *np.where(null, 0, lengths)], dtype=np.int32)
    offsets = pa.array(ends, mask=np.append(null, False))
    return pa.ListArray.from_arrays(offsets, flat.filter(kept)).cast(kind)


def _shown(raw: pa.ChunkedArray, texts: list[str | None], refused: np.ndarray) -> list[str | None]:
    """What a message tells of a refused cell."""
    shown: list[str | None] = [None] * len(refused)
    for place in np.flatnonzero(refused).tolist():
        text = texts[place] if texts else str(raw[place].as_py())
        shown[place] = text if text is None or len(text) <= 200 else text[:197] + "..."
    return shown
