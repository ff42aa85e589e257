"""Records that only make sense together (an intersection's movements) stay in one batch.

A task names the columns that say which: ``Task.together``. Records that follow each other with the
same values there are a unit. No batch cuts one, and a unit of which one record is refused is
refused as a whole: a plan without one of the movements would be wrong and look right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from lepton_core.checking import Checked

_BETWEEN = "\x1f"


def unit_names(table: pa.Table, columns: Sequence[str]) -> pa.Array:
    """What a record's unit is called, string [n]; an empty cell, or a column absent, is ``""``.

    Example:
        >>> table = pa.table({"place": ["a", "a"], "period": [7, None]})
        >>> [name.split("\\x1f") for name in unit_names(table, ("place", "period")).to_pylist()]
        [['a', '7'], ['a', '']]
    """
    parts = [
        pc.utf8_trim_whitespace(pc.fill_null(table.column(name).cast(pa.string()), ""))
        for name in columns
        if name in table.column_names
    ]
    if not parts:
        return pa.array([""] * table.num_rows, pa.string())
    joined = pc.binary_join_element_wise(*parts, _BETWEEN)
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def unit_starts(names: pa.Array) -> np.ndarray:
    """Where a unit begins, ascending int64; the first is 0, unless there is no record.

    Example:
        >>> unit_starts(pa.array(["a", "a", "b", "a"])).tolist()
        [0, 2, 3]
    """
    if not len(names):
        return np.empty(0, np.int64)
    codes = names.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    return np.append(0, np.flatnonzero(np.diff(codes)) + 1).astype(np.int64)


def whole_units(batches: Iterable[pa.Table], columns: Sequence[str]) -> Iterator[pa.Table]:
    """The same records, cut so that no batch ends within a unit; a long unit makes a long batch.

    Args:
        batches: of one source, in order.
        columns: see :attr:`lepton_core.solution.Task.together`; none changes nothing.

    Example:
        >>> parts = [pa.table({"place": list(text)}) for text in ("aab", "bb", "c")]
        >>> ["".join(b["place"].to_pylist()) for b in whole_units(parts, ("place",))]
        ['aa', 'bbb', 'c']
    """
    if not columns:
        yield from batches
        return
    held: pa.Table | None = None
    for batch in batches:
        held = batch if held is None else pa.concat_tables([held, batch])
        starts = unit_starts(unit_names(held, columns))
        if len(starts) > 1:
            # The last unit may go on in the next batch.
            until = int(starts[-1])
            yield held.slice(0, until)
            held = held.slice(until)
    if held is not None:
        yield held


def first_units(batch: pa.Table, columns: Sequence[str], least: int) -> pa.Table:
    """The first ``least`` records, and those that the last of them belongs with."""
    starts = unit_starts(unit_names(batch, columns)) if columns else np.arange(batch.num_rows)
    ends = np.append(starts[1:], batch.num_rows)
    return batch.slice(0, int(ends[np.searchsorted(ends, least)]) if least < ends[-1] else None)


def without_broken_units(
    checked: Checked, records: pa.Table, columns: Sequence[str], first_row: int
) -> Checked:
    """The checked records less those whose unit lost one; they are refused with that reason.

    Args:
        checked: of ``records``.
        records: as they were read, [n].
        columns: see :attr:`lepton_core.solution.Task.together`.
        first_row: where the first of ``records`` stands in the input as a whole.
    """
    if not columns or not len(checked.rejects):
        return checked
    units = _units(records, columns)
    broken = {int(units[one.row - first_row]): one.record_id for one in checked.rejects}
    mates = np.isin(units[checked.rows - first_row], list(broken))
    ids = checked.table.column("record_id")
    for at in np.flatnonzero(mates).tolist():
        row = int(checked.rows[at])
        other = broken[int(units[row - first_row])] or "-"
        checked.rejects.add(row, ids[at].as_py(), "unit", other=other)
    kept = np.flatnonzero(~mates)
    return type(checked)(checked.table.take(pa.array(kept)), checked.rows[kept], checked.rejects)


def without_mates(
    table: pa.Table, columns: Sequence[str], fresh: np.ndarray, repeats: np.ndarray
) -> tuple[np.ndarray, dict[int, str]]:
    """The fresh records whose units have no repeated one; and who goes, with that one's id.

    Args:
        table: checked records.
        columns: see :attr:`lepton_core.solution.Task.together`; none leaves ``fresh`` as it is.
        fresh: positions of records met for the first time.
        repeats: positions of those whose ids came before.

    Example:
        >>> table = pa.table({"record_id": list("aba"), "place": ["x", "x", "x"]})
        >>> without_mates(table, ("place",), np.array([0, 1]), np.array([2]))
        (array([], dtype=int64), {0: 'a', 1: 'a'})
    """
    if not columns or not len(repeats):
        return fresh, {}
    units = _units(table, columns)
    ids = table.column("record_id")
    broken = {int(units[at]): ids[at].as_py() for at in repeats.tolist()}
    gone = {int(at): broken[int(units[at])] for at in fresh.tolist() if int(units[at]) in broken}
    return np.array([at for at in fresh.tolist() if at not in gone], np.int64), gone


def _units(table: pa.Table, columns: Sequence[str]) -> np.ndarray:
    """Of which unit each record is, counted from 0, int64 [n]."""
    starts = unit_starts(unit_names(table, columns))
    return np.searchsorted(starts, np.arange(table.num_rows), side="right") - 1
