"""Whom to write to: the customers whose contact is expected to gain more than it costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_core.errors import UsageError
from lepton_core.evaluation.report import Measured

_RESAMPLES = 200


@dataclass(frozen=True)
class Offer:
    """What a campaign costs and does.

    Args:
        cost: of a contact, in the values' money, above 0.
        success: share of those about to go whom the contact keeps, 0 to 1. Only a test with a
            group that is not written to tells it.
        budget: money for all contacts, at least 0; None for no limit.

    Raises:
        UsageError: ``retail_recommender.campaign.error`` for a number outside.
    """

    cost: float = 1.0
    success: float = 0.1
    budget: float | None = None

    def __post_init__(self) -> None:
        limits = {
            "cost": (self.cost, self.cost > 0, "above 0"),
            "success": (self.success, 0 <= self.success <= 1, "0 to 1"),
            "budget": (self.budget, self.budget is None or self.budget >= 0, "0 or more"),
        }
        for name, (received, holds, expected) in limits.items():
            if not holds:
                told = {"setting": name, "received": received, "expected": expected}
                raise UsageError("retail_recommender.campaign.error", **told)

    def gain(self, risk: np.ndarray, value: np.ndarray) -> np.ndarray:
        """What a contact is expected to gain, float64 [n].

        Args:
            risk: probability of going, or whether they went, [n].
            value: what one who is kept is worth, [n].
        """
        return np.asarray(risk, np.float64) * value * self.success - self.cost

    @property
    def most(self) -> int | None:
        """How many contacts the budget pays for; None for no limit."""
        # Rounding first: 0.3 / 0.1 is just below 3.
        return None if self.budget is None else int(round(self.budget / self.cost, 9))


def choose(risk: np.ndarray, value: np.ndarray, offer: Offer) -> np.ndarray:
    """Rows to contact, the highest expected gain first; none that is expected to lose money.

    With one cost for all, the best of the affordable ones by gain are the best use of the budget.

    Args:
        risk: probability of going, [n].
        value: what one who is kept is worth, [n]; where it is not a number nobody is contacted.
        offer: cost, effect, budget.

    Returns:
        int64 [m]; ``m * offer.cost`` is never more than the budget.

    Example:
        >>> offer = Offer(cost=2.0, success=0.5, budget=4.5)
        >>> risk, value = np.array([0.9, 0.1, 0.5, 0.8]), np.array([10.0, 10.0, 40.0, 20.0])
        >>> choose(risk, value, offer).tolist()
        [2, 3]
    """
    gain = offer.gain(risk, value)
    rows = np.flatnonzero(np.nan_to_num(gain, nan=-1.0) > 0)
    order = rows[np.argsort(-gain[rows], kind="stable")]
    return order[: offer.most]


@dataclass(frozen=True)
class Backtest:
    """What a list would have gained among customers of whom it is known who went.

    Args:
        contacts: how many would have been contacted.
        expected: gain that the list promised.
        gained: gain by who really went, with a 95% interval.
        random: the same of as many customers drawn at random, on average.
        valuable: of as many of the most valuable.
        above_random, above_valuable: how much more the list gained, with intervals.
    """

    contacts: int
    expected: float
    gained: Measured
    random: Measured
    valuable: Measured
    above_random: Measured
    above_valuable: Measured


def backtest(
    risk: np.ndarray, value: np.ndarray, went: np.ndarray, offer: Offer, seed: int = 0
) -> Backtest:
    """What the list would have gained, beside as many contacts chosen without a model.

    The success rate is taken as it is told: what is tested is who goes, not who can be kept.

    Args:
        risk: probability of going, [n].
        value: what one who is kept is worth, [n].
        went: whether each customer went, bool [n].
        offer: cost, effect, budget.
        seed: of the resamples of customers, each of which makes its own list.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> risk, value = rng.random(2000), rng.gamma(2.0, 50.0, 2000)
        >>> told = backtest(risk, value, rng.random(2000) < risk, Offer(2.0, 0.1, 400.0))
        >>> told.contacts, told.above_random.low > 0
        (200, True)
    """
    whole = _gains(risk, value, went, offer)
    generator, n = np.random.default_rng(seed), len(risk)
    drawn = []
    for _ in range(_RESAMPLES):
        rows = generator.integers(0, n, n)
        # A budget for all customers, of which a resample has as many.
        drawn.append(_gains(risk[rows], value[rows], went[rows], offer))
    low, high = np.quantile(np.array(drawn)[:, 2:], (0.025, 0.975), axis=0)
    told = [
        Measured(float(at), float(least), float(most))
        for at, least, most in zip(whole[2:], low, high, strict=True)
    ]
    return Backtest(int(whole[0]), float(whole[1]), *told)


def _gains(
    risk: np.ndarray, value: np.ndarray, went: np.ndarray, offer: Offer
) -> tuple[float, ...]:
    """Contacts, and gains: expected, real, at random, of the most valuable, and the differences."""
    rows = choose(risk, value, offer)
    real = np.nan_to_num(offer.gain(went, value), nan=-offer.cost)
    gained = float(real[rows].sum())
    random = float(real.mean() * len(rows)) if len(real) else 0.0
    valuable = float(real[np.argsort(-value, kind="stable")[: len(rows)]].sum())
    expected = float(offer.gain(risk, value)[rows].sum())
    return len(rows), expected, gained, random, valuable, gained - random, gained - valuable
