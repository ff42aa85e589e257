"""Records to train or evaluate on: checked, each id once, in order of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from lepton_core.checking import Checked, check
from lepton_core.data.inspection import inspect_source
from lepton_core.data.lookup import Dataset
from lepton_core.data.mapping import match_source
from lepton_core.data.reading import load_records
from lepton_core.data.report import DataReport
from lepton_core.recent import RecentIds
from lepton_core.solution import Task


def load_labelled(
    data: str,
    task: Task,
    mapping: Mapping[str, str],
    note: Callable[[str], None],
    review: Callable[[DataReport], None] | None = None,
) -> tuple[pa.Table, Dataset | None]:
    """The records of a data set or file, as a protocol may split them.

    A repeated id would count twice in a figure, and records out of order would let a split by time
    learn from the future; so repetitions are left out and the rest is sorted, with a note.

    Args:
        data: name or path.
        task: what they are for.
        mapping: their column name -> ours; columns that differ in spelling alone are found.
        note: told what was left out or changed.
        review: shown the report on the records before they are used; it raises to stop.

    Returns:
        the checked records, and the data set where a name was given.
    """
    checked, dataset = _checked(data, task, mapping, note, review)
    table = checked.table
    if len(checked.rejects):
        note(f"{len(checked.rejects):,} records left out: {checked.rejects.counts()}")
    ids = table.column("record_id").combine_chunks()
    fresh, repeats = RecentIds().split(ids)
    if len(repeats):
        note(f"{len(repeats):,} records left out: their id came before.")
        table = table.take(pa.array(fresh))
    times = task.inputs.of_role("time")
    if times:
        moments = table.column(times[0].name).cast(pa.int64()).to_numpy()
        if (np.diff(moments) < 0).any():
            note("The records are not in order of time; they are sorted first.")
            table = table.take(pa.array(np.argsort(moments, kind="stable")))
    return table, dataset


def _checked(
    data: str,
    task: Task,
    mapping: Mapping[str, str],
    note: Callable[[str], None],
    review: Callable[[DataReport], None] | None,
) -> tuple[Checked, Dataset | None]:
    if review is not None:
        inspected = inspect_source(data, task, mapping, note)
        review(inspected.report)
        if inspected.checked is not None:
            return inspected.checked, inspected.dataset
        # What the person let pass cannot be used all the same; reading it again says why.
    _, match = match_source(data, task, mapping)
    if review is None:
        for line in match.lines():
            note(line)
    loaded = load_records(data, task.inputs, match.mapping, note)
    return check(loaded.table, task.inputs, loaded.source), loaded.dataset
