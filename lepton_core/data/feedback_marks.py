"""What verdicts say about places in pictures: boxes that override, and places no longer known."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.box_cells import BOXES, GOOD
from lepton_core.solution import Task
from lepton_core.spec import Column


class Said(NamedTuple):
    """What a verdict says of each record; all [n], null where there is none.

    Args:
        words: its class.
        boxes: its marks, of the Spec's type; null also where it tells the class alone.
        same: bool, whether the record had that class already.
    """

    words: pa.ChunkedArray
    boxes: pa.ChunkedArray
    same: pa.ChunkedArray


class Placed(NamedTuple):
    """Records with the places that verdicts leave.

    Args:
        records: boxes and masks are others.
        marked: records that got boxes of their verdict.
        unplaced: ids of those with a defect of which nobody says where it is: what stood there was
            another. Their class is learned, and no place as background.
    """

    records: pa.Table
    marked: int
    unplaced: tuple[str, ...]


def place_columns(task: Task) -> tuple[Column, ...]:
    """The columns that tell where in a picture something is: boxes and masks among the labels."""
    return tuple(c for c in task.inputs.of_role("label") if c.dtype in ("boxes", "image"))


def contradicts(words: pa.ChunkedArray, boxes: pa.ChunkedArray, classes: list[str]) -> pa.Array:
    """Which verdicts [m] contradict themselves, bool [m].

    Good with a defect, a defect that is nowhere, or a box of a class that there is not.

    Example:
        >>> box = {"label": "dent", "x0": 1.0, "y0": 1.0, "x1": 5.0, "y1": 5.0}
        >>> boxes = pa.chunked_array([pa.array([[box], [], None, [box], []], BOXES)])
        >>> words = pa.chunked_array([["dent", "good", "dent", "good", "dent"]])
        >>> contradicts(words, boxes, ["good", "dent"]).to_pylist()
        [False, False, False, True, True]
    """
    found = []
    for word, marks in zip(words.to_pylist(), boxes.to_pylist(), strict=True):
        labels = {box["label"] for box in marks or ()}
        nowhere = marks is not None and word != GOOD and not marks
        found.append(nowhere or (word == GOOD and bool(labels)) or not labels <= set(classes))
    return pa.array(found, pa.bool_())


def replace_places(records: pa.Table, task: Task, said: Said) -> Placed:
    """Boxes and masks as verdicts leave them.

    Marks of a verdict replace boxes. A part that is said to be good has none. A verdict of the
    class alone leaves what is marked where it agrees with it; otherwise nobody knows where the
    defect is, and the cell is empty. Masks are not drawn by verdicts: they stay, or are emptied.

    Args:
        records: with a verdict or without, each id once.
        task: what they are for.
        said: what verdicts say of each record.
    """
    columns = place_columns(task)
    there = pc.is_valid(said.words)
    if not columns or not pc.any(there).as_py():
        return Placed(records, 0, ())
    good = pc.fill_null(pc.equal(said.words, GOOD), False)
    marked = pc.is_valid(said.boxes)
    unplaced = [pc.and_not(there, pc.or_(good, marked))]
    for column in columns:
        if column.dtype == "boxes":
            records, kept = _boxes(records, column, said, good)
        elif column.name in records.column_names:
            kept = pc.and_not(said.same, pc.or_(good, marked))
            records = _emptied(records, column, pc.and_not(there, kept))
            kept = pc.and_(kept, pc.is_valid(records.column(column.name)))
        else:
            continue
        unplaced.append(pc.invert(kept))
    lost = unplaced[0]
    for one in unplaced[1:]:
        lost = pc.and_(lost, one)
    ids = records["record_id"].filter(lost).to_pylist()
    return Placed(records, int(pc.sum(marked).as_py() or 0), tuple(ids))


def _boxes(
    records: pa.Table, column: Column, said: Said, good: pa.ChunkedArray
) -> tuple[pa.Table, pa.ChunkedArray]:
    """The records with their boxes, and of which of them those that stood there stay."""
    if column.name not in records.column_names:
        records = records.append_column(column.name, pa.nulls(records.num_rows, BOXES))
    rows = zip(
        records.column(column.name).to_pylist(),
        said.words.to_pylist(),
        said.boxes.to_pylist(),
        good.to_pylist(),
        strict=True,
    )
    after, kept = [], []
    for before, word, marks, is_good in rows:
        agrees = word is not None and any(box["label"] == word for box in before or ())
        kept.append(agrees and marks is None)
        if word is None or kept[-1]:
            after.append(before)
        else:
            after.append([] if is_good else marks)
    at = records.column_names.index(column.name)
    field = pa.field(column.name, BOXES)
    return records.set_column(at, field, pa.array(after, BOXES)), pa.chunked_array([kept])


def _emptied(records: pa.Table, column: Column, which: pa.ChunkedArray) -> pa.Table:
    """The records, a picture column emptied where ``which``; nothing is copied where none is."""
    if not pc.any(which).as_py():
        return records
    cells = records.column(column.name)
    rows = pc.if_else(which, None, pa.array(range(len(cells)), pa.int64()))
    at = records.column_names.index(column.name)
    return records.set_column(at, records.schema.field(at), cells.take(rows))
