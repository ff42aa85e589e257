"""Books of a few transactions for tests of the dashboard's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from solutions.fraud_rnn.dashboard_book import Book, Marks

# A Monday, so that day 7 begins the second week.
START = datetime(2026, 3, 2, tzinfo=UTC)
_DAY_US = 86_400_000_000
Row = tuple[float, str, str | None, float, int | None, float]


def make_book(rows: Sequence[Row]) -> tuple[Book, np.ndarray]:
    """A book and its probabilities.

    Args:
        rows: day since ``START``, card, terminal, amount, label (None for not known), probability.
    """
    day, card, terminal, amount, label, probability = zip(*rows, strict=True)
    start = int(START.timestamp() * 1e6)
    time = [start + round(d * _DAY_US) for d in day]
    records = pa.table(
        {
            "record_id": [f"t{number}" for number in range(len(rows))],
            "time": pa.array(time, pa.timestamp("us", "UTC")),
            "card": pa.array(card, pa.string()),
            "terminal": pa.array(terminal, pa.string()),
            "amount": pa.array(amount, pa.float64()),
            "label": pa.array(label, pa.int64()),
        }
    )
    given = np.array(probability, np.float32)
    return Book.of(records, np.log(given / (1 - given))), given


def marks_at(probability: np.ndarray, threshold: float) -> Marks:
    """What a threshold makes of transactions, without a review band."""
    alert = probability >= np.float32(threshold)
    return Marks(probability, alert, np.zeros(len(alert), bool))
