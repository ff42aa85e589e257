"""Customers' histories to the arrays that the network takes, and what lists know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision.catalogue import Catalogue
from lepton_core.decision.rank import LONG_HISTORY, UNKNOWN_ITEMS
from lepton_core.preprocessing import Prepared, Preprocessor
from lepton_core.rejects import Rejects

from .sequences import Sequences

# Of a history so many of the last items are remembered as had, at least and at most.
_LEAST, _MOST = 64, 4096
BESIDE = ("times", "quantities", "prices", "titles", "categories")


class NextItemPreprocessor(Preprocessor):
    """Knows the items of the training records, and reads the last ones of each history.

    Items that it does not know are passed over, with a note; a customer of whom nothing is known
    is no fault. Stateless: a customer who chose one thing more is scored with the longer history.

    Args:
        length: how many of the last items the network reads.
        remembered: how many of the last items lists know of, for what was had already.
        known: the items, in the order of their codes.
    """

    def __init__(
        self, length: int, remembered: int = _LEAST, known: Catalogue | None = None
    ) -> None:
        self.length = length
        self.remembered = remembered
        self.known = known or Catalogue(())

    def fit(self, records: pa.Table) -> NextItemPreprocessor:
        """The items of training records, in order of the alphabet."""
        items = [_flat(records, "items")]
        if "next" in records.column_names:
            items += records.column("next").chunks
        ids = pc.unique(pa.chunked_array(items, pa.string()).drop_null())
        self.known = Catalogue(sorted(ids.to_pylist()))
        longest = pc.max(pc.list_value_length(records.column("items"))).as_py() or 0
        self.remembered = int(np.clip(2 * longest, _LEAST, _MOST))
        return self

    def transform(self, records: pa.Table, history: Any = None) -> Prepared:
        """Arrays of checked records.

        A record whose lists beside its items are of another length is refused: nobody knows which
        price is of which item.
        """
        rejects, kept = _misaligned(records)
        if len(rejects):
            records = records.take(pa.array(kept))
        sequences, unknown = known_sequences(records, self.known)
        notes = np.where(unknown > 0, UNKNOWN_ITEMS, 0)
        notes |= np.where(sequences.lengths > self.remembered, LONG_HISTORY, 0)
        had = sequences.last(self.remembered)[:, ::-1]
        known = {"history": np.ascontiguousarray(had), "notes": notes.astype(np.int64)}
        return Prepared({"x": sequences.last(self.length)}, kept, rejects, notes=known)

    def gather(
        self, outputs: Mapping[str, np.ndarray], prepared: Prepared, history: Any = None
    ) -> Mapping[str, np.ndarray]:
        """Customers' vectors with what lists need beside them; of a stranger a vector of zeros."""
        # What a network makes of no item at all means nothing, and need not be a number.
        stranger = (prepared.arrays["x"] == 0).all(axis=1)[:, None]
        # Keras calls its output after the layer; in the bundle it is the score.
        said = outputs["score"] if "score" in outputs else outputs["vector"]
        return {"score": np.where(stranger, np.float32(0), said), **prepared.notes}

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        if not len(self.known):
            raise ValueError("the preprocessor was not fitted: call fit() first")
        return {"length": self.length, "remembered": self.remembered}, self.known.arrays()

    @classmethod
    def from_state(
        cls, state: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> NextItemPreprocessor:
        return cls(state["length"], state["remembered"], Catalogue.from_arrays(arrays))


def known_sequences(
    records: pa.Table, known: Catalogue, following: bool = False
) -> tuple[Sequences, np.ndarray]:
    """Histories of known items, with their times where every record tells them.

    Args:
        records: with ``items``; and ``times`` or ``next``, where there are any.
        known: the items in the order of their codes, which count from 1.
        following: whether ``next`` counts as each record's last item.

    Returns:
        the histories, and how many unknown items each had, int64 [n].
    """
    lists = records.column("items").combine_chunks()
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    codes = known.codes(lists.flatten()) + 1
    if following and "next" in records.column_names:
        then = records.column("next").combine_chunks()
        there = then.is_valid().to_numpy(zero_copy_only=False)
        codes = np.insert(codes, np.cumsum(lengths)[there], known.codes(then)[there] + 1)
        lengths = lengths + there
    of = np.repeat(np.arange(len(lengths)), lengths)
    there = codes > 0
    counts = np.bincount(of[there], minlength=len(lengths))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    times = _times(records, lengths)
    when = None if times is None else times[there]
    return Sequences(codes[there].astype(np.int32), starts, when), lengths - counts


def _times(records: pa.Table, lengths: np.ndarray) -> np.ndarray | None:
    """Microseconds int64 of each choice, so many of each record; None where not all are known."""
    if "times" not in records.column_names:
        return None
    lists = records.column("times").combine_chunks()
    told = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    flat = lists.flatten()
    if (told < lengths).any() or flat.null_count:
        return None
    of = np.repeat(np.arange(len(told)), told)
    place = np.arange(len(of)) - np.repeat(np.cumsum(told) - told, told)
    # A case of validation or test tells the time of what is asked for, too.
    return flat.cast(pa.int64()).to_numpy()[place < lengths[of]]


def _flat(records: pa.Table, name: str) -> pa.Array:
    """The values of a column's lists, one after the other."""
    return records.column(name).combine_chunks().flatten()


def _misaligned(records: pa.Table) -> tuple[Rejects, np.ndarray]:
    """Records refused because a list beside their items has another length, and the others.

    Where it is told what came next, lists may tell of that, too.
    """
    rejects, bad = Rejects(), np.zeros(records.num_rows, bool)
    items = pc.list_value_length(records.column("items")).to_numpy()
    more = np.zeros(len(items), bool)
    if "next" in records.column_names:
        more = records.column("next").is_valid().to_numpy()
    for name in BESIDE:
        if name not in records.column_names:
            continue
        lengths = pc.list_value_length(records.column(name))
        told = lengths.is_valid().to_numpy()
        found = pc.fill_null(lengths, 0).to_numpy()
        wrong = told & (found != items) & ~(more & (found == items + 1))
        bad |= wrong
        for row in np.flatnonzero(wrong).tolist():
            values = {"column": name, "expected": int(items[row]), "received": int(found[row])}
            rejects.add(row, records.column("record_id")[row].as_py(), "list_lengths", **values)
    return rejects, np.flatnonzero(~bad)
