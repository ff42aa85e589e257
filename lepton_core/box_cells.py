"""Cells that hold boxes, as JSON text or nested, to values of a Spec; and back to text.

CSV has no nested values: there a cell is the JSON text of the list. Parquet nests, JSON lines too.
Readers of annotated pictures give such text; a damaged annotation is an object that says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.box_faults import CORNERS, Fault, geometry_faults, short_number
from lepton_core.cells import wrong_type
from lepton_core.spec import BOX_KEYS, Column

BOXES = Column("boxes", "boxes").arrow_type()
TRACKS = Column("tracks", "tracks").arrow_type()
EXAMPLE = '[{"label": "scratch", "x0": 10, "y0": 20, "x1": 42, "y1": 35}]'
# The class of a picture in which nothing is.
GOOD = "good"


def read_boxes(
    raw: pa.ChunkedArray, column: Column, source: str, first_row: int, whole: bool
) -> tuple[pa.ChunkedArray, list[Fault]]:
    """A column's cells as boxes.

    Args:
        raw: cells [n]: JSON text, lists of structs, or nothing.
        column: what they should be; its ``choices`` are the allowed labels.
        source: where they came from, for messages.
        first_row: position of the first one in the input as a whole.
        whole: whether a column without one readable cell is an error of the input.

    Returns:
        the boxes [n], null where a cell is empty or cannot be read, and what is wrong with which.

    Raises:
        DataError: ``data.wrong_type``.

    Example:
        >>> raw = pa.chunked_array([['[{"x0": 1, "y0": 2, "x1": 3, "y1": 9}]', "[]", "none", ""]])
        >>> values, faults = read_boxes(raw, Column("boxes", "boxes"), "a.csv", 0, True)
        >>> [None if row is None else len(row) for row in values.to_pylist()]
        [1, 0, None, None]
        >>> [(key, mask.tolist()) for mask, key, _, _ in faults]
        [('type', [False, False, True, False])]
    """
    if pa.types.is_dictionary(raw.type):
        raw = raw.cast(raw.type.value_type)
    if raw.type == BOXES or pa.types.is_null(raw.type):
        values = raw.cast(BOXES)
        return values, geometry_faults(values, column)
    is_text = pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type)
    if not (is_text or pa.types.is_list(raw.type) or pa.types.is_large_list(raw.type)):
        raise wrong_type(raw, column, source, first_row)
    read, told = [], []
    for cell in raw.to_pylist():
        boxes, key, received = _read(cell)
        read.append(boxes)
        told.append((key, received))
    keys = [key for key, _ in told]
    missing = np.array([boxes is None for boxes in read], bool) & (np.array(keys, object) == "")
    unreadable = np.array([key == "type" for key in keys], bool)
    if whole and unreadable.any() and (unreadable | missing).all():
        raise wrong_type(raw, column, source, first_row)
    values = pa.chunked_array([pa.array(read, BOXES)])
    texts = pa.array([received for _, received in told], pa.string())
    named: dict[str, dict[str, Any]] = {
        "type": {"expected": column.dtype, "example": EXAMPLE},
        "box_keys": _KEYS,
        "annotation": {},
    }
    faults: list[Fault] = [
        (np.array([one == key for one in keys], bool), key, values_of, texts)
        for key, values_of in named.items()
    ]
    return values, [f for f in faults if f[0].any()] + geometry_faults(values, column)


def box_lists(values: pa.ChunkedArray | pa.Array) -> list[list[dict[str, Any]] | None]:
    """Boxes as plain lists for JSON: numbers as short as float32 allows, none that JSON lacks.

    Example:
        >>> boxes = pa.array([[{"label": "dent", "probability": 0.9, "x0": 1.5}]], BOXES)
        >>> box_lists(boxes)[0][0]["probability"]
        0.9
    """
    return [
        None if row is None else [{name: short_number(v) for name, v in box.items()} for box in row]
        for row in values.to_pylist()
    ]


def main_labels(values: pa.ChunkedArray | pa.Array) -> list[str | None]:
    """The class of each picture by its boxes: the largest one's, ``good`` where there is none.

    Args:
        values: boxes [n]; null where nobody said what is there.

    Example:
        >>> dent = {"label": "dent", "x0": 0.0, "y0": 0.0, "x1": 9.0, "y1": 9.0}
        >>> spot = {"label": "spot", "x0": 0.0, "y0": 0.0, "x1": 3.0, "y1": 3.0}
        >>> main_labels(pa.array([[spot, dent], [], None], BOXES))
        ['dent', 'good', None]
    """
    return [None if row is None else _main_label(row) for row in values.to_pylist()]


def _main_label(boxes: list[dict[str, Any]]) -> str | None:
    def size(box: Mapping[str, Any]) -> float:
        return float((box["x1"] - box["x0"]) * (box["y1"] - box["y0"]))

    return max(boxes, key=size)["label"] if boxes else GOOD


def as_text(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Boxes [n] as JSON text, for files that do not nest; null stays null."""
    texts = [
        None if row is None else json.dumps(row, ensure_ascii=False) for row in box_lists(values)
    ]
    return pa.array(texts, pa.string())


def flat_boxes(table: pa.Table) -> pa.Table:
    """The table with its boxes and tracks as JSON text, for CSV, which does not nest."""
    for position, field in enumerate(table.schema):
        if field.type == BOXES:
            table = table.set_column(position, field.name, as_text(table.column(position)))
        elif field.type == TRACKS:
            texts = [json.dumps(row, ensure_ascii=False) for row in plain_tracks(table[position])]
            table = table.set_column(position, field.name, pa.array(texts, pa.string()))
    return table


def plain_tracks(values: pa.ChunkedArray | pa.Array) -> list[list[dict[str, Any]] | None]:
    """Tracks as plain lists for JSON, times as text, numbers as short as float32 allows."""
    return [
        None if row is None else [{name: _plain(v) for name, v in one.items()} for one in row]
        for row in values.to_pylist()
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return short_number(value)
    return value.isoformat() if isinstance(value, datetime) else value


def short_text(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Boxes [n] in a few words for tables that people read.

    Example:
        >>> box = {"label": "dent", "x0": 10.0, "y0": 20.0, "x1": 42.0, "y1": 35.4}
        >>> short_text(pa.array([[box], [], None], BOXES)).to_pylist()
        ['dent 32×15', '', None]
    """
    return pa.array(
        [None if row is None else "; ".join(map(_short, row)) for row in values.to_pylist()],
        pa.string(),
    )


_KEYS = {"keys": ", ".join(BOX_KEYS)}


def _read(cell: Any) -> tuple[list[dict[str, Any]] | None, str, str | None]:
    """One cell's boxes, or the key of what is wrong and what was received."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None, "", None
    shown = cell if isinstance(cell, str) else str(cell)
    shown = shown if len(shown) <= 200 else shown[:197] + "..."
    try:
        boxes = json.loads(cell) if isinstance(cell, str) else cell
    except (ValueError, RecursionError):
        return None, "type", shown
    if boxes is None:
        return None, "", None
    if isinstance(boxes, Mapping) and set(boxes) == {"unreadable"}:
        # What a reader of annotations writes in place of boxes that it cannot give.
        return None, "annotation", str(boxes["unreadable"])[:400]
    if not isinstance(boxes, list) or not all(isinstance(box, Mapping) for box in boxes):
        return None, "type", shown
    for number, box in enumerate(boxes, 1):
        strange = [name for name in box if name not in BOX_KEYS]
        if strange:
            return None, "box_keys", f"{number}: {', '.join(map(str, strange))[:80]}"
        if not all(_fits(box.get(name), name) for name in BOX_KEYS):
            return None, "type", shown
    return [dict(box) for box in boxes], "", None


def _fits(value: Any, name: str) -> bool:
    if name == "label":
        return value is None or isinstance(value, str)
    if value is None:
        return name not in CORNERS
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, float) or (is_whole and abs(value) < 2**63)


def _short(box: Mapping[str, Any]) -> str:
    width, height = (
        round((box[end] or 0) - (box[start] or 0)) for start, end in (("x0", "x1"), ("y0", "y1"))
    )
    return f"{box['label'] or ''} {width}×{height}".strip()
