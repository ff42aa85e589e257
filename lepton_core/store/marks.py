"""What a verdict marks in a picture: where the defects are, as text that a database keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from lepton_core.box_cells import EXAMPLE, box_lists, read_boxes
from lepton_core.errors import DataError, StoreError
from lepton_core.messages import t
from lepton_core.spec import Column

MOST = 1000
_COLUMN = Column("marks", "boxes")

Box = Mapping[str, Any]


def marks_text(marks: Sequence[Box] | None, record_id: str) -> str | None:
    """The text that is stored of marks; None where nobody said what is where.

    Args:
        marks: boxes, each with ``label x0 y0 x1 y1`` in pixels of the picture at its full size, at
            most 1,000; empty where nothing is there.
        record_id: whose they are, for messages.

    Raises:
        StoreError: ``store.bad_marks`` tells the first box that is none.

    Example:
        >>> marks_text([{"label": "dent", "x0": 1, "y0": 2, "x1": 9, "y1": 5}], "a.png")
        '[{"label": "dent", "x0": 1, "y0": 2, "x1": 9, "y1": 5}]'
        >>> marks_text([], "a.png"), marks_text(None, "a.png")
        ('[]', None)
    """
    if marks is None:
        return None
    if len(marks) > MOST:
        raise _bad(record_id, f"{len(marks):,} > {MOST:,}")
    cells = pa.chunked_array([pa.array([json.dumps(list(map(_plain, marks)), default=str)])])
    values, faults = read_boxes(cells, _COLUMN, record_id, 0, False)
    for _, key, told, received in faults:
        text = t(f"reject.{key}", column="marks", received=received[0].as_py(), **told)
        raise _bad(record_id, text)
    (boxes,) = box_lists(values)
    for number, box in enumerate(boxes or (), 1):
        if not str(box["label"] or "").strip():
            raise _bad(record_id, f"{number}: label")
    kept = [{name: v for name, v in box.items() if v is not None} for box in boxes or ()]
    return json.dumps(kept, ensure_ascii=False)


def read_marks(texts: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    """Stored texts [n] as boxes of the Spec's type, null where nobody said.

    Example:
        >>> read_marks(pa.array(["[]", None])).to_pylist()
        [[], None]
    """
    cells = texts if isinstance(texts, pa.ChunkedArray) else pa.chunked_array([texts])
    try:
        values, _ = read_boxes(cells.cast(pa.string()), _COLUMN, "store", 0, False)
    except DataError as error:
        raise StoreError("store.bad_marks", record="-", reason=error, example=EXAMPLE) from error
    return values


def _plain(box: Box) -> dict[str, Any]:
    """A box without numbers of other libraries, which JSON does not know."""
    return {k: v.item() if hasattr(v, "item") else v for k, v in dict(box).items()}


def _bad(record_id: str, reason: str) -> StoreError:
    return StoreError("store.bad_marks", record=record_id, reason=reason, example=EXAMPLE)
