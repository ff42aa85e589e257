"""Looks at the records that a client brings: what is there, what is missing, what is suspicious."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.box_cells import BOXES, TRACKS
from lepton_core.checking import Checked, check
from lepton_core.data.labels import find_label_faults
from lepton_core.data.lookup import Dataset
from lepton_core.data.mapping import ColumnMatch, match_columns, match_source
from lepton_core.data.reading import load_records, numbered, with_dates
from lepton_core.data.report import SEVERITIES, ColumnFound, DataReport, Finding, Refusal
from lepton_core.data.suspicions import find_suspicions
from lepton_core.errors import DataError
from lepton_core.frames import FRAME
from lepton_core.list_cells import is_plain_list
from lepton_core.records.opening import takes_pictures
from lepton_core.records.picture_list import is_list
from lepton_core.records.table import read_table
from lepton_core.rejects import Rejects
from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

# Where more than this part of the records is refused, the fault is rather in the columns chosen.
MANY_REFUSED = 0.05
_NESTED = {BOXES: "boxes", TRACKS: "tracks", FRAME: "frame"}


@dataclass(frozen=True)
class Inspected:
    """A report, and what was read and checked for it, so that no one has to do so again.

    Args:
        report: what was found.
        checked: the records against the task's Spec; None where a required column is missing or
            a column cannot be read at all.
        dataset: the data set, where a name was given.
    """

    report: DataReport
    checked: Checked | None
    dataset: Dataset | None


def inspect(
    records: pa.Table | str | Path,
    task: Task,
    mapping: Mapping[str, str] | None = None,
    note: Callable[[str], None] | None = None,
) -> DataReport:
    """What records are like, for the task that shall learn from them.

    Faults of the records never raise; they are findings of the report.

    Args:
        records: a table as the client has it, a file, or a data set's name.
        task: what they are for.
        mapping: their column name -> ours, as a person said.
        note: told what was found beside pictures.

    Raises:
        DataError: the file cannot be found or read, or the mapping does not fit.

    Example:
        >>> from lepton_core.solution import find_task
        >>> task = find_task("fraud_rnn/transactions")
        >>> report = inspect(pa.table({"Record ID": ["a"], "betrag": ["9.5"]}), task)
        >>> dict(report.match.guessed), [f.key for f in report.errors]
        ({'Record ID': 'record_id'}, ['missing_columns', 'missing_label'])
    """
    return inspect_source(records, task, mapping, note).report


def inspect_source(
    records: pa.Table | str | Path,
    task: Task,
    mapping: Mapping[str, str] | None = None,
    note: Callable[[str], None] | None = None,
) -> Inspected:
    """As :func:`inspect`, with the checked records; see there."""
    declared = task.inputs
    if isinstance(records, pa.Table):
        match = match_columns(records.column_names, task, mapping)
        task = _over(task, match)
        table = _ours(records, match, task)
        return _look(table, task, declared, match, "input", None)
    located, match = match_source(records, task, mapping)
    by_rows = task.inputs.by_rows is not None
    if not match.found or by_rows or (takes_pictures(task.inputs) and is_list(located.path)):
        loaded = load_records(records, task.inputs, match.mapping, note)
        # Some columns are made of the files themselves.
        made = [name for name in loaded.table.column_names if match.theirs(name) is None]
        match = replace(match, found=(*match.found, *made))
        task = _over(task, match)
        return _look(
            loaded.table, task, declared, match, loaded.source, loaded.dataset, loaded.rejects
        )
    task = _over(task, match)
    wanted = [name for name in task.inputs.names if match.theirs(name)]
    # Where nothing fits, any column tells at least how many records there are.
    table = read_table(located.path, match.mapping, columns=wanted or match.found[:1])
    table = with_dates(table, task.inputs, located.dataset, located.source)
    given = table if not wanted else numbered(table, task.inputs)
    return _look(given, task, declared, match, located.source, located.dataset)


def _over(task: Task, match: ColumnMatch) -> Task:
    """The task with a column for each further one of the file, where it takes such."""
    inputs = task.inputs.over(match.mapping.get(name, name) for name in match.found)
    return replace(task, inputs=inputs)


def _ours(table: pa.Table, match: ColumnMatch, task: Task) -> pa.Table:
    pairs = [(theirs, name) for name in task.inputs.names if (theirs := match.theirs(name))]
    absent = [theirs for theirs in match.mapping if theirs not in table.column_names]
    if absent:
        found = ", ".join(table.column_names)
        hint = f"--map THEIR_COLUMN={match.mapping[absent[0]]}"
        raise DataError(
            "data.map_unknown", source="input", column=absent[0], found=found, hint=hint
        )
    if not pairs:
        return table
    return table.select([theirs for theirs, _ in pairs]).rename_columns([name for _, name in pairs])


def _look(
    table: pa.Table,
    task: Task,
    declared: Spec,
    match: ColumnMatch,
    source: str,
    dataset: Dataset | None,
    lines: Rejects | None = None,
) -> Inspected:
    """What is found in a table.

    Args:
        table: its columns under our names.
        task: what the records are for, with a column for each further one of the file.
        declared: what the task declares, by which the check tells further columns.
        match: their columns and ours.
        source: where the table came from, for messages.
        dataset: the data set, where a name was given.
        lines: those that were refused before records were made of the others.
    """
    checked, unreadable = _check(table, declared, source)
    missing = _missing(table, task, match)
    findings = [*missing, *(Finding("error", "unreadable", values) for values in unreadable)]
    alone = _left_alone(table, checked, declared)
    if alone:
        theirs = ", ".join(match.theirs(name) or name for name in alone)
        findings.append(Finding("note", "left_alone", {"columns": theirs}))
    findings += _refused(checked, table.num_rows)
    sampled = 0
    by_reason = (*_by_reason(checked.rejects), *_by_reason(lines or Rejects()))
    columns = _columns(table, checked, task.inputs, match, by_reason)
    wanted = checked.table.column_names
    if checked.table.num_rows:
        # Optional columns that are absent stand in the checked table as nulls.
        looked_at = set(table.column_names).difference(alone)
        there = checked.table.select([name for name in wanted if name in looked_at])
        found, sampled = find_label_faults(there, task, match)
        distinct = {column.name: column.distinct or 0 for column in columns}
        findings += [*found, *find_suspicions(there, checked.rows, task, distinct)]
    findings = [one for one in findings if one.key not in task.accepts]
    report = DataReport(
        source=source,
        task=task.name,
        records=table.num_rows,
        accepted=table.num_rows - len(checked.rejects),
        columns=tuple(columns),
        unused=_unused(match, task.inputs),
        match=match,
        refused=by_reason,
        findings=tuple(sorted(findings, key=lambda one: SEVERITIES.index(one.severity))),
        sampled=sampled,
    )
    whole = wanted == list(task.inputs.names)
    return Inspected(report, checked if whole else None, dataset)


def _check(table: pa.Table, spec: Spec, source: str) -> tuple[Checked, list[dict[str, Any]]]:
    """Check what can be checked; columns that cannot be read at all are told and left out."""
    left = [c for c in spec if c.name in table.column_names or not c.required]
    unreadable: list[dict[str, Any]] = []
    while True:
        try:
            return check(table, Spec(tuple(left)), source), unreadable
        except DataError as error:
            if error.key != "data.wrong_type":
                raise
            names = ("column", "expected", "received", "examples")
            unreadable.append({name: error.values[name] for name in names})
            left = [column for column in left if column.name != error.values["column"]]
            table = table.drop_columns([str(error.values["column"])])


def _left_alone(table: pa.Table, checked: Checked, declared: Spec) -> list[str]:
    """Further columns of the file that hold no number at all, under our names."""
    accepted = checked.table
    further = [name for name in table.column_names if name not in declared]
    # Where every record is refused, nothing is known of a column.
    there = [name for name in further if name in accepted.column_names]
    return [n for n in there if 0 < accepted.num_rows == accepted[n].null_count]


def _missing(table: pa.Table, task: Task, match: ColumnMatch) -> list[Finding]:
    findings = []
    absent = [column for column in task.inputs if column.name not in table.column_names]
    # What is marked in a picture tells what it shows.
    marks = any(c.is_nested and c not in absent for c in task.inputs.of_role("label"))
    required = [column.name for column in absent if column.required and column.role != "label"]
    if required:
        values = {
            "missing": ", ".join(required),
            "found": ", ".join(match.found),
            "hint": " ".join(map(match.option, required)),
        }
        findings.append(Finding("error", "missing_columns", values))
    for column in task.inputs.of_role("id"):
        if match.theirs(column.name) is None and column.name in table.column_names:
            values = {"column": column.name, "hint": match.option(column.name)}
            findings.append(Finding("note", "numbered", values))
    for column in absent:
        values = {"column": column.name, "hint": match.option(column.name)}
        if column.role == "label" and not (marks or column.is_nested):
            findings.append(Finding("error", "missing_label", values))
        elif not column.required and column.name in match.suggested:
            findings.append(Finding("note", "optional_suggested", values))
    return findings


def _refused(checked: Checked, n: int) -> list[Finding]:
    """A finding where so many records are refused that the columns may be the wrong ones."""
    refused = len(checked.rejects)
    if not refused or refused <= MANY_REFUSED * n:
        return []
    reasons = ", ".join(f"{key} {count:,}" for key, count in checked.rejects.counts().items())
    key, severity = ("all_refused", "error") if refused == n else ("refused", "warning")
    return [Finding(severity, key, {"n": refused, "of": n, "reasons": reasons})]


def _by_reason(rejects: Rejects) -> tuple[Refusal, ...]:
    first: dict[tuple[str, str], Refusal] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for reject in rejects:
        for reason, values in reject.reasons:
            place = reason, str(values.get("column", ""))
            counts[place] += 1
            if place not in first:
                first[place] = Refusal(*place, 1, reject.row, reject.record_id, values)
    return tuple(replace(first[place], n=n) for place, n in counts.most_common())


def _unused(match: ColumnMatch, spec: Spec) -> tuple[str, ...]:
    """Their columns that are read as none of ours."""
    names = (*spec.names, *(() if spec.by_rows is None else spec.by_rows.names))
    used = {match.theirs(name) for name in names}
    return tuple(name for name in match.found if name not in used)


def _columns(
    table: pa.Table, checked: Checked, spec: Spec, match: ColumnMatch, refused: tuple[Refusal, ...]
) -> list[ColumnFound]:
    faults: Counter[str] = Counter()
    for one in refused:
        faults[one.column] += one.n if one.reason != "null" else 0
    found = []
    for column in spec:
        fixed = (column.dtype, column.required)
        if column.name not in table.column_names:
            found.append(ColumnFound(column.name, None, column.role, "", *fixed))
            continue
        raw = table.column(column.name)
        theirs = match.theirs(column.name) or column.name
        there = ColumnFound(column.name, theirs, column.role, _kind(raw.type), *fixed)
        there = replace(there, empty=_empty(raw), refused=faults[column.name])
        if column.name in checked.table.column_names:
            there = replace(there, **_values(checked.table.column(column.name), column))
        else:
            there = replace(there, refused=table.num_rows - raw.null_count)
        found.append(there)
    return found


def _item(column: Column) -> Column:
    """What stands for one value of a column's lists."""
    return Column(column.name, column.item)


def _kind(kind: pa.DataType) -> str:
    """An Arrow type in the words of a Spec, where it has them."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_struct(kind) and kind.get_field_index("sha256") >= 0:
        return "image"
    if kind in _NESTED:
        return _NESTED[kind]
    if is_plain_list(kind):
        return f"list<{_kind(kind.value_type)}>"
    return {"large_string": "string", "double": "float64", "float": "float32"}.get(
        str(kind), str(kind)
    )


def _empty(raw: pa.ChunkedArray) -> float:
    """Part of a column's cells without a value, 0 to 1; blank text is none."""
    empty = raw.null_count
    if pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type):
        empty += pc.sum(pc.equal(pc.utf8_trim_whitespace(raw), "")).as_py() or 0
    return empty / len(raw) if len(raw) else 0.0


def _values(values: pa.ChunkedArray, column: Column) -> dict[str, Any]:
    """Smallest and largest, or the number of distinct values, of what was accepted."""
    if column.dtype in ("frame", "tracks"):
        return {}
    if column.is_list:
        return _values(pa.chunked_array([values.combine_chunks().flatten()]), _item(column))
    if column.dtype == "image":
        return {"distinct": pc.count_distinct(pc.struct_field(values, "sha256")).as_py()}
    if column.dtype == "boxes":
        labels = pc.struct_field(values.combine_chunks().flatten(), "label")
        return {"distinct": pc.count_distinct(labels).as_py()}
    if column.dtype in ("string", "bool"):
        return {"distinct": pc.count_distinct(values).as_py()}
    ends = pc.min_max(values)
    low, high = ends["min"], ends["max"]
    if column.dtype == "timestamp":
        # Through text: as Python objects, times would load pandas where it is installed.
        low, high = low.cast(pa.string()), high.cast(pa.string())
    return {"low": low.as_py(), "high": high.as_py()}
