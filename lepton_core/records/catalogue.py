"""A client's catalogue of items: a table with one row an item, read for a ranking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.checking import check
from lepton_core.decision.catalogue import Catalogue
from lepton_core.errors import DataError
from lepton_core.recent import RecentIds
from lepton_core.spec import Column, Spec

CATALOGUE = Spec(
    (
        Column("item", "string", "id", description="id of the item, as in the orders"),
        Column("title", "string", required=False, description="what people call it"),
        Column("category", "string", required=False, description="where it stands in the shop"),
        Column("price", "float64", low=0, required=False, description="of a piece"),
        Column("margin", "float64", required=False, description="what a piece earns"),
        Column("stock", "float64", low=0, required=False, description="pieces there are"),
    )
)


def read_catalogue(
    source: str | Path,
    known: Catalogue | None = None,
    mapping: Mapping[str, str] | None = None,
    note: Callable[[str], None] | None = None,
) -> pa.Table:
    """The rows of a catalogue that can be used, each item once: of several rows the first.

    Args:
        source: a data set's name, or a CSV, Parquet or JSON lines file.
        known: the items that it shall tell of; None for any.
        mapping: their column name -> ours.
        note: told what was refused.

    Returns:
        ``item`` and those of ``title category price margin stock`` that the file has.

    Raises:
        DataError: it cannot be read, lacks ``item``, or tells of none of the known items.
    """
    from lepton_core.data.lookup import resolve
    from lepton_core.records.table import read_table

    located = resolve(source, mapping, CATALOGUE)
    table = read_table(located.path, located.mapping, spec=CATALOGUE)
    checked = check(table, CATALOGUE, str(source))
    if note is not None and len(checked.rejects):
        note(f"{len(checked.rejects):,} items of {source} left out: {checked.rejects.counts()}")
    fresh, repeats = RecentIds().split(checked.table.column("item").combine_chunks())
    if note is not None and len(repeats):
        note(f"{len(repeats):,} rows of {source} left out: their item came before.")
    there = [name for name in CATALOGUE.names if name in table.column_names]
    found = checked.table.select(there).take(pa.array(fresh))
    if known is not None and not np.any(known.codes(found.column("item")) >= 0):
        example = known.ids[0] if len(known) else "-"
        raise DataError("rank.no_items", n=found.num_rows, source=source, example=example)
    return found
