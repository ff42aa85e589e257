"""The day's figures: sums of what is alerted, and a card counted once."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from fraud_book import make_book, marks_at

from lepton_core.decision import Classify
from solutions.fraud_rnn.dashboard_book import Marks
from solutions.fraud_rnn.dashboard_book_cases import Cases
from solutions.fraud_rnn.dashboard_book_day import day_figures, likeliest_cards

ROWS = [
    (0.1, "a", "s", 100.0, 1, 0.8),
    (0.2, "a", "s", 50.0, 0, 0.6),
    (0.3, "b", "s", 10.0, 1, 0.7),
    (0.4, "c", None, 70.0, 1, 0.2),
    (0.5, "d", "u", 30.0, None, 0.9),
    (1.5, "d", "u", 30.0, 1, 0.9),
]
DAY = date(2026, 3, 2)


def test_expected_is_probability_times_amount_of_the_alerts_of_that_day_alone() -> None:
    book, probability = make_book(ROWS)
    day = day_figures(book, marks_at(probability, 0.5), DAY)
    assert day.alerts == 4
    assert day.amount == pytest.approx(190.0)
    assert day.expected_amount == pytest.approx(0.8 * 100 + 0.6 * 50 + 0.7 * 10 + 0.9 * 30)
    assert day.expected_frauds == pytest.approx(0.8 + 0.6 + 0.7 + 0.9)


def test_what_is_known_of_a_day_counts_missed_frauds_and_leaves_out_unknown_ones() -> None:
    book, probability = make_book(ROWS)
    day = day_figures(book, marks_at(probability, 0.5), DAY)
    assert (day.frauds, day.caught, day.judged) == (3, 2, 3)
    assert (day.fraud_amount, day.caught_amount) == (180.0, 110.0)


def test_a_day_without_labels_claims_nothing_about_frauds() -> None:
    book, probability = make_book([(*row[:4], None, row[5]) for row in ROWS])
    assert day_figures(book, marks_at(probability, 0.5), DAY).frauds is None


def test_what_people_said_counts_more_than_labels() -> None:
    book, probability = make_book(ROWS)
    said = np.array([0, -1, -1, -1, 1, -1], np.int8)
    day = day_figures(book, marks_at(probability, 0.5), DAY, Cases(said).outcome(book.known))
    # The first alert was dismissed, the fifth, which has no label, confirmed.
    assert (day.frauds, day.caught, day.judged) == (3, 2, 4)
    assert day.caught_amount == 40.0


def test_a_card_with_several_alerts_takes_one_place_of_the_capacity() -> None:
    book, probability = make_book(ROWS)
    rows, marks = book.rows_of_day(DAY), marks_at(probability, 0.5)

    def cards(most: int) -> list[str]:
        return book.take("card", likeliest_cards(book, rows, marks, most)).to_pylist()

    # Probabilities of the day: d .9, a .8, b .7, a .6, c .2.
    assert cards(1) == ["d"]
    assert cards(2) == ["d", "a"]
    assert cards(3) == ["d", "a", "b", "a"]
    # Below the threshold too, where the team has time.
    assert cards(4) == cards(40) == ["d", "a", "b", "a", "c"]


def test_marks_are_what_the_decision_says() -> None:
    book, probability = make_book(ROWS)
    decision = Classify(("genuine", "fraud"), threshold=0.65, band=(0.5, 0.65))
    marks, said = Marks.of(book, decision), decision.apply({"score": book.score})
    assert marks.alert.tolist() == [label == "fraud" for label in said["label"].to_pylist()]
    assert marks.review.tolist() == [False, True, False, False, False, False]
    np.testing.assert_allclose(marks.probability, probability, rtol=1e-5)


def test_a_transaction_is_found_by_its_number() -> None:
    book, _ = make_book(ROWS)
    assert book.row_of("t3") == 3
    assert book.row_of("no such") is None
    assert book.row_of(None) is None


def test_the_past_of_a_terminal_leaves_out_transactions_without_one() -> None:
    book, _ = make_book(ROWS)
    assert book.rows_like("terminal", 0).tolist() == [0, 1, 2]
    assert book.rows_like("card", 5).tolist() == [4, 5]
