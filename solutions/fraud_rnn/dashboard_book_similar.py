"""The numbers behind similar past cases: what a person would compare two transactions by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .dashboard_book import Book, codes

_DAY_US = 86_400_000_000
_FRAUD_DAYS = 30
_LONGEST_GAP_H = 60 * 24.0
# What counts as one step of difference in each trait: for a person these weigh alike.
_STEPS = {"amount": 2.0, "ratio": 1.0, "gap": 2.0, "hour": 3.0, "count": 1.0, "frauds": 2.0}
# So many of a terminal's last known outcomes say whether it is compromised now.
LAST = 5


@dataclass(frozen=True)
class Traits:
    """Each transaction of a book as a person sees it, from what came before it alone.

    Args:
        usual: float64 [n], the card's typical amount so far (geometric mean); NaN without a past.
        ratio: float64 [n], amount over ``usual``; NaN without a past.
        gap_h: float64 [n], hours since the card's previous transaction; NaN without one.
        hour: float64 [n], hour of the day in UTC, 0..24.
        count: int64 [n], the card's transactions in the 24 hours before.
        frauds: int64 [n], frauds of the last 30 days at the terminal, known by then.
        latest: int64 [n], frauds among the terminal's last ``LAST`` outcomes known by then.
    """

    usual: np.ndarray
    ratio: np.ndarray
    gap_h: np.ndarray
    hour: np.ndarray
    count: np.ndarray
    frauds: np.ndarray
    latest: np.ndarray

    @classmethod
    def of(cls, book: Book, delay_days: float) -> Traits:
        """The traits of all transactions of a book.

        Args:
            book: in order of time.
            delay_days: days until a label is known.
        """
        terminal = codes(book.records.column("terminal"))
        second = book.time_us // 1_000_000
        usual, gap_h, count = _card_past(book.card, second, book.amount)
        ratio = book.amount / np.maximum(usual, 0.01)
        hour = (book.time_us % _DAY_US) / 3.6e9
        frauds = _known_frauds(terminal, second, book.known == 1, delay_days)
        latest = _latest_frauds(terminal, second, book.known, delay_days)
        return cls(usual, ratio, gap_h, hour, count, frauds, latest)

    def space(self, book: Book) -> np.ndarray:
        """float64 [n, 6], steps in which the distance of two transactions is measured.

        A doubled ratio or count is one step, and so are four times the amount, the gap or the
        frauds, and one more fraud among the terminal's latest outcomes. The hour goes round and is
        left out here.
        """
        ratio = np.where(np.isnan(self.ratio), 1.0, self.ratio)
        gap = np.where(np.isnan(self.gap_h), _LONGEST_GAP_H, self.gap_h)
        return np.stack(
            [
                np.log2(1.0 + book.amount) / _STEPS["amount"],
                np.log2(np.clip(ratio, 1e-2, 1e2)) / _STEPS["ratio"],
                np.log2(np.clip(gap, 1 / 60, _LONGEST_GAP_H)) / _STEPS["gap"],
                np.log2(1.0 + self.count) / _STEPS["count"],
                np.log2(1.0 + self.frauds) / _STEPS["frauds"],
                self.latest.astype(np.float64),
            ],
            axis=1,
        )


@dataclass(frozen=True)
class Similar:
    """Earlier transactions like one, whose outcome was known when it was made.

    Args:
        rows: int64 [k], the nearest first.
        distance: float64 [k], in steps.
        fraud: bool [k], what they turned out to be.
        base: share of frauds among all that could have been found, 0..1.
        candidates: how many these were.
    """

    rows: np.ndarray
    distance: np.ndarray
    fraud: np.ndarray
    base: float
    candidates: int


def similar_cases(
    book: Book,
    traits: Traits,
    row: int,
    delay_days: float,
    judged: np.ndarray | None = None,
    most: int = 20,
) -> Similar:
    """The nearest earlier transactions with an outcome.

    Args:
        book: in order of time.
        traits: of its transactions.
        row: the one that is compared.
        delay_days: days until a label of the records is known.
        judged: int8 [n], what people said of transactions (1 fraud, 0 genuine, -1 nothing), which
            counts at once, and more than a label, as it does in training.
        most: how many at most.
    """
    arrived = book.time_us <= book.time_us[row] - int(delay_days * _DAY_US)
    outcome = np.where(arrived, book.known, np.int8(-1))
    if judged is not None:
        outcome = np.where(judged >= 0, judged, outcome)
    there = np.flatnonzero(outcome[:row] >= 0)
    if not len(there):
        nothing = np.zeros(0)
        return Similar(there, nothing, nothing.astype(bool), 0.0, 0)
    space = traits.space(book)
    hours = np.abs(traits.hour[there] - traits.hour[row])
    hours = np.minimum(hours, 24.0 - hours) / _STEPS["hour"]
    distance = np.sqrt(((space[there] - space[row]) ** 2).sum(axis=1) + hours**2)
    # Of equally near ones the latest is the likeliest to be like it.
    nearest = np.lexsort((-there, distance))[:most]
    rows = there[nearest]
    fraud = outcome[there] == 1
    return Similar(rows, distance[nearest], fraud[nearest], float(fraud.mean()), len(there))


def _card_past(
    card: np.ndarray, second: np.ndarray, amount: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Typical amount before each row, hours since the previous one, rows of the day before."""
    n = len(card)
    usual, gap_h, count = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n, np.int64)
    if not n:
        return usual, gap_h, count
    order = np.argsort(card, kind="stable")
    sorted_card, at = card[order], second[order]
    first = np.searchsorted(sorted_card, sorted_card, side="left")
    before = np.arange(n) - first
    logs = np.log(np.maximum(amount[order], 0.01))
    total = np.concatenate([[0.0], np.cumsum(logs)])
    has_past = before > 0
    mean = (total[np.arange(n)] - total[first])[has_past] / before[has_past]
    usual[order[has_past]] = np.exp(mean)
    gaps = np.diff(at, prepend=at[:1])
    gap_h[order[has_past]] = gaps[has_past] / 3600.0
    # One ascending number a card and second, so that one search finds the day before in its card.
    span = int(second.max() - second.min()) + 2 * 86_400
    moment = (sorted_card - sorted_card.min()) * span + (at - second.min()) + 86_400
    count[order] = np.arange(n) - np.searchsorted(moment, moment - 86_400, side="left")
    return usual, gap_h, count


def _known_frauds(
    terminal: np.ndarray, second: np.ndarray, fraud: np.ndarray, delay_days: float
) -> np.ndarray:
    """int64 [n], frauds at each row's terminal that were known when it was made."""
    some = np.flatnonzero(fraud & (terminal >= 0))
    if not len(some):
        return np.zeros(len(terminal), np.int64)
    span = int(second.max() - second.min()) + 2 * _FRAUD_DAYS * 86_400
    moment = (terminal + 1) * span + (second - second.min()) + _FRAUD_DAYS * 86_400
    found = np.sort(moment[some])
    known = np.searchsorted(found, moment - int(delay_days * 86_400), side="right")
    old = np.searchsorted(found, moment - _FRAUD_DAYS * 86_400, side="left")
    return np.where(terminal >= 0, np.maximum(known - old, 0), 0)


def _latest_frauds(
    terminal: np.ndarray, second: np.ndarray, known: np.ndarray, delay_days: float
) -> np.ndarray:
    """int64 [n], frauds among the last outcomes at each row's terminal, known when it was made."""
    some = np.flatnonzero((known >= 0) & (terminal >= 0))
    if not len(some):
        return np.zeros(len(terminal), np.int64)
    # Room for the delay, or a terminal's first days would look up the outcomes of the one before.
    delay = int(delay_days * 86_400)
    span = int(second.max() - second.min()) + delay + 1
    moment = (terminal + 1) * span + (second - second.min()) + delay
    order = some[np.argsort(moment[some], kind="stable")]
    frauds = np.concatenate([[0], np.cumsum(known[order] == 1)])
    after = np.searchsorted(moment[order], moment - delay, side="right")
    first = np.searchsorted(terminal[order], terminal, side="left")
    found = frauds[after] - frauds[np.clip(after - LAST, first, after)]
    return np.where(terminal >= 0, found, 0)
