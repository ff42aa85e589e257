"""Lists for a campaign: never more than the budget, none that loses, better than chance."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lepton_core.errors import UsageError
from solutions.retail_recommender.campaign import Offer, backtest, choose


@pytest.mark.parametrize("seed", range(6))
def test_no_other_list_within_the_budget_is_expected_to_gain_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    risk, value = rng.random(9), rng.gamma(1.0, 30.0, 9)
    offer = Offer(cost=2.0, success=0.3, budget=float(rng.uniform(0, 14)))
    gain = offer.gain(risk, value)
    affordable = (
        rows
        for size in range(10)
        for rows in itertools.combinations(range(9), size)
        if size * offer.cost <= offer.budget  # type: ignore[operator]
    )
    best = max(gain[list(rows)].sum() for rows in affordable)
    rows = choose(risk, value, offer)
    assert gain[rows].sum() == pytest.approx(best)
    assert len(rows) * offer.cost <= offer.budget  # type: ignore[operator]
    assert (gain[rows] > 0).all()


def test_rounding_costs_no_contact_and_unknown_values_are_left_out() -> None:
    risk, value = np.full(4, 0.9), np.array([100.0, np.nan, 100.0, 100.0])
    assert len(choose(risk, value, Offer(0.1, 0.5, 0.3))) == 3
    assert 1 not in choose(risk, value, Offer(0.1, 0.5))
    assert len(choose(risk, value, Offer(0.1, 0.5, 0.0))) == 0


@pytest.mark.parametrize(
    "wrong",
    [{"cost": 0.0}, {"success": 1.2}, {"budget": -1.0}, {"cost": float("nan")}],
)
def test_an_offer_that_cannot_be_is_an_error(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="expected"):
        Offer(**wrong)


def test_a_list_by_true_risks_gains_what_it_promises_and_chance_does_not() -> None:
    rng = np.random.default_rng(0)
    risk, value = rng.beta(1, 3, 6000), rng.gamma(2.0, 50.0, 6000)
    went = rng.random(6000) < risk
    offer = Offer(3.0, 0.2, 1500.0)
    found = backtest(risk, value, went, offer, {"most valuable": value, "likeliest": risk})
    assert found.contacts == 500
    assert found.gained["list"].low < found.expected < found.gained["list"].high  # type: ignore[operator]
    assert set(found.above) == {"random", "most valuable", "likeliest"}
    assert all(above.low > 0 for above in found.above.values())  # type: ignore[operator]
    blind = backtest(rng.random(6000), np.full(6000, 100.0), went, offer)
    above = blind.above["random"]
    assert above.low < 0 < above.high  # type: ignore[operator]


def test_a_list_is_judged_by_what_keeping_is_worth_not_by_what_it_believes() -> None:
    risk, went = np.array([0.9, 0.9, 0.9, 0.1]), np.array([True, True, False, False])
    believed, worth = np.array([50.0, 0.0, 90.0, 0.0]), np.array([10.0, 70.0, 10.0, 10.0])
    found = backtest(risk, believed, went, Offer(1.0, 0.5), {"worth": worth}, worth)
    assert found.contacts == 2
    assert found.expected == pytest.approx(0.45 * 140 - 2)
    assert found.gained["list"].value == pytest.approx(0.5 * 10 - 2)
    assert found.gained["worth"].value == pytest.approx(0.5 * 80 - 2)
    assert found.gained["random"].value == pytest.approx(2 * (0.5 * 80 - 4) / 4)
