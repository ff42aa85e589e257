"""Which column of a person's file is likely which of ours: by its name, else by what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lepton_core.errors import DataError
from lepton_core.spec import FURTHER, Column, Spec

if TYPE_CHECKING:
    import pyarrow as pa

# Enough to tell dates from amounts; more would only take time.
_ROWS = 500


def guess(column: Column, found: Sequence[str]) -> str | None:
    """The likeliest of the file's columns, by its name alone.

    Example:
        >>> guess(Column("amount", "float64"), ["ts", "tx_amount", "card_no"])
        'tx_amount'
    """
    name = column.name.lower()
    inside = [theirs for theirs in found if name in theirs.lower()]
    if inside:
        return min(inside, key=len)
    lowered = {theirs.lower(): theirs for theirs in found}
    near = get_close_matches(name, lowered, n=1, cutoff=0.6)
    return lowered[near[0]] if near else None


def guess_all(spec: Spec, table: pa.Table, known: Mapping[str, str]) -> dict[str, str]:
    """Our column -> theirs, for as many as can be guessed; none of theirs twice.

    What no name tells, the values may: a column is taken where it alone, of those left, holds what
    ours would.

    Args:
        spec: ours.
        table: the file's records.
        known: our column -> theirs, as far as it is certain.

    Example:
        >>> import pyarrow as pa
        >>> spec = Spec((Column("when", "timestamp"), Column("price", "float64")))
        >>> table = pa.table({"Booked": ["2026-01-02", "2026-01-03"], "EUR": ["1,50", "2,75"]})
        >>> guess_all(spec, table, {})
        {'when': 'Booked', 'price': 'EUR'}
    """
    found = dict(known)
    spec = Spec(tuple(column for column in spec if column.name != FURTHER))
    for column in spec:
        left = [name for name in table.column_names if name not in found.values()]
        if column.name not in found and (named := guess(column, left)) is not None:
            found[column.name] = named
    head, open_ones = table.slice(0, _ROWS), [c for c in spec if c.name not in found]
    fits = {c.name: {n for n in head.column_names if _fits(head, n, c)} for c in open_ones}
    while True:
        left_over = set(head.column_names) - set(found.values())
        single = {
            name: next(iter(theirs & left_over))
            for name, theirs in fits.items()
            if name not in found and len(theirs & left_over) == 1
        }
        # One of theirs that alone fits two of ours is no guess for either.
        sure = {ours: n for ours, n in single.items() if list(single.values()).count(n) == 1}
        if not sure:
            return found
        found |= sure


def _fits(table: pa.Table, name: str, column: Column) -> bool:
    """Whether one of their columns could be read as ours without a single fault."""
    import pyarrow.compute as pc

    from lepton_core.checking import check

    values = table.column(name)
    if values.null_count == len(values):
        return False
    if column.dtype == "string":
        # Anything can be read as words; only what numbers the records can be told by its values.
        # The customer of an order line is an id, too, and comes again with each line.
        numbers = column.role == "id" and column.name == "record_id"
        return numbers and pc.count_distinct(values).as_py() == len(values)
    one = replace(column, required=True)
    try:
        return not len(check(table.select([name]).rename_columns([one.name]), Spec((one,))).rejects)
    except DataError:
        return False
