"""A table with one row an event (order lines) as records that are histories, one an entity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.checking import Checked, check
from lepton_core.messages import t
from lepton_core.records.returns import after_returns
from lepton_core.records.source import Closing, RecordReader
from lepton_core.records.table import open_table, read_table
from lepton_core.rejects import Rejects
from lepton_core.spec import Spec

# A record holds a whole history: a batch of as many as of plain rows would be much larger.
HISTORY_BATCH_ROWS = 2_048


@dataclass(frozen=True)
class Histories:
    """Records made of the lines of a table.

    Args:
        table: one record an entity, in the order in which they first occur; columns of the Spec.
        rejects: the lines that were refused; ``row`` counts lines from 0.
        counts: ``lines`` in all, ``duplicates`` left out, lines that came ``unordered``, purchases
            taken back (``returned``) and returns without a purchase (``unmatched``).
    """

    table: pa.Table
    rejects: Rejects = field(default_factory=Rejects)
    counts: Mapping[str, int] = field(default_factory=dict)

    def lines(self, language: str | None = None) -> list[str]:
        """What was made of the lines, in sentences."""
        counts = dict(self.counts)
        n = {"lines": counts.pop("lines", 0), "records": self.table.num_rows}
        told = [t("histories.made", language=language, **n)]
        told += [t(f"histories.{key}", language=language, n=n) for key, n in counts.items() if n]
        if len(self.rejects):
            reasons = ", ".join(f"{key} {n:,}" for key, n in self.rejects.counts().items())
            told.append(
                t("histories.refused", language=language, n=len(self.rejects), reasons=reasons)
            )
        return told


def histories(table: pa.Table, spec: Spec, source: str = "input") -> Histories:
    """Group the lines of a table by their entity, each one's in order of time.

    Lines that are alike in all that is read, time included, count once. A quantity below 0 takes
    back what the same entity had bought of the same item before, the latest first; a purchase that
    is taken back in full leaves the history. Without times the order of the lines is that of time,
    and equal lines are several purchases.

    Args:
        table: raw lines under the names of ``spec.by_rows``, in any order.
        spec: what a record is.
        source: where the lines came from, for messages.

    Raises:
        DataError: a column is missing, or one has no readable value at all.
        ValueError: records of this Spec are no histories.

    Example:
        >>> from lepton_core.spec import Column
        >>> spec = Spec((Column("record_id", "string", "id", rows="user"),
        ...              Column("items", "list<string>", rows="item"),
        ...              Column("times", "list<timestamp>", "meta", False, rows="time")))
        >>> lines = pa.table({"user": ["u", "v", "u", None], "item": ["b", "c", "a", "d"],
        ...                   "time": ["2026-01-02", "2026-01-01", "2026-01-01", "2026-01-01"]})
        >>> made = histories(lines, spec)
        >>> made.table.select(["record_id", "items"]).to_pylist(), made.rejects.counts()
        ([{'record_id': 'u', 'items': ['a', 'b']}, {'record_id': 'v', 'items': ['c']}], {'null': 1})
    """
    rows = spec.by_rows
    if rows is None:
        raise ValueError(f"records of this Spec are no histories: {spec.names}")
    time = next((c.name for c in rows.of_role("time") if c.name in table.column_names), None)
    # Where lines have a time, one without it has no place in its history.
    asked = Spec(tuple(replace(c, required=c.required or c.name == time) for c in rows))
    lines = _without_zeros(check(table, asked, source), asked)
    there = [c.name for c in rows if c.name in table.column_names]
    given = lines.table
    codes = {name: _codes(given.column(name)) for name in there}
    entity = next(c.name for c in rows if c.role == "id")
    when = np.zeros(given.num_rows, np.int64)
    if time is not None:
        when = given.column(time).cast(pa.int64()).to_numpy()
    first = np.arange(given.num_rows) if time is None else _once(codes, when)
    of, amount = codes[entity][first], _quantity(given, rows)[first]
    # A return stands behind what was bought at the same moment.
    order = np.lexsort((first, amount < 0, when[first], of))
    counts = {
        "lines": table.num_rows,
        "duplicates": given.num_rows - len(first),
        "unordered": _unordered(of, when[first]),
    }
    item = next(c.name for c in rows if c.required and c.role != "id")
    left, returns = after_returns(of[order], codes[item][first][order], amount[order])
    kept = np.isnan(left) | (left > 0)
    at, counts = first[order][kept], counts | returns
    names, lengths = _entities(given.column(entity), codes[entity], at)
    columns: dict[str, pa.Array] = {}
    for column in spec:
        if column.role == "id":
            columns[column.name] = names
        elif column.rows in there:
            values = given.column(column.rows).take(pa.array(at)).combine_chunks()
            if column.role == "quantity":
                values = pa.array(left[kept], from_pandas=True).cast(values.type)
            columns[column.name] = _lists(values, lengths)
        elif column.role == "as_of" and time is not None:
            latest = pc.max(given.column(time))
            columns[column.name] = pa.repeat(latest, len(names))
    return Histories(pa.table(columns), lines.rejects, counts)


class HistoryReader(Closing):
    """Histories made of the lines of one file, a batch at a time.

    Attributes:
        source: the file's path as text, for messages.
        schema_names: the columns delivered.
        rows_total: the number of records.
        rejects: the lines that were refused.
        notes: what was made of the lines, for people.
    """

    def __init__(self, path: Path, made: Histories, batch_rows: int) -> None:
        self.source = str(path)
        self.schema_names = tuple(made.table.column_names)
        self.rows_total = made.table.num_rows
        self.rejects = made.rejects
        self.notes = made.lines("en")
        self._table: pa.Table | None = made.table
        self._rows = batch_rows

    def batches(self) -> Iterator[pa.Table]:
        """Tables of at most ``batch_rows`` records."""
        at = 0
        while self._table is not None and at < self._table.num_rows:
            yield self._table.slice(at, self._rows)
            at += self._rows

    def close(self) -> None:
        """Let go of the records."""
        self._table = None


def open_histories(
    path: str | Path,
    spec: Spec,
    mapping: Mapping[str, str] | None = None,
    extra: Sequence[str] = (),
    batch_rows: int = HISTORY_BATCH_ROWS,
) -> RecordReader:
    """Open a table of histories, or one with a row an event, which is read as a whole.

    Arguments and errors are those of :func:`~lepton_core.records.table.open_table`; columns of
    ``extra`` are delivered of a table of histories alone.
    """
    mapping = mapping or {}
    with open_table(path, batch_rows=1) as reader:
        found = [mapping.get(name, name) for name in reader.schema_names]
    form = spec.form(found)
    if form is spec:
        return open_table(path, mapping, batch_rows=batch_rows, spec=spec, extra=extra)
    lines = read_table(path, mapping, spec=form)
    return HistoryReader(Path(path), histories(lines, spec, str(path)), batch_rows)


def _without_zeros(checked: Checked, rows: Spec) -> Checked:
    """The lines less those of a quantity of nothing, which say that nothing was bought."""
    names = [column.name for column in rows.of_role("quantity")]
    for name in names:
        zero = pc.fill_null(pc.equal(checked.table.column(name), 0), False)
        nothing = np.flatnonzero(zero.to_numpy())
        ids = checked.table.column(_entity(rows)).take(pa.array(nothing)).to_pylist()
        for row, record_id in zip(checked.rows[nothing].tolist(), ids, strict=True):
            checked.rejects.add(row, record_id, "zero_quantity", column=name)
        keep = ~zero.to_numpy()
        checked = Checked(checked.table.filter(pa.array(keep)), checked.rows[keep], checked.rejects)
    return checked


def _entity(rows: Spec) -> str:
    return rows.of_role("id")[0].name


def _codes(values: pa.ChunkedArray) -> np.ndarray:
    """Equal values have one number, int64 [n], in the order in which they first occur."""
    encoded = values.combine_chunks().dictionary_encode(null_encoding="encode")
    return encoded.indices.to_numpy().astype(np.int64)


def _once(codes: Mapping[str, np.ndarray], when: np.ndarray) -> np.ndarray:
    """The first of each kind of line, int64 [m] ascending."""
    keys = [when, *codes.values()]
    order = np.lexsort(keys)
    same = np.ones(len(order), bool)
    for key in keys:
        same[1:] &= np.diff(key[order]) == 0
    same[:1] = False
    return np.sort(order[~same])


def _quantity(table: pa.Table, rows: Spec) -> np.ndarray:
    """float64 [n], NaN where nobody says how many."""
    for column in rows.of_role("quantity"):
        return table.column(column.name).cast(pa.float64()).to_numpy()
    return np.full(table.num_rows, np.nan)


def _unordered(of: np.ndarray, when: np.ndarray) -> int:
    """How many lines come before an earlier one of their entity."""
    order = np.argsort(of, kind="stable")
    back = (np.diff(when[order]) < 0) & (np.diff(of[order]) == 0)
    return int(back.sum())


def _entities(
    values: pa.ChunkedArray, codes: np.ndarray, at: np.ndarray
) -> tuple[pa.Array, np.ndarray]:
    """Every entity's id, strings [m], and how many lines of it are left, int64 [m]."""
    names = pc.unique(values).cast(pa.string())
    return names, np.bincount(codes[at], minlength=len(names))


def _lists(values: pa.Array, lengths: np.ndarray) -> pa.ListArray:
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)
