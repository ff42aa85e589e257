"""The numbers behind the fraud page: scored transactions by day, by card, at a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Classify

_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Book:
    """Scored transactions in order of time.

    Args:
        records: the checked transactions [n] in order of time.
        score: float32 [n], raw.
        time_us: int64 [n], microseconds since 1970 UTC.
        known: int8 [n], 1 fraud, 0 genuine, -1 not known.
    """

    records: pa.Table
    score: np.ndarray
    time_us: np.ndarray
    known: np.ndarray

    @classmethod
    def of(cls, records: pa.Table, score: np.ndarray) -> Book:
        """The book of checked transactions and their scores, in any order."""
        time_us = records.column("time").cast(pa.int64()).to_numpy()
        order = np.argsort(time_us, kind="stable")
        records = records.take(order).combine_chunks()
        label = pc.fill_null(records.column("label").cast(pa.int8()), -1)
        return cls(records, score[order], time_us[order], label.to_numpy())

    def __len__(self) -> int:
        return len(self.score)

    @cached_property
    def day(self) -> np.ndarray:
        """int64 [n], days since 1970 UTC."""
        return self.time_us // _DAY_US

    @cached_property
    def days(self) -> list[date]:
        """The days with transactions, in order."""
        return [_EPOCH + timedelta(days=int(day)) for day in np.unique(self.day)]

    @cached_property
    def span_days(self) -> int:
        """Days from the first transaction to the last, both included."""
        return int(self.day[-1] - self.day[0]) + 1 if len(self) else 0

    @cached_property
    def amount(self) -> np.ndarray:
        """float64 [n]."""
        return self.records.column("amount").to_numpy()

    @cached_property
    def has_terminals(self) -> bool:
        """Whether any transaction names its terminal."""
        return bool(self.records.column("terminal").null_count < len(self))

    def rows_of_day(self, day: date) -> np.ndarray:
        """int64, rows of one day in order of time."""
        number = (day - _EPOCH).days
        first, after = np.searchsorted(self.day, [number, number + 1])
        return np.arange(first, after)

    @cached_property
    def card(self) -> np.ndarray:
        """int64 [n], a number for each different card."""
        return codes(self.records.column("card"))

    def rows_like(self, name: str, row: int) -> np.ndarray:
        """int64, rows of the same card or terminal as ``row`` in order of time."""
        column = self.records.column(name)
        same = pc.fill_null(pc.equal(column, column[row]), False)
        return np.flatnonzero(same.to_numpy())

    def row_of(self, record_id: str | None) -> int | None:
        """The row of a transaction; None where the book does not hold it."""
        if record_id is None:
            return None
        row = pc.index(self.records.column("record_id"), pa.scalar(record_id, pa.string())).as_py()
        return row if row >= 0 else None

    def known_since(self, day: date | None) -> np.ndarray:
        """int8 [n], ``known`` with everything before a day taken as not known."""
        if day is None:
            return self.known
        return np.where(self.day >= (day - _EPOCH).days, self.known, np.int8(-1))

    def take(self, name: str, rows: np.ndarray) -> pa.Array:
        """One column of some rows."""
        return self.records.column(name).take(pa.array(rows)).combine_chunks()


@dataclass(frozen=True)
class Marks:
    """What a decision says about every transaction of a book.

    Args:
        probability: float32 [n] of fraud.
        alert: bool [n], at or above the threshold.
        review: bool [n], in the band below it.
    """

    probability: np.ndarray
    alert: np.ndarray
    review: np.ndarray

    @classmethod
    def of(cls, book: Book, decision: Classify) -> Marks:
        """Apply a decision to the kept scores."""
        probability = decision.probability(book.score)
        alert = probability >= np.float32(decision.threshold)
        low, high = decision.band
        review = (probability >= low) & (probability <= high) & (high > 0)
        return cls(probability, alert, review & ~alert)


def ranked(rows: np.ndarray, marks: Marks) -> np.ndarray:
    """Rows with the highest probability first, equal ones in order of time."""
    return rows[np.argsort(-marks.probability[rows], kind="stable")]


def codes(column: pa.ChunkedArray) -> np.ndarray:
    """int64 [n], a number for each different value; -1 where there is none."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy()


def unseen_from(card: Mapping[str, Any], source: str, records: pa.Table) -> date | None:
    """The first day whose transactions a bundle had no part in learning from.

    Args:
        card: the bundle's card.
        source: name of the data set shown.
        records: all its records in the file's order.

    Returns:
        None where the bundle was made from other data.
    """
    first = card.get("protocol", {}).get("test_rows_from")
    if card.get("data", {}).get("name") != source or not first or first >= records.num_rows:
        return None
    moment = records.column("time").cast(pa.timestamp("us", "UTC"))[first].value
    return _EPOCH + timedelta(days=int(moment // _DAY_US))


def export(book: Book, marks: Marks, rows: np.ndarray, address: str) -> pa.Table:
    """Transactions as a table to hand on; the label is what is known, not what is predicted."""
    known = pa.array(book.known[rows], pa.int8(), mask=book.known[rows] < 0)
    predicted = np.where(marks.alert[rows], "fraud", "genuine")
    return pa.table(
        {
            "record_id": book.take("record_id", rows),
            "time": book.take("time", rows),
            "card": book.take("card", rows),
            "terminal": book.take("terminal", rows),
            "amount": book.take("amount", rows),
            "score": book.score[rows],
            "probability": marks.probability[rows],
            "label": predicted,
            "review": marks.review[rows],
            "known_label": known,
            "bundle": pa.repeat(pa.scalar(address), len(rows)),
        }
    )
