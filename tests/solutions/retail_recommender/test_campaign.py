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
    found = backtest(risk, value, went, Offer(3.0, 0.2, 1500.0))
    assert found.contacts == 500
    assert found.gained.low < found.expected < found.gained.high  # type: ignore[operator]
    assert found.above_random.low > 0
    assert found.above_valuable.low > 0
    blind = backtest(rng.random(6000), np.full(6000, 100.0), went, Offer(3.0, 0.2, 1500.0))
    assert blind.above_random.low < 0 < blind.above_random.high  # type: ignore[operator]
