"""The Fraud Detection Handbook's protocol: days to train, a delay, days to test, in folds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_US_A_DAY = 86_400_000_000
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Fold:
    """The rows of one fold.

    Args:
        name: first day of training, ISO.
        start_us: that day's midnight, microseconds since 1970 UTC.
        end_us: midnight after the last test day.
        train: bool [N], rows whose labels are trained on.
        test: bool [N], rows that are scored.
    """

    name: str
    start_us: int
    end_us: int
    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class HandbookProtocol:
    """How transactions are split in time and scored.

    A card with a fraud in training is out of the test. On each test day the cards whose fraud has
    become known by then, one delay later, go out too.

    Args:
        folds: first training day of each fold, ISO.
        train_days: days trained on.
        delay_days: days between training and test, after which a label is known.
        test_days: days tested on.
        top_cards: cards that can be looked at in a day, for the card precision.

    Source:
        Le Borgne et al., Reproducible Machine Learning for Credit Card Fraud Detection, chapters
        5 (validation) and 7 (the folds and the published figures).

    Example:
        >>> [fold for fold in HANDBOOK_TEST.folds][:2]
        ['2018-08-15', '2018-08-08']
    """

    folds: tuple[str, ...]
    train_days: int = 7
    delay_days: int = 7
    test_days: int = 7
    top_cards: int = 100

    def split(self, time_us: np.ndarray, card: np.ndarray, label: np.ndarray) -> Iterator[Fold]:
        """The folds in turn.

        Args:
            time_us: int64 [N], microseconds since 1970 UTC.
            card: [N], ids or slots of the cards.
            label: [N], 1 where fraud.

        Yields:
            One `Fold` for each entry of `folds`.
        """
        day = time_us // _US_A_DAY
        for name in self.folds:
            first = (dt.date.fromisoformat(name) - _EPOCH).days
            yield self._fold(name, first, day, card, label)

    def _fold(
        self, name: str, first: int, day: np.ndarray, card: np.ndarray, label: np.ndarray
    ) -> Fold:
        test_from = first + self.train_days + self.delay_days
        train = (day >= first) & (day < first + self.train_days)
        fraud = label == 1
        compromised = [np.unique(card[train & fraud])]
        test = np.zeros(len(day), dtype=bool)
        for today in range(test_from, test_from + self.test_days):
            # The Handbook's day count: known this morning is what happened one delay and a day ago.
            compromised.append(np.unique(card[fraud & (day == today - self.delay_days - 1)]))
            rows = np.flatnonzero(day == today)
            test[rows] = ~np.isin(card[rows], np.concatenate(compromised))
        end = test_from + self.test_days
        return Fold(name, first * _US_A_DAY, end * _US_A_DAY, train, test)


HANDBOOK_TEST = HandbookProtocol(("2018-08-15", "2018-08-08", "2018-08-01", "2018-07-25"))
HANDBOOK_VALIDATION = HandbookProtocol(("2018-07-11", "2018-07-04", "2018-06-27", "2018-06-20"))


def card_precision(
    time_us: np.ndarray,
    card: np.ndarray,
    label: np.ndarray,
    score: np.ndarray,
    top_cards: int = 100,
) -> float:
    """Mean share of fraud among the cards that score highest on each day.

    A card scores the highest of its day's transactions, and is a hit if any of them is fraud. A
    hit is blocked: the card does not count on the days that follow.

    Args:
        time_us: int64 [N], microseconds since 1970 UTC.
        card: [N], ids or slots of the cards.
        label: [N], 1 where fraud.
        score: [N], higher is more suspicious.
        top_cards: cards looked at in a day.

    Returns:
        0..1; a day with fewer cards still divides by `top_cards`, as the Handbook does.

    Source:
        Fraud Detection Handbook, chapter 4, card precision top-k.
    """
    _, slot = np.unique(card, return_inverse=True)
    n_cards = int(slot.max()) + 1 if len(slot) else 0
    day = time_us // _US_A_DAY
    blocked = np.zeros(n_cards, dtype=bool)
    daily = []
    for today in np.unique(day):
        rows = np.flatnonzero((day == today) & ~blocked[slot])
        best = np.full(n_cards, -np.inf)
        np.maximum.at(best, slot[rows], score[rows])
        fraud = np.zeros(n_cards, dtype=bool)
        fraud[slot[rows][label[rows] == 1]] = True
        present = np.unique(slot[rows])
        top = present[np.argsort(-best[present], kind="stable")[:top_cards]]
        hits = top[fraud[top]]
        blocked[hits] = True
        daily.append(len(hits) / top_cards)
    return float(np.mean(daily)) if daily else float("nan")
