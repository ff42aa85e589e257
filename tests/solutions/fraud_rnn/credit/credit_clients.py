"""Clients changed in one respect, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from solutions.fraud_rnn.credit.task import INPUTS, MONTHS


def client(**values: Any) -> dict[str, Any]:
    """A steady client who uses a third of the limit and pays a tenth of each bill in time."""
    record: dict[str, Any] = {"record_id": "a", "limit": 120_000.0, "age": 35.0}
    for month in range(1, MONTHS + 1):
        record |= {f"delay_{month}": 0, f"bill_{month}": 40_000.0, f"paid_{month}": 4_000.0}
    return record | values


def records(*some: Mapping[str, Any]) -> pa.Table:
    """Records in the Spec's types; ids by number where they would repeat."""
    rows = [{**one, "record_id": f"{number}"} for number, one in enumerate(some)]
    schema = INPUTS.arrow_schema()
    return pa.Table.from_pylist([{n: row.get(n) for n in schema.names} for row in rows], schema)


def with_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    """The table with other values in one column."""
    at = table.column_names.index(name)
    return table.set_column(at, name, values if isinstance(values, pa.Array) else pa.array(values))


def months_of(table: pa.Table, order: list[int]) -> pa.Table:
    """The months of all clients in another order.

    Args:
        order: which month, 1 the latest, stands first, second... from the latest back.
    """
    changed = table
    for name in ("delay", "bill", "paid"):
        for month, source in enumerate(order, start=1):
            changed = with_column(
                changed, f"{name}_{month}", table[f"{name}_{source}"].combine_chunks()
            )
    return changed
