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

import numpy as np


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
    return 1.0 if best == 0 else _at(ranked, ends[best - 1])


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
    return _at(ranked, ends[enough[-1] if len(enough) else int(np.argmax(reached))])


def between(above: float, below: float) -> float:
    """A threshold that ``above`` reaches and ``below`` does not, in float32 too.

    Example:
        >>> between(0.75, 0.25)
        0.5
    """
    middle = (float(above) + float(below)) / 2
    # Two neighbours in float32: half-way rounds to one of them, perhaps to the lower.
    return middle if np.float32(middle) > np.float32(below) else float(above)


def cuts(probability: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a threshold can cut.

    Returns:
        ``ends`` int64 [m], the last position of each run of equal probabilities, of ``ranked`` [n],
        the probabilities descending, and ``order`` [n], their positions in the input.
    """
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    is_last = np.ones(len(ranked), bool)
    is_last[:-1] = ranked[1:] != ranked[:-1]
    return np.flatnonzero(is_last), ranked, order


def known_only(
    probability: np.ndarray, labels: np.ndarray, amounts: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability float64, truth 0 or 1, and amount float64 of the records with a label."""
    truth = np.asarray(labels)
    known = truth >= 0
    money = np.zeros(len(truth)) if amounts is None else np.asarray(amounts, np.float64)
    given = np.asarray(probability, np.float64)
    return given[known], truth[known].astype(np.int64), money[known]


def costs(
    order: np.ndarray,
    ends: np.ndarray,
    truth: np.ndarray,
    money: np.ndarray,
    review_cost: float,
    factor: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Cost of what is missed and of reviews [m + 1]: no alert first, then cut after cut."""
    lost = np.where(truth == 1, money, 0.0)[order] * factor
    caught = np.concatenate([[0.0], np.cumsum(lost)[ends]])
    return lost.sum() - caught, np.concatenate([[0.0], ends + 1.0]) * review_cost


def case_numbers(day: np.ndarray, entity: np.ndarray) -> tuple[np.ndarray, int]:
    """A number [n] of each record's entity and day, from 0; and how many days occur."""
    days, day_number = np.unique(np.asarray(day), return_inverse=True)
    names, name_number = np.unique(np.asarray(entity), return_inverse=True)
    whole = day_number.astype(np.int64) * len(names) + name_number
    return np.unique(whole, return_inverse=True)[1], max(len(days), 1)


def highest_of(probability: np.ndarray, case: np.ndarray) -> np.ndarray:
    """The highest probability of each case."""
    highest = np.full(int(case.max()) + 1 if len(case) else 0, -np.inf)
    np.maximum.at(highest, case, probability)
    return highest


def _at(ranked: np.ndarray, end: int) -> float:
    """The threshold that the first ``end + 1`` of descending probabilities reach, and no other."""
    if end + 1 == len(ranked):
        return float(ranked[end])
    return between(ranked[end], ranked[end + 1])
