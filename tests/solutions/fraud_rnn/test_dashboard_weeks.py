"""Weeks: what has not arrived is not known, which is not zero."""

from __future__ import annotations

from datetime import date

import numpy as np
from fraud_book import make_book, marks_at

from solutions.fraud_rnn.dashboard_book_weeks import KNOWN, UNLABELLED, WAITING, outcomes, weekly

DELAY = 7.0
ROWS = [
    (0.5, "a", "s", 100.0, 1, 0.9),
    (1.5, "b", "s", 40.0, 0, 0.8),
    (2.5, "c", "s", 60.0, 1, 0.1),
    (8.0, "a", "s", 30.0, 1, 0.9),
    (8.1, "a", "s", 30.0, 0, 0.9),
    (15.0, "b", "s", 20.0, 1, 0.9),
]


def weeks(rows: list = ROWS, judged: np.ndarray | None = None) -> list:
    book, probability = make_book(rows)
    return weekly(book, marks_at(probability, 0.5), DELAY, judged)


def test_a_week_is_known_once_its_last_label_has_arrived() -> None:
    first, second, third = weeks()
    assert first.start == date(2026, 3, 2)
    assert [w.state for w in (first, second, third)] == [KNOWN, WAITING, WAITING]
    assert (first.alerts, first.caught, first.frauds) == (2, 1, 2)
    assert (first.precision, first.recall) == (0.5, 0.5)
    assert (first.caught_amount, first.fraud_amount) == (100.0, 160.0)


def test_what_waits_for_labels_is_none_and_not_zero() -> None:
    third = weeks()[2]
    assert third.alerts == 1
    assert (third.precision, third.recall, third.frauds, third.fraud_amount) == (None,) * 4


def test_a_label_in_the_file_is_not_seen_before_its_delay() -> None:
    book, _ = make_book(ROWS)
    # The last transaction is made on day 15: labels of day 8 and before have arrived.
    assert outcomes(book, DELAY).tolist() == [1, 0, 1, 1, -1, -1]
    assert outcomes(book, 0.0).tolist() == [1, 0, 1, 1, 0, 1]


def test_verdicts_count_at_once_and_more_than_labels() -> None:
    judged = np.array([0, -1, -1, -1, -1, 0], np.int8)
    book, _ = make_book(ROWS)
    assert outcomes(book, DELAY, judged).tolist() == [0, 0, 1, 1, -1, 0]
    first, second, third = weeks(judged=judged)
    assert first.precision == 0.0
    # Every alert of the third week is judged, so its precision is known; its misses are not.
    assert (third.precision, third.recall) == (0.0, None)
    # In the second week one alert of two is judged: that is not its precision.
    assert second.judged == 1
    assert second.precision is None


def test_a_week_without_any_label_says_so() -> None:
    rows = [(*row[:4], None, row[5]) for row in ROWS]
    assert [week.state for week in weeks(rows)] == [UNLABELLED, WAITING, WAITING]
    assert weeks(rows)[0].precision is None


def test_a_card_counts_once_a_day() -> None:
    assert weeks()[1].cards == 1
    assert weeks()[0].cards == 2
