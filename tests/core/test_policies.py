"""Thresholds by capacity, cost and precision do what they promise, and curves agree with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lepton_core.decision import Classify, Policy, from_json
from lepton_core.decision.curves import capacity_curve, cost_curve, precision_recall_curve
from lepton_core.decision.policies import capacity_threshold, cost_threshold, precision_threshold
from lepton_core.errors import DataError, UsageError

DAYS = 10


@pytest.fixture(scope="module")
def scored() -> dict[str, Any]:
    """Payments of 400 cards over ten days, with ties, and some labels not known."""
    rng = np.random.default_rng(3)
    n = 8000
    labels = (rng.random(n) < 0.03).astype(np.int64)
    scores = rng.normal(size=n) + 2.0 * labels - 4.0
    probability = (1 / (1 + np.exp(-scores))).round(3).astype(np.float32)
    return {
        "scores": scores,
        "probability": probability.astype(np.float64),
        "labels": np.where(rng.random(n) < 0.1, -1, labels),
        "day": 20_000 + rng.integers(0, DAYS, n),
        "card": np.array([f"c{number}" for number in rng.integers(0, 400, n)]),
        "amount": rng.lognormal(3.5, 1.0, n),
    }


def cards_a_day(scored: dict[str, Any], threshold: float) -> float:
    alerts = scored["probability"] >= threshold
    return len(set(zip(scored["day"][alerts], scored["card"][alerts], strict=True))) / DAYS


@pytest.mark.parametrize("per_day", [0.3, 1, 7, 25, 60.5, 200])
def test_capacity_is_kept_and_used_up(scored: dict[str, Any], per_day: float) -> None:
    threshold = capacity_threshold(
        scored["probability"], scored["day"], scored["card"], per_day=per_day
    )
    assert cards_a_day(scored, threshold) <= per_day
    # The next probability further down would be too many.
    below = scored["probability"][scored["probability"] < threshold]
    assert cards_a_day(scored, below.max()) > per_day


def test_capacity_is_monotone(scored: dict[str, Any]) -> None:
    days, cards = scored["day"], scored["card"]
    thresholds = [
        capacity_threshold(scored["probability"], days, cards, per_day)
        for per_day in np.linspace(0.1, 400, 60)
    ]
    assert (np.diff(thresholds) <= 0).all()


def test_capacity_counts_cards_and_not_payments(scored: dict[str, Any]) -> None:
    probability, day, card = scored["probability"], scored["day"], scored["card"]
    once = capacity_threshold(probability, day, card, 20)
    # Every payment made five times over on the same day by the same card: the same work.
    again = capacity_threshold(np.tile(probability, 5), np.tile(day, 5), np.tile(card, 5), 20)
    assert again == once
    # The same card on another day is another case.
    other = capacity_threshold(
        np.concatenate([probability, probability]),
        np.concatenate([day, day + DAYS]),
        np.concatenate([card, card]),
        20,
    )
    assert other == once


def test_more_capacity_than_cards_alerts_them_all(scored: dict[str, Any]) -> None:
    threshold = capacity_threshold(scored["probability"], scored["day"], scored["card"], 1e6)
    assert (scored["probability"] >= threshold).all()


def test_equals_are_alerted_together_or_not_at_all() -> None:
    same = np.full(6, 0.5)
    day, card = np.zeros(6, int), np.arange(6)
    assert (same >= capacity_threshold(same, day, card, 5)).sum() == 0
    assert (same >= capacity_threshold(same, day, card, 6)).sum() == 6


def brute_cost(scored: dict[str, Any], threshold: float, review: float, factor: float) -> float:
    alerts, labels = scored["probability"] >= threshold, scored["labels"]
    missed = scored["amount"][(labels == 1) & ~alerts].sum()
    return factor * missed + review * (alerts & (labels >= 0)).sum()


@pytest.mark.parametrize(("review", "factor"), [(0.5, 1.0), (5.0, 1.0), (20.0, 0.4), (1e9, 1.0)])
def test_the_cost_threshold_is_the_best_of_all(
    scored: dict[str, Any], review: float, factor: float
) -> None:
    found = cost_threshold(
        scored["probability"], scored["labels"], scored["amount"], review, factor
    )
    candidates = [*np.unique(scored["probability"]), 1.0]
    best = min(brute_cost(scored, threshold, review, factor) for threshold in candidates)
    assert brute_cost(scored, found, review, factor) == pytest.approx(best, rel=1e-12)


def test_a_free_review_alerts_what_has_any_worth_and_a_dear_one_nothing() -> None:
    probability, labels = np.array([0.9, 0.6, 0.3, 0.1]), np.array([0, 1, 1, 0])
    amounts = np.full(4, 10.0)
    free = cost_threshold(probability, labels, amounts, 0.0)
    assert (probability >= free).tolist() == [True, True, True, False]
    assert cost_threshold(probability, labels, amounts, 100.0) == 1.0


def test_amounts_decide_and_not_the_number_of_frauds() -> None:
    probability, labels = np.array([0.9, 0.5, 0.5, 0.5]), np.array([1, 1, 0, 0])
    small, large = np.array([100.0, 5.0, 5.0, 5.0]), np.array([100.0, 500.0, 5.0, 5.0])
    assert cost_threshold(probability, labels, small, 10.0) > 0.5
    assert cost_threshold(probability, labels, large, 10.0) <= 0.5


def test_precision_is_reached_on_the_known_with_the_most_alerts(scored: dict[str, Any]) -> None:
    labels, probability = scored["labels"], scored["probability"]

    def precision(threshold: float) -> float:
        judged = labels[(probability >= threshold) & (labels >= 0)]
        return float((judged == 1).mean())

    found = precision_threshold(probability, labels, 0.4)
    assert precision(found) >= 0.4
    below = np.unique(probability[(probability < found) & (labels >= 0)])
    assert all(precision(threshold) < 0.4 for threshold in below)


def test_curves_agree_with_the_thresholds(scored: dict[str, Any]) -> None:
    probability, labels, amount = scored["probability"], scored["labels"], scored["amount"]
    capacity = capacity_curve(
        probability, scored["day"], scored["card"], labels, amount, points=10_000
    )
    for threshold, per_day, expected, caught in zip(*capacity[:4], strict=True):
        alerts = probability >= threshold
        assert per_day == pytest.approx(cards_a_day(scored, threshold))
        assert expected == pytest.approx((probability * amount)[alerts].sum() / DAYS)
        assert caught == pytest.approx(amount[alerts & (labels == 1)].sum() / DAYS)
    cost = cost_curve(probability, labels, amount, 5.0, 0.5, points=20)
    for threshold, total in zip(cost.threshold, cost.total, strict=True):
        if threshold < 1:
            assert total == pytest.approx(brute_cost(scored, threshold, 5.0, 0.5))
    best = cost_threshold(probability, labels, amount, 5.0, 0.5)
    assert cost.total.min() == pytest.approx(brute_cost(scored, best, 5.0, 0.5))
    assert cost.total == pytest.approx(cost.missed + cost.review)


def test_the_precision_of_cases_is_that_of_cards() -> None:
    # One card with a fraud among three alerts that day, one without: one of two cards.
    curve = capacity_curve(
        np.array([0.9, 0.8, 0.7, 0.6]),
        np.zeros(4, int),
        np.array(["a", "a", "a", "b"]),
        np.array([0, 1, 0, 0]),
    )
    assert curve.precision.tolist() == [0.5, 1.0]
    assert np.isnan(curve.expected).all()


def test_curves_are_thin_ascend_and_keep_their_ends(scored: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    probability = rng.random(50_000)
    labels = (rng.random(50_000) < probability).astype(int)
    curves: list[Any] = [
        precision_recall_curve(probability, labels),
        cost_curve(probability, labels, np.ones(50_000), 0.3),
        capacity_curve(probability, np.zeros(50_000, int), np.arange(50_000)),
    ]
    for curve in curves:
        assert 100 < len(curve.threshold) <= 201
        assert (np.diff(curve.threshold) > 0).all()
        assert curve.threshold[0] == probability.min()
    assert curves[0].threshold[-1] == probability.max()
    assert curves[0].recall[0] == 1.0


@pytest.mark.parametrize("name", ["capacity", "cost", "precision", "recall", "alert_rate", "f1"])
def test_every_policy_sets_a_decision_and_survives_json(scored: dict[str, Any], name: str) -> None:
    value = {"capacity": 30.0, "cost": 5.0, "f1": 0.0}.get(name, 0.3)
    decision = Classify(("genuine", "fraud"), threshold=0.9).with_policy(
        Policy(name, value),
        scored["scores"],
        scored["labels"],
        day=scored["day"],
        entity=scored["card"],
        amounts=scored["amount"],
    )
    assert 0 < decision.threshold < 0.9
    assert from_json(decision.to_json()) == decision
    assert decision.policy == Policy(name, value)


def test_a_decision_of_before_these_policies_still_loads() -> None:
    older = {
        "kind": "classify",
        "classes": ["genuine", "fraud"],
        "slope": 0.9,
        "offset": -0.3,
        "threshold": 0.23,
        "band": [0.02, 0.23],
        "policy": {"name": "alert_rate", "value": 0.005},
        "fitted_on": {"part": "validation", "n": 11894, "positives": 67},
    }
    decision = from_json(older)
    assert isinstance(decision, Classify)
    assert decision.policy == Policy("alert_rate", 0.005)


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("capcity", 1.0, "decision.policy"),
        ("capacity", 0.0, "decision.policy_capacity"),
        ("capacity", float("nan"), "decision.policy_capacity"),
        ("capacity", float("inf"), "decision.policy_capacity"),
        ("cost", -1.0, "decision.policy_cost"),
        ("precision", 1.5, "decision.policy_share"),
    ],
)
def test_a_policy_that_makes_no_sense_is_told(name: str, value: float, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        Policy(name, value)
    assert caught.value.key == key


def test_what_a_policy_needs_is_told_by_name(scored: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="day, entity"):
        Classify().with_policy(Policy("capacity", 10), scored["scores"])
    with pytest.raises(DataError, match="amount"):
        Classify().with_policy(Policy("cost", 10), scored["scores"], scored["labels"])
    unknown = np.full(len(scored["scores"]), -1)
    with pytest.raises(DataError) as caught:
        Classify().with_policy(Policy("f1"), scored["scores"], unknown)
    assert caught.value.key == "decision.no_labels"
    amounts = np.where(np.arange(len(unknown)) == 5, np.nan, 1.0)
    with pytest.raises(DataError) as caught:
        Classify().with_policy(
            Policy("cost", 10), scored["scores"], scored["labels"], amounts=amounts
        )
    assert caught.value.key == "decision.bad_amount"
