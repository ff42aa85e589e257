"""The numbers of each week, once its labels have arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from .dashboard_book import Book, Marks

_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)
KNOWN, WAITING, UNLABELLED = "known", "waiting", "unlabelled"


@dataclass(frozen=True)
class Week:
    """One week, Monday to Sunday in UTC, at a threshold.

    Args:
        start: its Monday.
        state: ``known``: its labels have arrived; ``waiting``: not yet; ``unlabelled``: they
            should have, and there are none.
        transactions: number of them.
        alerts: number of alerts.
        cards: different cards, one counted once a day.
        amount: sum of the alerted amounts.
        judged: alerts with an outcome, whether by a label or by a person.
        caught: frauds among these.
        caught_amount: sum of their amounts.
        frauds: all frauds that are known; None unless the week is ``known``.
        fraud_amount: sum of their amounts; None unless the week is ``known``.
    """

    start: date
    state: str
    transactions: int
    alerts: int
    cards: int
    amount: float
    judged: int
    caught: int
    caught_amount: float
    frauds: int | None
    fraud_amount: float | None

    @property
    def precision(self) -> float | None:
        """Share of fraud among judged alerts; None while it cannot be told.

        A week whose labels are on their way has one once people judged every alert.
        """
        told = self.state == KNOWN or self.judged == self.alerts
        return self.caught / self.judged if told and self.judged else None

    @property
    def recall(self) -> float | None:
        """Share of the known frauds that were alerted; None while it cannot be told."""
        return self.caught / self.frauds if self.frauds else None


def outcomes(book: Book, delay_days: float, judged: np.ndarray | None = None) -> np.ndarray:
    """int8 [n]: what is known of each transaction at the time of the last one.

    Args:
        book: in order of time.
        delay_days: days until a label of the records is known; younger ones are left out.
        judged: int8 [n], what people said, 1 fraud, 0 genuine, -1 nothing; counts at once, and
            more than a label, as it does in training.

    Returns:
        1 fraud, 0 genuine, -1 not known.
    """
    known = np.where(_arrived(book.time_us, book, delay_days), book.known, np.int8(-1))
    return known if judged is None else np.where(judged >= 0, judged, known)


def weekly(
    book: Book, marks: Marks, delay_days: float, judged: np.ndarray | None = None
) -> list[Week]:
    """Every week from the first transaction to the last; those without any are left out.

    Args:
        book: in order of time.
        marks: at the threshold.
        delay_days: as for :func:`outcomes`.
        judged: as for :func:`outcomes`.
    """
    known = outcomes(book, delay_days, judged)
    # 1970-01-01 was a Thursday.
    number = (book.day + 3) // 7
    weeks = []
    for week in np.unique(number).tolist():
        first, after = np.searchsorted(number, [week, week + 1])
        weeks.append(_week(book, marks, known, np.arange(first, after), week, delay_days))
    return weeks


def _week(
    book: Book, marks: Marks, known: np.ndarray, rows: np.ndarray, week: int, delay_days: float
) -> Week:
    first_day = 7 * week - 3
    alerts = rows[marks.alert[rows]]
    hits = alerts[known[alerts] == 1]
    state = WAITING
    if _arrived(np.array([(first_day + 7) * _DAY_US]), book, delay_days)[0]:
        state = KNOWN if (book.known[rows] >= 0).any() else UNLABELLED
    frauds = rows[known[rows] == 1] if state == KNOWN else None
    return Week(
        start=_EPOCH + timedelta(days=first_day),
        state=state,
        transactions=len(rows),
        alerts=len(alerts),
        cards=len(np.unique(np.stack([book.day[alerts], book.card[alerts]]), axis=1).T),
        amount=float(book.amount[alerts].sum()),
        judged=int((known[alerts] >= 0).sum()),
        caught=len(hits),
        caught_amount=float(book.amount[hits].sum()),
        frauds=None if frauds is None else len(frauds),
        fraud_amount=None if frauds is None else float(book.amount[frauds].sum()),
    )


def _arrived(time_us: np.ndarray, book: Book, delay_days: float) -> np.ndarray:
    """bool [n], whether labels of moments are known when the last transaction was made."""
    return time_us + int(delay_days * _DAY_US) <= int(book.time_us[-1])
