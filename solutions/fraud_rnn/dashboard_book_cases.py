"""What people said of a book's transactions: open, confirmed or dismissed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .dashboard_book import Book

OPEN, CONFIRMED, DISMISSED = "open", "confirmed", "dismissed"
_STATUS = {1: CONFIRMED, 0: DISMISSED, -1: OPEN}


@dataclass(frozen=True)
class Cases:
    """The verdict that counts of each transaction.

    Args:
        judged: int8 [n], 1 confirmed as fraud, 0 dismissed as genuine, -1 open.
    """

    judged: np.ndarray

    @classmethod
    def of(cls, book: Book, verdicts: pa.Table | None) -> Cases:
        """The cases of a book.

        Args:
            book: the transactions.
            verdicts: ``record_id`` and ``verdict`` in order of time, withdrawn ones included, as
                ``Store.verdicts`` gives them; the last of a record counts. None for no store.
        """
        judged = np.full(len(book), -1, np.int8)
        if verdicts is None or not verdicts.num_rows:
            return cls(judged)
        ids = book.records.column("record_id")
        row = pc.index_in(verdicts.column("record_id"), ids.combine_chunks())
        words = verdicts.column("verdict")
        # A verdict of another kind, or one taken back, leaves the case open.
        said = np.where(
            pc.equal(words, "fraud"), 1, np.where(pc.equal(words, "genuine"), 0, -1)
        ).astype(np.int8)
        here = pc.is_valid(row).to_numpy(zero_copy_only=False)
        # Of several on one row NumPy keeps the last assignment, which is the latest.
        judged[pc.fill_null(row, 0).to_numpy()[here]] = said[here]
        return cls(judged)

    def outcome(self, known: np.ndarray) -> np.ndarray:
        """int8 [n]: what people said, else the labels ``known`` [n]."""
        return np.where(self.judged >= 0, self.judged, known)

    def status(self, row: int) -> str:
        """``open``, ``confirmed`` or ``dismissed``."""
        return _STATUS[int(self.judged[row])]

    def open_rows(self, rows: np.ndarray) -> np.ndarray:
        """Those of some rows that nobody has judged, in their order."""
        return rows[self.judged[rows] < 0]
