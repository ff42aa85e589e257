"""What is known of items: from the order lines themselves, and from a catalogue beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision.catalogue import Catalogue
from lepton_core.records.catalogue import read_catalogue

# Our lists -> what they say of an item.
_SAID = {"titles": "title", "categories": "category"}


def from_lines(records: pa.Table, known: Catalogue) -> Catalogue:
    """The items with the latest title, category and price that order lines tell of each.

    Args:
        records: histories, with any of ``titles categories prices`` beside ``items``; their
            ``next`` counts, too.
        known: the items.
    """
    when = _latest_first(records)
    texts: dict[str, list[str | None]] = {}
    for name, ours in _SAID.items():
        found = _of_items(records, name, known, when)
        if found is not None:
            texts[ours] = found.to_pylist()
    numbers = {}
    price = _of_items(records, "prices", known, when)
    if price is not None:
        numbers["price"] = price.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return Catalogue(known.ids, texts, numbers)


def with_file(known: Catalogue, source: str) -> Catalogue:
    """The items with what a catalogue says of them; as they are where there is none.

    Args:
        known: the items.
        source: a data set's name or a file; empty for none.

    Raises:
        DataError: it cannot be read, or tells of none of the items.
    """
    return known.updated(read_catalogue(source, known)) if source else known


def _latest_first(records: pa.Table) -> np.ndarray | None:
    """Microseconds of every value of the lists, int64; None where not all are known."""
    if "times" not in records.column_names or records.column("times").null_count:
        return None
    flat = records.column("times").combine_chunks().flatten()
    return None if flat.null_count else flat.cast(pa.int64()).to_numpy()


def _of_items(
    records: pa.Table, name: str, known: Catalogue, when: np.ndarray | None
) -> pa.Array | None:
    """What a list says of each item, [N]: the latest that is told; None where there is no list."""
    if name not in records.column_names:
        return None
    lists = records.column(name).combine_chunks()
    told = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    values = lists.flatten()
    if not len(values):
        return None
    codes = _codes(records, known, told)
    order = np.arange(len(codes))
    if when is not None and len(when) == len(codes):
        order = np.argsort(when, kind="stable")
    there = values.is_valid().to_numpy(zero_copy_only=False)
    order = order[(codes[order] >= 0) & there[order]]
    at = np.full(len(known), -1, np.int64)
    at[codes[order]] = order  # of several the last one stays
    return values.take(pa.array(at, mask=at < 0))


def _codes(records: pa.Table, known: Catalogue, told: np.ndarray) -> np.ndarray:
    """The item that each value of lists of these lengths tells of, int64; -1 for none."""
    lists = records.column("items").combine_chunks()
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = known.codes(lists.flatten())
    codes: Any = np.full(int(told.sum()), -1, np.int64)
    of = np.repeat(np.arange(len(told)), told)
    place = np.arange(len(of)) - np.repeat(np.cumsum(told) - told, told)
    inside = place < lengths[of]
    begins = np.cumsum(lengths) - lengths
    codes[inside] = flat[(begins[of] + place)[inside]]
    if "next" in records.column_names:
        then = known.codes(records.column("next"))
        codes[place == lengths[of]] = then[of[place == lengths[of]]]
    return codes
