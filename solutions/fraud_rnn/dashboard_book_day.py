"""The numbers of a day: what is alerted and caught, and which cards a team looks at first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from .dashboard_book import Book, Marks, ranked


@dataclass(frozen=True)
class DayFigures:
    """What one day comes to at a threshold.

    Args:
        transactions: number of them.
        alerts: number of alerts.
        cards: number of cards with an alert.
        amount: sum of the alerted amounts.
        expected_frauds: frauds among the alerts by their probabilities.
        expected_amount: the alerted amounts, each times its probability.
        frauds: known frauds; None where no transaction of the day has a label.
        fraud_amount: sum of their amounts.
        caught: known frauds among the alerts.
        caught_amount: sum of their amounts.
        judged: alerts with a label.
    """

    transactions: int
    alerts: int
    cards: int
    amount: float
    expected_frauds: float
    expected_amount: float
    frauds: int | None
    fraud_amount: float
    caught: int
    caught_amount: float
    judged: int


def day_figures(book: Book, marks: Marks, day: date, known: np.ndarray | None = None) -> DayFigures:
    """The figures of one day.

    Args:
        book: the transactions.
        marks: at the threshold.
        day: one of ``book.days``.
        known: int8 [n], 1 fraud, 0 genuine, -1 not known; the records' labels when None.
    """
    known = book.known if known is None else known
    rows = book.rows_of_day(day)
    alerts = rows[marks.alert[rows]]
    labelled = bool((known[rows] >= 0).any())
    frauds = rows[known[rows] == 1]
    caught = frauds[marks.alert[frauds]]
    probability = marks.probability[alerts].astype(np.float64)
    return DayFigures(
        transactions=len(rows),
        alerts=len(alerts),
        cards=len(np.unique(book.card[alerts])),
        amount=float(book.amount[alerts].sum()),
        expected_frauds=float(probability.sum()),
        expected_amount=float((probability * book.amount[alerts]).sum()),
        frauds=len(frauds) if labelled else None,
        fraud_amount=float(book.amount[frauds].sum()),
        caught=len(caught),
        caught_amount=float(book.amount[caught].sum()),
        judged=int((known[alerts] >= 0).sum()),
    )


def by_day(book: Book, marks: Marks, known: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Counts of each day of ``book.days``: alerts by what is known of them, and missed frauds.

    Args:
        book: the transactions.
        marks: at the threshold.
        known: as for :func:`day_figures`.
    """
    known = book.known if known is None else known
    _, at = np.unique(book.day, return_inverse=True)
    count = len(book.days)

    def number(mask: np.ndarray) -> np.ndarray:
        return np.bincount(at[mask], minlength=count)

    return {
        "fraud": number(marks.alert & (known == 1)),
        "genuine": number(marks.alert & (known == 0)),
        "unknown": number(marks.alert & (known < 0)),
        "missed": number(~marks.alert & (known == 1)),
    }


def likeliest_cards(book: Book, rows: np.ndarray, marks: Marks, cards: int) -> np.ndarray:
    """The head of a queue that holds ``cards`` different cards, in the queue's order.

    Alerts come first; where they are of fewer cards, the next likely transactions fill the day.

    Args:
        book: the transactions.
        rows: of one day.
        marks: for their probabilities.
        cards: at least 1.
    """
    queue = ranked(rows, marks)
    _, first = np.unique(book.card[queue], return_index=True)
    first.sort()
    # Up to where the next card would begin.
    return queue[: first[cards] if cards < len(first) else len(queue)]
