"""A person's table as records of the task: their columns under our names, parts as subgroups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from lepton_core.rejects import Rejects

from .pareto import class_counts
from .reading import GOOD, Fault, Part, is_measured, read
from .task import INPUTS

# Length of what parts are put together by, in seconds.
PERIODS = {"hour": 3600, "shift": 8 * 3600, "day": 24 * 3600, "week": 7 * 24 * 3600}
# Weeks begin on Monday, shifts at 6, 14 and 22 o'clock UTC; 1970 began on a Thursday.
_BEGIN = {"hour": 0, "shift": 6 * 3600, "day": 0, "week": 4 * 24 * 3600}


def as_records(table: pa.Table, mapping: Mapping[str, str], wide: Sequence[str] = ()) -> pa.Table:
    """Records under our names; without an id their row's number is one.

    Args:
        table: as read.
        mapping: our column -> theirs.
        wide: columns that each hold one of a subgroup's measured values; they become ``values``.

    Returns:
        the mapped columns with ``record_id``; what is in them is not checked.

    Example:
        >>> table = pa.table({"x1": [7.1, 7.3], "x2": [7.2, None]})
        >>> as_records(table, {}, ["x1", "x2"]).to_pydict()
        {'record_id': ['row 1', 'row 2'], 'values': ['7.1 7.2', '7.3']}
    """
    columns: dict[str, pa.ChunkedArray | pa.Array] = {}
    if "record_id" not in mapping:
        columns["record_id"] = pa.array([f"row {row}" for row in range(1, len(table) + 1)])
    for ours, theirs in mapping.items():
        columns[ours] = table.column(theirs)
    if wide:
        rows = zip(*(table.column(name).to_pylist() for name in wide), strict=True)
        joined = [" ".join(str(v) for v in row if v is not None and v != "") for row in rows]
        columns["values"] = pa.array(joined, pa.string())
    return pa.table(columns)


def usable(records: pa.Table, kind: str, unsure: str = "good") -> tuple[pa.Table, Rejects]:
    """The records that a chart can take, and why the others cannot be.

    A baseline is a share of the usable ones: the first records of a file may all be refused.

    Args:
        records: checked records.
        kind: the chart's kind.
        unsure: what an unsure verdict counts as.
    """
    rejects, kept = Rejects(), []
    ids = records.column("record_id").to_pylist()
    for row, reading in enumerate(read(records, kind, unsure)):
        if isinstance(reading, Fault):
            rejects.add(row, ids[row], reading.key, **reading.values)
        else:
            kept.append(row)
    return records.take(pa.array(kept, pa.int64())), rejects


def group_parts(records: pa.Table, kind: str, by: str, unsure: str = "good") -> pa.Table:
    """Parts put together by a period of time or by their ``subgroup``, per line, in order.

    Args:
        records: checked records; those that are subgroups already are left as they are.
        kind: the chart's kind.
        by: one of ``PERIODS``, or ``subgroup``.
        unsure: what an unsure verdict counts as.

    Returns:
        checked records, one a subgroup: counts, or measured values. Parts without a time (or
        subgroup) are left out, and what cannot be read is left for the task to refuse.
    """
    keys = _keys(records, by)
    lines = records.column("line").to_pylist()
    ids, times = records.column("record_id").to_pylist(), records.column("time").to_pylist()
    gathered: dict[tuple[str, object], list[tuple[int, float]]] = {}
    single: list[int] = []
    for row, reading in enumerate(read(records, kind, unsure)):
        if isinstance(reading, Part):
            if keys[row] is not None:
                place = (lines[row] or "", keys[row])
                gathered.setdefault(place, []).append((row, reading.value))
        else:
            single.append(row)
    if not gathered:
        return records
    rows = []
    for (line, key), parts in gathered.items():
        values = [value for _, value in parts]
        first = parts[0][0]
        one: dict[str, object] = {
            "record_id": ids[first],
            "time": times[first],
            "line": line or None,
            "subgroup": _name(key),
        }
        if is_measured(kind):
            one["values"] = " ".join(map(repr, values))
        else:
            counted = "defective" if kind in ("p", "np") else "defect_count"
            one |= {"inspected": len(values), counted: round(sum(values))}
        rows.append((first, one))
    whole = records.to_pylist()
    rows += [(row, whole[row]) for row in single]
    ordered = [one for _, one in sorted(rows, key=lambda pair: pair[0])]
    return pa.Table.from_pylist(ordered, schema=INPUTS.arrow_schema())


def _keys(records: pa.Table, by: str) -> list[object]:
    if by == "subgroup":
        return list(records.column("subgroup").to_pylist())
    seconds = records.column("time").cast(pa.int64()).to_pylist()
    length, begin = PERIODS[by], _BEGIN[by]
    return [
        None if us is None else (us // 1_000_000 - begin) // length * length + begin
        for us in seconds
    ]


def _name(key: object) -> str:
    if isinstance(key, int) and not isinstance(key, bool):
        return f"{datetime.fromtimestamp(key, UTC):%Y-%m-%d %H:%M}"
    return str(key)


def class_totals(table: pa.Table) -> dict[str, int]:
    """Defects by class, from ``defect_classes`` ("scratch=3 dent=1") or else from ``label``."""
    if "defect_classes" not in table.column_names:
        if "label" not in table.column_names:
            return {}
        return class_counts(table.column("label").cast(pa.string()).to_pylist(), GOOD)
    totals: dict[str, int] = {}
    for text in table.column("defect_classes").to_pylist():
        for word in (text or "").split():
            name, _, count = word.rpartition("=")
            if name and count.isdigit():
                totals[name] = totals.get(name, 0) + int(count)
    return totals


def numbers_of(records: pa.Table) -> list[np.ndarray]:
    """The measured values of each record, in order: subgroups, or single values."""
    from .evaluation import measured_subgroups

    return measured_subgroups(records)
