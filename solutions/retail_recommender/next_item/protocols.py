"""Leave last out: each customer's last choice is the test, the one before it validation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.training.splits import Split

from .config import Config
from .preprocessing import BESIDE
from .sequences import LEAST_ITEMS

# The column that tells which part a case is of; scoring never sees it.
PART = "part"
PARTS = ("train", "valid", "test")
_SEEN = {
    False: "left out of the lists; one that is chosen again counts as missed",
    True: "in the lists like all others",
}


def leave_last_out(config: Config) -> Protocol:
    """The protocol of every data set."""
    return LeaveLastOutCases(config)


class LeaveLastOutCases(Protocol):
    """Each customer as up to three cases, a history and what came next.

    The training case leaves out the last two choices, the validation case tells all but these two
    and asks for the first of them, the test case tells all but the last and asks for it. Customers
    with fewer than three choices are in training alone. A case is a record; its ``items`` are what
    came before, ``next`` what is asked for. Lists beside the items reach one further, to tell of
    ``next``, too.
    """

    name = "leave last out, full ranking"
    makes_cases = True

    def __init__(self, config: Config) -> None:
        self._config = config

    def with_truth(self, records: pa.Table) -> pa.Table:
        """The cases of all customers: training ones first, then those of validation and test."""
        if PART in records.column_names:
            return records
        whole = _with_next(records)
        lengths = pc.list_value_length(whole.column("items")).to_numpy().astype(np.int64)
        enough = np.flatnonzero(lengths >= LEAST_ITEMS)
        every = np.arange(len(lengths))
        short = lengths - np.where(lengths >= LEAST_ITEMS, 2, 0)
        cases = [
            _cases(whole, every, short, "train"),
            _cases(whole, enough, lengths[enough] - 1, "valid"),
            _cases(whole, enough, lengths[enough], "test"),
        ]
        return pa.concat_tables(cases)

    def origins(self, records: pa.Table) -> np.ndarray:
        """Which record each of its cases is of, int64 [cases]."""
        lengths = pc.list_value_length(_with_next(records).column("items")).to_numpy()
        enough = np.flatnonzero(lengths >= LEAST_ITEMS)
        return np.concatenate([np.arange(len(lengths)), enough, enough])

    def split(self, records: pa.Table) -> Split:
        """The cases by part.

        Raises:
            DataError: ``data.no_histories`` where no customer has three choices.
        """
        if PART not in records.column_names:
            records = self.with_truth(records)
        part = np.array(records.column(PART).to_pylist(), object)
        train, valid, test = (np.flatnonzero(part == name) for name in PARTS)
        if not len(test):
            raise DataError("data.no_histories", n=len(train), least=LEAST_ITEMS)
        return Split(train, valid, test)

    def describe(self) -> dict[str, Any]:
        valid = "and learned from at the end" if self._config.learn_valid else "never learned from"
        return {
            "name": self.name,
            "test": "the last choice of each customer with three or more, among all items",
            "validation": f"the choice before it; {valid}",
            "seen_items": _SEEN[self._config.lists.seen],
        }


def _with_next(records: pa.Table) -> pa.Table:
    """Histories with ``next``, where it is told, as their last item."""
    if "next" not in records.column_names or not records.column("next").is_valid().to_numpy().any():
        return records
    items = [
        [*had, *([then] if then is not None else [])]
        for had, then in zip(
            records.column("items").to_pylist(), records.column("next").to_pylist(), strict=True
        )
    ]
    at = records.column_names.index("items")
    kind = records.schema.field("items")
    return records.set_column(at, kind, pa.array(items, kind.type))


def _cases(records: pa.Table, rows: np.ndarray, lengths: np.ndarray, part: str) -> pa.Table:
    """The first items of some records as cases that ask for the last of them.

    Args:
        records: whole histories.
        rows: int64 [m], which records.
        lengths: int64 [m], how many items each case is of, the one asked for included.
    """
    found = records.take(pa.array(rows))
    for name in ("items", *BESIDE):
        at = found.column_names.index(name) if name in found.column_names else -1
        if at < 0 or found.column(name).null_count == len(rows):
            continue
        before = np.maximum(lengths - (name == "items"), 0)
        lists = found.column(name).combine_chunks()
        found = found.set_column(at, found.schema.field(at), _first(lists, before))
    whole = records.column("items").combine_chunks()
    starts = whole.offsets.to_numpy()[rows]
    last = np.where(lengths > 0, starts + lengths - 1, -1)
    values = whole.values.take(pa.array(last, mask=last < 0))
    if "next" in found.column_names:
        found = found.drop_columns(["next"])
    found = found.append_column("next", values)
    return found.append_column(PART, pa.array([part] * len(rows), pa.string()))


def _first(lists: pa.ListArray, counts: np.ndarray) -> pa.ListArray:
    """The first values of each list, so many of each or all there are; null stays null."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    kept = np.minimum(counts, lengths).astype(np.int64)
    ends = np.cumsum(kept)
    begin = np.repeat(np.asarray(lists.offsets)[:-1].astype(np.int64), kept)
    at = begin + np.arange(int(kept.sum())) - np.repeat(ends - kept, kept)
    null = lists.is_null().to_numpy(zero_copy_only=False)
    offsets = pa.array(np.concatenate([[0], ends]).astype(np.int32), mask=np.append(null, False))
    return pa.ListArray.from_arrays(offsets, lists.values.take(pa.array(at)))
