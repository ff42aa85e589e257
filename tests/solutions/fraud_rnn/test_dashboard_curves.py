"""The numbers beside the curves."""

from __future__ import annotations

import numpy as np
import pytest
from fraud_book import make_book, marks_at

from lepton_core.decision.curves import cost_curve
from solutions.fraud_rnn.dashboard_book_curves import (
    CostSummary,
    JudgedRows,
    reliability_groups,
    reliability_summary,
)

ROWS = [
    (0.1, "a", "s", 100.0, 1, 0.9),
    (0.2, "b", "s", 50.0, 0, 0.8),
    (1.3, "c", "s", 30.0, 1, 0.3),
    (1.4, "d", "s", 70.0, 0, 0.2),
    (2.5, "e", "s", 999.0, None, 0.95),
]


def judged() -> JudgedRows:
    book, probability = make_book(ROWS)
    return JudgedRows.of(book, marks_at(probability, 0.5), book.known)


def test_what_is_not_known_counts_for_nothing() -> None:
    rows = judged()
    assert (rows.n, rows.frauds, rows.genuine, rows.days) == (4, 2, 2, 2)
    assert rows.at(0.5) == (0.5, 0.5)
    assert rows.at(0.99) == (None, 0.0)


def test_cost_a_day_is_reviews_and_missed_amounts() -> None:
    rows = judged()
    curve = cost_curve(rows.probability, rows.known, rows.amount, 10.0, 1.0)
    summary = CostSummary.of(rows, curve, 0.5, 10.0, 1.0)
    # Two reviews and the missed 30 over two days; nothing reviewed would lose 130.
    assert summary.chosen == pytest.approx((2 * 10 + 30) / 2)
    assert summary.nothing == pytest.approx(130 / 2)
    # Reviewing the first alone costs 10 + 30, and the first three 30.
    assert summary.best == pytest.approx(30 / 2)
    assert summary.best_threshold == pytest.approx(0.3)
    assert summary.best <= summary.chosen


def test_nothing_is_reviewed_where_a_review_costs_more_than_it_saves() -> None:
    rows = judged()
    curve = cost_curve(rows.probability, rows.known, rows.amount, 11.0, 0.1)
    summary = CostSummary.of(rows, curve, 0.5, 11.0, 0.1)
    assert summary.nothing == pytest.approx(13 / 2)
    assert summary.best == summary.nothing
    assert summary.best_threshold == 1.0


def test_of_thresholds_that_cost_the_same_the_one_with_the_fewest_alerts_is_best() -> None:
    rows = judged()
    # Reviewing the second fraud, of 30, and the genuine one before it saves what it costs.
    curve = cost_curve(rows.probability, rows.known, rows.amount, 15.0, 1.0)
    summary = CostSummary.of(rows, curve, 0.5, 15.0, 1.0)
    assert summary.best == pytest.approx(45 / 2)
    assert summary.best_threshold == pytest.approx(0.9)


def test_expected_frauds_are_the_sum_of_the_highest_probabilities() -> None:
    rng = np.random.default_rng(0)
    probability = rng.random(2000).astype(np.float32)
    known = (rng.random(2000) < probability).astype(np.int8)
    rows = JudgedRows(probability, known, np.ones(2000), 1)
    expected, observed, count = reliability_summary(rows, 0.05)
    highest = np.sort(probability)[-100:]
    assert count == 100
    assert expected == pytest.approx(highest.sum(), rel=1e-5)
    assert observed == known[np.argsort(probability)[-100:]].sum()
    groups = reliability_groups(rows, 0.05)
    assert groups["count"].to_pylist() == [10] * 10
    assert sum(groups["observed"].to_pylist()) == observed
    assert groups["probability"][0].as_py() > groups["probability"][9].as_py()
