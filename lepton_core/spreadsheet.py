"""Tables for spreadsheets: as CSV, such that no cell of a person's data is run as a formula."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa

# A cell that begins with one of these is run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def shown_cell(value: Any) -> Any:
    """A value that a spreadsheet shows as it is and does not run; in front of a text an apostrophe.

    Example:
        >>> shown_cell("=HYPERLINK(1)"), shown_cell("a.png"), shown_cell(-0.5)
        ("'=HYPERLINK(1)", 'a.png', -0.5)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def to_csv(table: pa.Table) -> bytes:
    """A table as a CSV file that a spreadsheet can open without running anything in it.

    Args:
        table: of single values; nested columns are flattened before.

    Source:
        OWASP, CSV Injection.

    Example:
        >>> to_csv(pa.table({"note": ["=1+1", "fine"], "x": [-1, 2]})).decode().split()
        ['"note","x"', '"\\'=1+1",-1', '"fine",2']
    """
    import pyarrow.csv

    for place, field in enumerate(table.schema):
        column = table.column(place)
        if pa.types.is_dictionary(field.type):
            column = column.cast(field.type.value_type)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = pa.array([shown_cell(value) for value in column.to_pylist()], column.type)
        table = table.set_column(place, shown_cell(field.name), column)
    sink = io.BytesIO()
    pyarrow.csv.write_csv(table, sink)
    return sink.getvalue()
