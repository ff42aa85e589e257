"""What is suspicious about records apart from their labels: ids, repetitions, features, times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.data.grouping import codes, record_keys, repeats
from lepton_core.data.report import Finding
from lepton_core.solution import Task
from lepton_core.spec import Column

# Ids of which more than this part came before are none.
MOST_REPEATED = 0.5
# A column with more than this part empty teaches little.
MOSTLY_EMPTY = 0.5
# Text whose values differ in more than this part of the records, each one word with a digit in it.
ID_LIKE = 0.95
LEAST_FOR_ID = 50
# No electronic record is older than this.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# Clocks and zones may differ by a day.
_AHEAD = timedelta(days=1)
_TEXT_SAMPLE = 10_000


def find_suspicions(
    table: pa.Table, rows: np.ndarray, task: Task, distinct: Mapping[str, int]
) -> list[Finding]:
    """What a person should look at before training, apart from the labels.

    Args:
        table: checked records with those of the task's columns that the file has [n].
        rows: int64 [n], where each stood in the file.
        task: what they are for.
        distinct: number of different values of text columns, by name.
    """
    columns = [column for column in task.inputs if column.name in table.column_names]
    found = _ids_and_records(table, columns)
    for column in columns:
        values = table.column(column.name)
        # The clock of a video begins in 1970 where nothing tells when it was taken.
        if column.role == "time" and not any(c.dtype == "frame" for c in columns):
            found += _times(values, column, rows)
        if column.role == "entity" and task.stateful:
            found += _entities(values, column)
        if column.dtype == "image" and column.role != "label":
            found += _pictures(table, column, task)
        if column.role in ("feature", "entity"):
            found += _feature(values, column, distinct.get(column.name, 0))
    return found


def _ids_and_records(table: pa.Table, columns: list[Column]) -> list[Finding]:
    """Ids that repeat, and records that repeat under another id."""
    name = next((column.name for column in columns if column.role == "id"), None)
    if name is None:
        return []
    found = []
    later, _ = repeats(codes(table.column(name)))
    if len(later):
        example = table.column(name)[int(later[0])].as_py()
        values = {"column": name, "n": len(later), "of": table.num_rows, "example": example}
        if len(later) > MOST_REPEATED * table.num_rows:
            return [Finding("error", "no_id", values)]
        found.append(Finding("warning", "repeated_ids", values))
        table = table.take(pa.array(np.delete(np.arange(table.num_rows), later)))
    return found + _same_records(table, columns, name)


def _same_records(table: pa.Table, columns: list[Column], id_name: str) -> list[Finding]:
    """Records under different ids that are equal in all a model can see of them."""
    seen = [column for column in columns if column.role in ("entity", "time", "feature")]
    # Pictures are compared by themselves; two customers may well have chosen the same alone.
    if not seen or any(column.is_picture or column.is_list for column in seen):
        return []
    names = [column.name for column in seen]
    later, first = repeats(record_keys(table, names))
    if not len(later) or len(later) <= _by_chance(table, names):
        return []
    one, other = table.column(id_name).take(pa.array([first[0], later[0]])).to_pylist()
    values = {"n": len(later), "of": table.num_rows, "first": one, "second": other}
    return [Finding("warning", "same_records", values)]


def _by_chance(records: pa.Table, names: list[str]) -> float:
    """Ten times the equal pairs that chance would give, were the columns independent.

    A few coarse columns agree often without anything being wrong; the ten are for columns that
    depend on each other.
    """
    pairs = records.num_rows * (records.num_rows - 1) / 2
    for name in names:
        counts = np.bincount(codes(records.column(name)) + 1)
        pairs *= float(((counts / records.num_rows) ** 2).sum())
    return 10 * pairs


def _pictures(table: pa.Table, column: Column, task: Task) -> list[Finding]:
    """The same picture under several records, and worse, under several labels."""
    sums = codes(pc.struct_field(table.column(column.name), "sha256"))
    known = np.flatnonzero(sums >= 0)
    later, first = repeats(sums[known])
    if not len(later):
        return []
    later, first = known[later], known[first]
    paths = pc.struct_field(table.column(column.name), "path")
    named = {"column": column.name, "of": len(known)}

    def pair(at: int) -> dict[str, str]:
        both = paths.take(pa.array([first[at], later[at]])).to_pylist()
        return {"first": str(both[0]), "second": str(both[1])}

    found = [Finding("warning", "same_pictures", {**named, "n": len(later), **pair(0)})]
    for label in task.inputs.of_role("label"):
        if label.name not in table.column_names or label.is_nested:
            continue
        given = codes(table.column(label.name))
        differs = (given[later] != given[first]) & (given[later] >= 0) & (given[first] >= 0)
        if differs.any():
            example = pair(int(np.flatnonzero(differs)[0]))
            values = {**named, "label": label.name, "n": int(differs.sum()), **example}
            found.append(Finding("warning", "picture_labels", values))
    return found


def _times(values: pa.ChunkedArray, column: Column, rows: np.ndarray) -> list[Finding]:
    there = pc.is_valid(values).to_numpy()
    rows = rows[there]
    moments = values.drop_null().cast(pa.int64()).to_numpy()
    latest = datetime.now(UTC) + _AHEAD
    found = []

    def tell(severity: str, key: str, wrong: np.ndarray) -> None:
        at = np.flatnonzero(wrong)
        if len(at):
            shown = pa.scalar(int(moments[at[0]]), pa.timestamp("us")).cast(pa.string()).as_py()
            place = {"row": int(rows[at[0]]), "received": shown}
            values = {"column": column.name, "n": len(at), "of": len(moments), **place}
            found.append(Finding(severity, key, values))

    tell("note", "time_order", np.diff(moments, prepend=moments[:1]) < 0)
    tell("warning", "time_future", moments > latest.timestamp() * 1e6)
    tell("warning", "time_past", moments < EARLIEST.timestamp() * 1e6)
    return found


def _entities(values: pa.ChunkedArray, column: Column) -> list[Finding]:
    counts = np.bincount(codes(values.drop_null()))
    once = int((counts == 1).sum())
    if 2 * once <= len(counts):
        return []
    return [
        Finding("warning", "entity_once", {"column": column.name, "n": once, "of": len(counts)})
    ]


def _feature(values: pa.ChunkedArray, column: Column, distinct: int) -> list[Finding]:
    """Empty, constant, or an id in disguise; at most one of them is told."""
    n, there = len(values), len(values) - values.null_count
    named = {"column": column.name}
    if there < (1 - MOSTLY_EMPTY) * n:
        return [Finding("warning", "mostly_empty", {**named, "share": 1 - there / n})]
    if column.is_nested or column.role != "feature" or there < 2:
        return []
    values = values.drop_null()
    if pc.all(pc.equal(values, values[0])).as_py():
        constant = str(values[0].cast(pa.string()).as_py())
        return [Finding("warning", "constant", {**named, "value": constant})]
    if column.dtype != "string" or there < LEAST_FOR_ID:
        return []
    if distinct > ID_LIKE * there:
        some = values.slice(0, _TEXT_SAMPLE)
        # Ids are one word with a digit in it; what people write is not.
        if pc.mean(pc.match_substring_regex(some, r"^\S*\d\S*$").cast(pa.int8())).as_py() > 0.9:
            example = values[0].as_py()
            return [Finding("warning", "id_like", {**named, "n": distinct, "example": example})]
    return []
