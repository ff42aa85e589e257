"""Whom to write to: the customers whose contact is expected to gain more than it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        gained: way of choosing -> gain by who really went, with a 95% interval: ``list``, and as
            many contacts chosen without a model, ``random`` (on average) among them.
        above: how much more the list gained than each other way, with intervals.
    """

    contacts: int
    expected: float
    gained: Mapping[str, Measured]
    above: Mapping[str, Measured]


def backtest(
    risk: np.ndarray,
    value: np.ndarray,
    went: np.ndarray,
    offer: Offer,
    others: Mapping[str, np.ndarray] | None = None,
    worth: np.ndarray | None = None,
    seed: int = 0,
) -> Backtest:
    """What the list would have gained, beside as many contacts chosen without a model.

    The success rate is taken as it is told: what is tested is who goes, not who can be kept. Nor
    does anybody know what those who went would have spent: it is taken from ``worth``.

    Args:
        risk: probability of going, [n].
        value: what one who is kept is expected to be worth, [n]; chooses the list.
        went: whether each customer went, bool [n].
        offer: cost, effect, budget.
        others: name -> [n], other ways: as many with the highest numbers.
        worth: what keeping each is counted as, [n], a number each; as ``value`` where not told.
        seed: of the resamples of customers, each of which makes its own list.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> risk, value = rng.random(2000), rng.gamma(2.0, 50.0, 2000)
        >>> told = backtest(risk, value, rng.random(2000) < risk, Offer(2.0, 0.1, 400.0))
        >>> told.contacts, told.above["random"].low > 0
        (200, True)
    """
    others = others or {}
    # What cannot be told is never chosen, and worth nothing.
    value = np.nan_to_num(value)
    columns = [risk, value, went, value if worth is None else np.nan_to_num(worth)]
    columns += list(others.values())
    contacts, expected, whole = _gains(columns, offer)
    generator, n = np.random.default_rng(seed), len(risk)
    drawn = []
    for _ in range(_RESAMPLES):
        rows = generator.integers(0, n, n)
        # A budget for all customers, of which a resample has as many.
        drawn.append(_gains([column[rows] for column in columns], offer)[2])
    names, draws = ("list", "random", *others), np.array(drawn)
    gained = {name: _measured(whole[at], draws[:, at]) for at, name in enumerate(names)}
    above = {
        name: _measured(whole[0] - whole[at], draws[:, 0] - draws[:, at])
        for at, name in enumerate(names)
        if at
    }
    return Backtest(contacts, expected, gained, above)


def _measured(value: float, draws: np.ndarray) -> Measured:
    low, high = np.quantile(draws, (0.025, 0.975))
    return Measured(float(value), float(low), float(high))


def _gains(columns: Sequence[np.ndarray], offer: Offer) -> tuple[int, float, list[float]]:
    """Contacts, the gain expected, and the real ones: of the list, at random, of other ways."""
    risk, value, went, worth, *others = columns
    rows = choose(risk, value, offer)
    real = offer.gain(went, worth)
    orders = [rows, *(np.argsort(-other, kind="stable")[: len(rows)] for other in others)]
    gained = [float(real[some].sum()) for some in orders]
    gained.insert(1, float(real.mean() * len(rows)) if len(real) else 0.0)
    return len(rows), float(offer.gain(risk, value)[rows].sum()), gained
