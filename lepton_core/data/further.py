"""Further records to learn from beside a data set: pictures of the line, with their verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.data.feedback import label_column
from lepton_core.data.labelled import load_labelled
from lepton_core.errors import DataError, UsageError
from lepton_core.messages import t
from lepton_core.solution import Task

_SHOWN = 5


def load_further(
    paths: Sequence[str],
    first: pa.Table,
    task: Task,
    mapping: Mapping[str, str],
    note: Callable[[str], None],
) -> list[pa.Table]:
    """Checked records of further folders or files, with ids of their own.

    The names of folders on the line are seldom classes (days, shifts, stations): a label that the
    data set does not know is taken away, and told. A record whose file is in the data set too is
    left out.

    Args:
        paths: names or paths, as ``--also`` gives them.
        first: the data set's own records, with a label column.
        task: what they are for.
        mapping: their column name -> ours.
        note: told what was left out or changed.

    Raises:
        UsageError: ``also.ordered`` for a task whose records have an order of time.
        DataError: ``also.same_ids`` where two records that differ have one id.
    """
    if not paths:
        return []
    if task.inputs.of_role("time"):
        raise UsageError("also.ordered", task=task.name)
    label = label_column(task).name
    known = first.column(label).unique()
    images = (c.name for c in task.inputs.of_role("feature") if c.dtype == "image")
    image = next(images, None)
    there, found = _sums(first, image), []
    for path in paths:
        table, _ = load_labelled(path, task, mapping, note)
        table = _without_strange_labels(table, label, known, path, note)
        sums = _sums(table, image)
        same = [name for name in sums if name in there]
        other = [name for name in same if sums[name] is None or sums[name] != there[name]]
        if other:
            raise DataError(
                "also.same_ids", source=path, n=len(other), ids=", ".join(other[:_SHOWN])
            )
        if same:
            note(t("also.known", language="en", n=len(same), source=path))
            own = pc.invert(pc.is_in(table["record_id"], pa.array(same, pa.string())))
            table = table.filter(own)
        there |= sums
        found.append(table)
    return found


def _without_strange_labels(
    table: pa.Table, label: str, known: pa.Array, path: str, note: Callable[[str], None]
) -> pa.Table:
    if label not in table.column_names:
        return table
    values = table.column(label)
    is_known = pc.is_in(values, known.cast(values.type))
    strange = values.filter(pc.and_not(pc.is_valid(values), is_known))
    if not len(strange):
        return table
    names = ", ".join(sorted(map(str, strange.unique().to_pylist()))[:_SHOWN])
    note(t("also.strange", language="en", n=len(strange), source=path, received=names))
    at = table.column_names.index(label)
    return table.set_column(at, table.schema.field(at), pc.if_else(is_known, values, None))


def _sums(table: pa.Table, image: str | None) -> dict[str, str | None]:
    """Id -> checksum of its picture; None for a record that is none."""
    ids = table.column("record_id").to_pylist()
    if image is None:
        return dict.fromkeys(ids)
    sums = pc.struct_field(table.column(image), "sha256").to_pylist()
    return dict(zip(ids, sums, strict=True))
