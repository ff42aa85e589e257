"""Similar past cases: only what was known then, the nearest first."""

from __future__ import annotations

import numpy as np
import pytest
from fraud_book import make_book

from solutions.fraud_rnn.dashboard_book_similar import Traits, similar_cases
from solutions.fraud_rnn.dashboard_reasons import past_rows

ROWS = [
    (0.00, "a", "s", 10.0, 0, 0.1),
    (0.50, "a", "s", 40.0, 1, 0.1),
    (1.00, "a", "u", 20.0, 0, 0.1),
    (1.25, "b", "s", 20.0, 0, 0.1),
    (9.00, "b", "s", 20.0, 1, 0.1),
    (9.10, "b", None, 20.0, 1, 0.1),
]


def test_traits_come_from_the_past_alone() -> None:
    book, _ = make_book(ROWS)
    traits = Traits.of(book, 7.0)
    assert np.isnan(traits.ratio[[0, 3]]).all()
    assert np.isnan(traits.gap_h[[0, 3]]).all()
    # Geometric mean of 10 and 40.
    assert traits.usual[2] == pytest.approx(20.0)
    assert traits.ratio[1] == pytest.approx(4.0)
    assert traits.gap_h[2] == pytest.approx(12.0)
    assert traits.count.tolist() == [0, 1, 2, 0, 0, 1]
    assert traits.hour[1] == pytest.approx(12.0)


def test_a_terminals_frauds_count_once_their_labels_have_arrived() -> None:
    book, _ = make_book(ROWS)
    assert Traits.of(book, 7.0).frauds.tolist() == [0, 0, 0, 0, 1, 0]
    assert Traits.of(book, 9.0).frauds.tolist() == [0, 0, 0, 0, 0, 0]
    assert Traits.of(book, 0.0).frauds[3] == 1


def test_a_terminals_latest_outcomes_are_its_own_and_known_by_then() -> None:
    labels = [0, 1, 1, 1, 0, 1, 1]
    rows = [(float(day), "a", "s", 10.0, label, 0.1) for day, label in enumerate(labels)]
    rows += [(7.5, "b", "before", 10.0, None, 0.1), (7.6, "b", "t", 10.0, 1, 0.1)]
    rows += [(13.5, "b", "s", 10.0, None, 0.1), (13.6, "b", None, 10.0, None, 0.1)]
    rows.append((30.0, "b", "t", 10.0, None, 0.1))
    book, _ = make_book(rows)
    latest = Traits.of(book, 7.0).latest
    # On day 13.5 the labels of days 0 to 6 have arrived; the last five are 1 1 0 1 1.
    assert latest[9] == 4
    # On day 7.5 nothing is known of a terminal met for the first time, nor of one without a name.
    assert latest[[7, 8, 10]].tolist() == [0, 0, 0]
    assert latest[11] == 1
    assert latest[:7].tolist() == [0] * 7


def test_similar_cases_were_known_when_the_transaction_was_made() -> None:
    book, _ = make_book(ROWS)
    traits = Traits.of(book, 7.0)
    found = similar_cases(book, traits, 4, 7.0)
    assert sorted(found.rows.tolist()) == [0, 1, 2, 3]
    assert found.base == pytest.approx(0.25)
    assert similar_cases(book, traits, 3, 7.0).candidates == 0


def test_a_verdict_is_an_outcome_at_once() -> None:
    book, _ = make_book(ROWS)
    # The last one is judged too, but made only later.
    judged = np.array([-1, 0, 1, -1, -1, 1], np.int8)
    found = similar_cases(book, Traits.of(book, 7.0), 3, 7.0, judged)
    assert dict(zip(found.rows.tolist(), found.fraud.tolist(), strict=True)) == {1: False, 2: True}


def test_the_nearest_comes_first_and_a_twin_is_nearest() -> None:
    rows = [(day, f"c{day}", "s", amount, 0, 0.1) for day, amount in enumerate([5, 80, 21, 400])]
    rows.append((20.0, "x", "s", 80.0, None, 0.1))
    book, _ = make_book(rows)
    found = similar_cases(book, Traits.of(book, 7.0), 4, 7.0)
    assert found.rows[0] == 1
    assert found.distance[0] == pytest.approx(0.0, abs=1e-9)
    assert (np.diff(found.distance) >= 0).all()


def test_hours_go_round_midnight() -> None:
    rows = [(0.98, "a", "s", 10.0, 0, 0.1), (1.5, "b", "s", 10.0, 1, 0.1)]
    rows.append((20.02, "c", "s", 10.0, None, 0.1))
    book, _ = make_book(rows)
    assert similar_cases(book, Traits.of(book, 7.0), 2, 7.0).rows.tolist() == [0, 1]


def test_reasons_read_the_whole_past_or_else_what_is_near() -> None:
    book, _ = make_book(ROWS)
    assert past_rows(book, 4, most=100).tolist() == [0, 1, 2, 3, 4]
    # Its card and terminal first; the latest of the rest where there is room.
    assert past_rows(book, 4, most=4).tolist() == [0, 1, 3, 4]
    assert past_rows(book, 5, most=3).tolist() == [3, 4, 5]
