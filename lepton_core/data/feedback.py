"""Verdicts as delayed labels: what people found out, joined to the records by their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.box_cells import BOXES, GOOD
from lepton_core.bundle_files import read_json
from lepton_core.data.feedback_marks import Said, contradicts, place_columns, replace_places
from lepton_core.errors import UsageError
from lepton_core.messages import listed, t
from lepton_core.solution import Task
from lepton_core.spec import Column

_TOLD = ("overridden", "unknown", "unusable", "unplaced")


@dataclass(frozen=True)
class Joined:
    """Records with the labels that verdicts gave them, and what became of each verdict.

    Every verdict is counted once: ``verdicts = matched + unknown + unusable`` and
    ``matched = filled + agreed + overridden``.

    Args:
        records: the same rows in the same order; only the label columns are others.
        verdicts: records that have a verdict that counts.
        matched: of these, in the records.
        filled: matched records that had no label.
        agreed: matched records whose label said the same.
        overridden: ids of matched records whose label said otherwise: the verdict holds.
        unknown: ids of verdicts on records that are not here.
        unusable: ids of verdicts that are no class of the task, or whose marks contradict it.
        marked: matched records that got boxes of their verdict.
        unplaced: ids of matched records with a defect of which nobody says where it is.
    """

    records: pa.Table
    verdicts: int
    matched: int
    filled: int
    agreed: int
    overridden: tuple[str, ...]
    unknown: tuple[str, ...]
    unusable: tuple[str, ...]
    marked: int = 0
    unplaced: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many of each, without ids: what a bundle's card may hold."""
        return {
            "verdicts": self.verdicts,
            "matched": self.matched,
            "filled": self.filled,
            "agreed": self.agreed,
            "overridden": len(self.overridden),
            "unknown": len(self.unknown),
            "unusable": len(self.unusable),
            "marked": self.marked,
            "unplaced": len(self.unplaced),
        }

    def to_json(self) -> dict[str, Any]:
        """The counts, and under ``ids`` who was overridden, unknown, unusable or unplaced."""
        return {**self.counts(), "ids": {name: list(getattr(self, name)) for name in _TOLD}}

    def lines(self, language: str | None = None) -> list[str]:
        """The same in words, a line a fact."""
        lines = [t("feedback.joined", language=language, **self.counts())]
        if self.marked:
            lines.append(t("feedback.marked", language=language, n=self.marked))
        for name in _TOLD:
            ids = getattr(self, name)
            if ids:
                lines.append(t(f"feedback.{name}", language=language, n=len(ids), ids=listed(ids)))
        return lines


def join_verdicts(
    records: pa.Table, verdicts: pa.Table, task: Task, classes: Sequence[str] | None = None
) -> Joined:
    """Give records the labels that people found out.

    A verdict fills an empty label, and overrides one that says otherwise; its marks override boxes,
    see :func:`~lepton_core.data.feedback_marks.replace_places`. One on a record that is not here is
    no error (the record may be older, or refused) and is told with its id.

    Args:
        records: each ``record_id`` once; the label column is added where it is absent.
        verdicts: one row a record, from :meth:`lepton_core.store.Store.latest`: ``record_id`` and
            ``verdict``, a class of the task, and perhaps ``marks``.
        task: what they are for.
        classes: its classes in the order of their numbers; when None those of the task, for a
            label that is text and has no fixed choices also the words that the records hold.

    Raises:
        UsageError: ``feedback.no_classes`` for a task whose label is no class.

    Example:
        >>> from lepton_core.solution import find_task
        >>> records = pa.table({"record_id": ["a", "b"], "label": pa.array([0, None], pa.int64())})
        >>> verdicts = pa.table({"record_id": ["b", "x"], "verdict": ["fraud", "genuine"]})
        >>> joined = join_verdicts(records, verdicts, find_task("fraud_rnn"))
        >>> joined.records["label"].to_pylist(), joined.filled, joined.unknown
        ([0, 1], 1, ('x',))
    """
    column = label_column(task)
    known_words = classes or _words(records, column) or classes_of(task)
    if place_columns(task) and GOOD not in known_words:
        # Of a task that finds defects, a part without any is always something to say.
        known_words = (GOOD, *known_words)
    values = _label_values(column, known_words)
    marks = _marks(verdicts)
    usable = pc.is_in(verdicts["verdict"], pa.array(list(values), pa.string()))
    usable = pc.and_not(usable, contradicts(verdicts["verdict"], marks, list(values)))
    unusable = verdicts["record_id"].filter(pc.invert(usable))
    verdicts, marks = verdicts.filter(usable), marks.filter(usable)
    known = pc.is_in(verdicts["record_id"], _strings(records["record_id"]))
    unknown = verdicts["record_id"].filter(pc.invert(known))
    verdicts, marks = verdicts.filter(known), marks.filter(known)

    kind = column.arrow_type()
    if column.name not in records.column_names:
        records = records.append_column(column.name, pa.nulls(records.num_rows, kind))
    before = records.column(column.name).cast(kind)
    said = pa.array([values[word] for word in verdicts["verdict"].to_pylist()], kind)
    places = pc.index_in(_strings(records["record_id"]), _strings(verdicts["record_id"]))
    told = pa.chunked_array([said.take(places)])
    after = pc.coalesce(told, before)

    there = pc.is_valid(told)
    had = pc.is_valid(before)
    same = pc.fill_null(pc.equal(told, before), False)
    other = pc.and_(pc.and_(there, had), pc.invert(same))
    at = records.column_names.index(column.name)
    records = records.set_column(at, pa.field(column.name, kind), after)
    words = pa.chunked_array([_strings(verdicts["verdict"]).take(places)])
    boxes = pa.chunked_array([marks.combine_chunks().take(places)])
    placed = replace_places(records, task, Said(words, boxes, same))
    return Joined(
        records=placed.records,
        verdicts=len(unusable) + len(unknown) + verdicts.num_rows,
        matched=verdicts.num_rows,
        filled=int(pc.sum(pc.and_(there, pc.invert(had))).as_py() or 0),
        agreed=int(pc.sum(same).as_py() or 0),
        overridden=tuple(records["record_id"].filter(other).to_pylist()),
        unknown=tuple(unknown.to_pylist()),
        unusable=tuple(unusable.to_pylist()),
        marked=placed.marked,
        unplaced=placed.unplaced,
    )


def label_column(task: Task) -> Column:
    """The column that verdicts fill.

    Raises:
        UsageError: ``feedback.no_classes`` where the task has none, or its label is no class.
    """
    found = task.inputs.of_role("label")
    if not found or found[0].dtype not in ("string", "int64", "bool"):
        raise UsageError("feedback.no_classes", task=task.name)
    return found[0]


def classes_of(task: Task, bundle: Path | None = None) -> tuple[str, ...]:
    """The words that a verdict on a task's records may be.

    Args:
        task: the task.
        bundle: a bundle's folder, for a task whose classes come from its data.

    Returns:
        the classes of the bundle; otherwise of the task's output, or of its default bundle.

    Raises:
        UsageError: ``feedback.no_classes``.
    """
    found: Sequence[str] = ()
    if bundle is not None:
        found = read_json(bundle, "decision.json").get("classes", ())
    elif "label" in task.outputs:
        found = task.outputs["label"].choices or ()
        if not found and task.bundles():
            found = read_json(task.bundle(), "decision.json").get("classes", ())
    if not found:
        raise UsageError("feedback.no_classes", task=task.name)
    return tuple(map(str, found))


def _marks(verdicts: pa.Table) -> pa.ChunkedArray:
    """The marks of verdicts as boxes; null where a verdict has none."""
    if "marks" not in verdicts.column_names or not pc.any(pc.is_valid(verdicts["marks"])).as_py():
        return pa.chunked_array([pa.nulls(verdicts.num_rows, BOXES)])
    from lepton_core.store.marks import read_marks

    return read_marks(verdicts["marks"])


def _words(records: pa.Table, column: Column) -> tuple[str, ...]:
    """The classes that the records name, for a label that is text without fixed choices."""
    if column.dtype != "string" or column.choices or column.name not in records.column_names:
        return ()
    return tuple(sorted(records.column(column.name).unique().drop_null().to_pylist()))


def _label_values(column: Column, classes: Sequence[str]) -> Mapping[str, Any]:
    """What stands in the label column for each class: its word, or its number."""
    if column.dtype == "string":
        return {word: word for word in classes}
    if column.dtype == "bool":
        return {word: bool(number) for number, word in enumerate(classes)}
    return {word: number for number, word in enumerate(classes)}


def _strings(column: pa.ChunkedArray) -> pa.Array:
    return column.cast(pa.string()).combine_chunks()
