"""Verdicts from a file: what another system, as a chargeback list, knows about records."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_core.box_cells import GOOD
from lepton_core.checking import check
from lepton_core.data.feedback import classes_of
from lepton_core.data.feedback_marks import place_columns
from lepton_core.errors import DataError, UsageError
from lepton_core.records.table import read_table
from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

if TYPE_CHECKING:
    from lepton_core.store import Verdict


_MARKS = Column("marks", "boxes", "meta", required=False, description="where the defects are")


def verdict_spec(task: Task) -> Spec:
    """The columns of a file of verdicts: ``record_id verdict``, and if need be ``when who note
    bundle``; for a task that finds places in pictures also ``marks``, the boxes of its defects.
    """
    from lepton_core.store import WITHDRAWN

    words = (*_words(task), WITHDRAWN)
    return Spec(
        (
            Column("record_id", "string", "id", description="the record that was judged"),
            Column("verdict", "string", choices=words, description="what it truly is"),
            Column("when", "timestamp", "time", required=False, description="UTC; now if empty"),
            Column("who", "string", "meta", required=False),
            Column("note", "string", "meta", required=False),
            Column("bundle", "string", "meta", required=False),
            *([_MARKS] if place_columns(task) else []),
        )
    )


def read_verdicts(
    path: Path, task: Task, mapping: Mapping[str, str] | None = None, who: str = ""
) -> list[Verdict]:
    """The verdicts in a file, in its order; one that cannot be read refuses the whole file.

    Args:
        path: CSV, Parquet or JSON lines with the columns of :func:`verdict_spec`.
        task: what they are about.
        mapping: their column name -> ours.
        who: stands where the file names nobody.

    Raises:
        DataError: the file cannot be read, or ``feedback.bad_rows`` tells the first row that is
            no verdict.
        UsageError: ``feedback.no_classes``.
    """
    from lepton_core.store import Verdict

    spec = verdict_spec(task)
    checked = check(read_table(path, mapping, spec=spec), spec, str(path))
    if len(checked.rejects):
        first = next(iter(checked.rejects)).to_json()
        raise DataError(
            "feedback.bad_rows",
            source=path,
            n=len(checked.rejects),
            row=first["row"],
            record=first["record_id"],
            reason=first["reasons"][0]["message"],
        )
    return [
        Verdict(
            task=task.name,
            bundle=row["bundle"] or "",
            record_id=row["record_id"],
            who=row["who"] or who,
            verdict=row["verdict"],
            note=row["note"] or "",
            when=row["when"],
            marks=row.get("marks"),
        )
        for row in checked.table.to_pylist()
    ]


def check_verdict(task: Task, word: str, bundle: Path | None = None) -> None:
    """Refuse a word that is no verdict on a task's records.

    Args:
        task: the task.
        word: what a person said.
        bundle: the bundle that was judged, for a task whose classes come from its data.

    Raises:
        UsageError: ``feedback.bad_verdict``, with the words that are.
    """
    from lepton_core.store import WITHDRAWN

    known = _words(task, bundle)
    if word not in (*known, WITHDRAWN):
        expected = ", ".join(known)
        raise UsageError("feedback.bad_verdict", received=word, task=task.name, expected=expected)


def read_box(text: str, task: Task) -> dict[str, Any]:
    """A box as a person writes it on a command line.

    Args:
        text: class and corners in pixels, a comma between: ``scratch,10,20,42,35``.
        task: what the verdict is about.

    Raises:
        UsageError: ``feedback.bad_box``; ``feedback.no_boxes`` for a task that takes none.

    Example:
        >>> from lepton_core.solution import find_task
        >>> read_box("1,2,3", find_task("fraud_rnn"))  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        lepton_core.errors.UsageError: ...
    """
    if not place_columns(task):
        raise UsageError("feedback.no_boxes", task=task.name)
    label, *corners = (part.strip() for part in text.rsplit(",", 4))
    try:
        x0, y0, x1, y1 = map(float, corners)
    except ValueError as error:
        raise UsageError("feedback.bad_box", received=text) from error
    return {"label": label, "x0": x0, "y0": y0, "x1": x1, "y1": y1}


def _words(task: Task, bundle: Path | None = None) -> tuple[str, ...]:
    """The classes that a verdict may say; where places are found, also that there is none."""
    known = classes_of(task, bundle)
    return known if GOOD in known or not place_columns(task) else (GOOD, *known)
