"""Thresholds on a probability by alert capacity, by cost and by precision.

Pure functions on arrays. Throughout, a record is an alert where ``probability >= threshold``, so
moving a threshold never asks for another score. ``labels`` are 1 for a positive (a fraud), 0 for a
negative and -1 where nobody knows yet; what is not known counts for nothing. Curves of the same
are in :mod:`lepton_core.decision.curves`.

A cost that depends on the amount could also be met record by record: alert wherever
``probability * amount`` exceeds the cost of a review. That rule needs no threshold at all, and it
is one line of a rules file (:mod:`lepton_core.rules`): ``probability * amount > 5``. What is here
is the one common threshold that costs least in all, which keeps the order of the queue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_core.decision._ranking import (
    at,
    between,
    case_numbers,
    costs,
    cuts,
    highest_of,
    known_only,
)
from lepton_core.errors import DataError, UsageError

# Name -> what it needs to know of each record besides the probability.
POLICIES: dict[str, tuple[str, ...]] = {
    "f1": ("label",),
    "precision": ("label",),
    "recall": ("label",),
    "alert_rate": (),
    "capacity": ("day", "entity"),
    "cost": ("label", "amount"),
    "fixed": (),
}
# Policies whose value is no share: least, most, and what the message says.
_RANGES = {
    "capacity": (np.nextafter(0, 1), np.inf, "capacity"),
    "cost": (0.0, np.inf, "cost"),
}


@dataclass(frozen=True)
class Policy:
    """How a threshold on the probability is chosen.

    Args:
        name: ``f1`` (highest F1); ``precision`` or ``recall`` (at least the share ``value``);
            ``alert_rate`` (the share ``value`` of records with the highest probability);
            ``capacity`` (at most ``value`` different entities, cards say, alerted a day);
            ``cost`` (least total cost, where a review costs ``value`` and a missed positive its
            amount; where only a part of the amount is lost, divide ``value`` by that part); or
            ``fixed`` (the threshold is ``value``).
        value: what the name asks for: in 0..1, above 0 for ``capacity``, in the amounts' currency
            for ``cost``; ``f1`` asks for nothing.

    Raises:
        UsageError: ``decision.policy*``: no such policy, or a value out of its range.

    Example:
        >>> Policy("capacity", 100).needs
        ('day', 'entity')
    """

    name: str = "f1"
    value: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in POLICIES:
            raise UsageError("decision.policy", received=self.name, known=", ".join(POLICIES))
        least, most, key = _RANGES.get(self.name, (0.0, 1.0, "share"))
        if not least <= self.value <= most or not np.isfinite(self.value):
            raise UsageError(f"decision.policy_{key}", policy=self.name, received=self.value)

    @property
    def needs(self) -> tuple[str, ...]:
        """What must be known of each record: ``label``, ``day``, ``entity``, ``amount``."""
        return POLICIES[self.name]


def choose_threshold(
    policy: Policy,
    probability: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    day: np.ndarray | None = None,
    entity: np.ndarray | None = None,
    amounts: np.ndarray | None = None,
) -> float:
    """The probability from which ``policy`` calls a record positive.

    Args:
        policy: what is asked for; :attr:`Policy.needs` says which of the following it reads.
        probability: float64 [n] in 0..1.
        labels: 1, 0 or -1 for not known, [n].
        day: whole numbers [n].
        entity: [n], numbers or strings.
        amounts: [n], in one currency.

    Returns:
        a threshold half-way between two neighbouring probabilities where possible, so that it does
        not sit on a single record's value. Where no threshold reaches the asked precision, the one
        with the highest precision.

    Raises:
        DataError: ``decision.needs`` where something that the policy reads is not given;
            ``decision.no_labels`` and ``decision.bad_amount``.
    """
    given = {"label": labels, "day": day, "entity": entity, "amount": amounts}
    missing = [name for name in policy.needs if given[name] is None]
    if missing:
        raise DataError("decision.needs", policy=policy.name, missing=", ".join(missing))
    if labels is not None and "label" in policy.needs and not (np.asarray(labels) >= 0).any():
        raise DataError("decision.no_labels", policy=policy.name, n=len(labels))
    if amounts is not None and "amount" in policy.needs:
        wrong = int((~np.isfinite(np.asarray(amounts, np.float64))).sum())
        if wrong:
            raise DataError("decision.bad_amount", policy=policy.name, n=wrong, of=len(amounts))
    if policy.name == "fixed":
        return policy.value
    if day is not None and entity is not None and policy.name == "capacity":
        return capacity_threshold(probability, day, entity, policy.value)
    if policy.name == "alert_rate":
        ends, ranked, _ = cuts(probability)
        enough = int(np.searchsorted(ends + 1.0, policy.value * len(ranked), "right"))
        return at(ranked, ends[max(enough - 1, 0)])
    assert labels is not None
    if policy.name == "cost":
        assert amounts is not None
        return cost_threshold(probability, labels, amounts, policy.value)
    if policy.name == "precision":
        return precision_threshold(probability, labels, policy.value)
    known, truth, _ = known_only(probability, labels)
    ends, ranked, order = cuts(known)
    hits, positives = np.cumsum(truth[order])[ends], int(truth.sum())
    if policy.name == "recall":
        return at(ranked, ends[int(np.argmax(hits / max(positives, 1) >= policy.value))])
    return at(ranked, ends[int(np.argmax(2 * hits / (ends + 1.0 + positives)))])


def capacity_threshold(
    probability: np.ndarray, day: np.ndarray, entity: np.ndarray, per_day: float
) -> float:
    """The lowest threshold at which not more than ``per_day`` entities a day are alerted.

    An entity (a card) with several alerts on one day is one case for whoever looks, and counts
    once. The mean is over the days that occur in ``day``. Entities of equal probability are alerted
    together or not at all.

    Args:
        probability: [n] in 0..1.
        day: whole numbers [n], the day of each record.
        entity: [n], numbers or strings.
        per_day: entities a day, above 0.

    Returns:
        a probability, half-way between two that occur where possible; 1 where even the single most
        suspicious entity would be too many.

    Example:
        >>> probability = np.array([0.9, 0.8, 0.6, 0.4, 0.2])
        >>> day, card = np.array([1, 1, 1, 2, 2]), np.array(["a", "a", "b", "a", "c"])
        >>> round(capacity_threshold(probability, day, card, per_day=1), 3)  # a and b on day 1
        0.5
    """
    case, days = case_numbers(day, entity)
    highest = highest_of(np.asarray(probability, np.float64), case)
    if not len(highest):
        return 1.0
    ranked = np.sort(highest)[::-1]
    # Rounded first: 0.7 * 10 days is just below 7.
    most = int(np.floor(round(per_day * days, 9)))
    if most >= len(ranked):
        return float(ranked[-1])
    below = ranked[most]
    above = ranked[:most][ranked[:most] > below]
    return between(above[-1], below) if len(above) else 1.0


def cost_threshold(
    probability: np.ndarray,
    labels: np.ndarray,
    amounts: np.ndarray,
    review_cost: float,
    factor: float = 1.0,
) -> float:
    """The threshold of the least total cost on labelled records.

    A positive below the threshold costs its amount times ``factor``; an alert, right or wrong,
    costs a review. Among thresholds that cost the same, the highest: the fewest alerts.

    Args:
        probability: [n] in 0..1.
        labels: 1, 0 or -1 for not known, [n].
        amounts: [n], in one currency.
        review_cost: of one alert, in the same currency, at least 0.
        factor: share or multiple of the amount that is lost.

    Returns:
        a probability, half-way between two that occur where possible; 1 where alerting nothing
        costs least.

    Example:
        >>> probability, labels = np.array([0.9, 0.5, 0.4, 0.1]), np.array([1, 0, 1, 0])
        >>> round(cost_threshold(probability, labels, np.full(4, 100.0), review_cost=30.0), 3)
        0.25
        >>> round(cost_threshold(probability, labels, np.full(4, 100.0), review_cost=60.0), 3)
        0.7
    """
    given, truth, money = known_only(probability, labels, amounts)
    ends, ranked, order = cuts(given)
    if not len(ends):
        return 1.0
    missed, review = costs(order, ends, truth, money, review_cost, factor)
    best = int(np.argmin(missed + review))
    return 1.0 if best == 0 else at(ranked, ends[best - 1])


def precision_threshold(probability: np.ndarray, labels: np.ndarray, precision: float) -> float:
    """The lowest threshold whose alerts are positive in at least the share ``precision``.

    Args:
        probability: [n] in 0..1.
        labels: 1, 0 or -1 for not known, [n].
        precision: share in 0..1. Where no threshold reaches it, the one of the highest precision.

    Example:
        >>> probability, labels = np.array([0.9, 0.5, 0.4, 0.1]), np.array([1, 0, 1, 0])
        >>> round(precision_threshold(probability, labels, 0.6), 3)
        0.25
    """
    given, truth, _ = known_only(probability, labels)
    ends, ranked, order = cuts(given)
    if not len(ends):
        return 1.0
    reached = np.cumsum(truth[order])[ends] / (ends + 1.0)
    enough = np.flatnonzero(reached >= precision)
    return at(ranked, ends[enough[-1] if len(enough) else int(np.argmax(reached))])
