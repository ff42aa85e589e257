"""What a threshold would do, all along the probability: curves for charts and sliders.

Each curve ascends by threshold and has at most some 200 points, dense at the high probabilities,
where thresholds are chosen. Words and labels as in :mod:`lepton_core.decision.policies`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lepton_core.decision._ranking import case_numbers, costs, cuts, highest_of, known_only

POINTS = 200


class CapacityCurve(NamedTuple):
    """What each threshold asks of the people who review, ascending by threshold.

    Args:
        threshold: float64 [m], probability in 0..1.
        per_day: float64 [m], different entities alerted a day, on average.
        expected: float64 [m], sum of ``probability * amount`` of the alerts, a day; NaN without
            amounts.
        caught: float64 [m], amount of the alerts known to be positive, a day; NaN without labels
            or amounts.
        precision: float64 [m], share of the alerted entities (once a day) of whose records on that
            day one is positive, among those of which a label is known; NaN without.
    """

    threshold: np.ndarray
    per_day: np.ndarray
    expected: np.ndarray
    caught: np.ndarray
    precision: np.ndarray


class CostCurve(NamedTuple):
    """What each threshold costs on labelled records, ascending by threshold.

    Args:
        threshold: float64 [m], probability in 0..1; the last one alerts nothing.
        total: float64 [m], ``missed + review``, in the amounts' currency.
        missed: float64 [m], amounts of the positives below the threshold, times the factor.
        review: float64 [m], cost of reviewing the alerts.
    """

    threshold: np.ndarray
    total: np.ndarray
    missed: np.ndarray
    review: np.ndarray


class PrecisionRecall(NamedTuple):
    """Precision and recall at each threshold, ascending by threshold.

    Args:
        threshold: float64 [m], probability in 0..1.
        precision: float64 [m], share of the alerts that are positive.
        recall: float64 [m], share of the positives that are alerts.
    """

    threshold: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


def capacity_curve(
    probability: np.ndarray,
    day: np.ndarray,
    entity: np.ndarray,
    labels: np.ndarray | None = None,
    amounts: np.ndarray | None = None,
    points: int = POINTS,
) -> CapacityCurve:
    """Cases a day, expected and caught amount and precision of cases, by threshold.

    Args:
        probability: [n] in 0..1.
        day: whole numbers [n].
        entity: [n], numbers or strings.
        labels: 1, 0 or -1 for not known, [n].
        amounts: [n], in one currency.
        points: at most so many.

    Example:
        >>> probability, day = np.array([0.9, 0.8, 0.6, 0.4]), np.array([1, 1, 1, 2])
        >>> card = np.array(["a", "a", "b", "a"])
        >>> curve = capacity_curve(probability, day, card, amounts=np.full(4, 10.0))
        >>> curve.per_day.tolist(), curve.expected.round(1).tolist()
        ([1.5, 1.0, 0.5], [13.5, 11.5, 4.5])
    """
    given = np.asarray(probability, np.float64)
    case, days = case_numbers(day, entity)
    highest = highest_of(given, case)
    ends, ranked, order = cuts(highest)
    ends = ends[_thin(len(ends), points)]
    threshold = ranked[ends]
    known = np.full(len(given), -1) if labels is None else np.asarray(labels)
    # A case is positive if one of its records is; it is known if one of them is.
    state = np.full(len(highest), -1)
    np.maximum.at(state, case, known)
    judged = np.cumsum(state[order] >= 0)[ends]
    hits = np.cumsum(state[order] == 1)[ends]
    lost = np.full(len(threshold), np.nan)
    with np.errstate(invalid="ignore"):
        precision = hits / np.where(judged, judged, np.nan)
    expected = caught = lost
    if amounts is not None:
        money = np.asarray(amounts, np.float64)
        expected = _sum_above(given, given * money, threshold) / days
        if labels is not None:
            caught = _sum_above(given, np.where(known == 1, money, 0.0), threshold) / days
    curve = CapacityCurve(threshold, (ends + 1.0) / days, expected, caught, precision)
    return CapacityCurve(*(values[::-1] for values in curve))


def cost_curve(
    probability: np.ndarray,
    labels: np.ndarray,
    amounts: np.ndarray,
    review_cost: float,
    factor: float = 1.0,
    points: int = POINTS,
) -> CostCurve:
    """What :func:`cost_threshold` minimises, by threshold; its minimum is among the points.

    Args:
        probability: [n] in 0..1.
        labels: 1, 0 or -1 for not known, [n].
        amounts: [n], in one currency.
        review_cost: of one alert, in the same currency.
        factor: share or multiple of the amount that is lost.
        points: at most so many, and the minimum.

    Example:
        >>> curve = cost_curve(
        ...     np.array([0.9, 0.5, 0.4]), np.array([1, 0, 1]), np.array([50.0, 9.0, 20.0]), 5.0
        ... )
        >>> curve.threshold.tolist(), curve.total.tolist()
        ([0.4, 0.5, 0.9, 1.0], [15.0, 30.0, 25.0, 70.0])
    """
    given, truth, money = known_only(probability, labels, amounts)
    ends, ranked, order = cuts(given)
    missed, review = costs(order, ends, truth, money, review_cost, factor)
    # A record of probability 1 is an alert at every threshold.
    threshold = np.concatenate([[1.0], ranked[ends]])
    kept = np.union1d(_thin(len(threshold), points), [int(np.argmin(missed + review))])
    curve = CostCurve(threshold[kept], (missed + review)[kept], missed[kept], review[kept])
    return CostCurve(*(values[::-1] for values in curve))


def precision_recall_curve(
    probability: np.ndarray, labels: np.ndarray, points: int = POINTS
) -> PrecisionRecall:
    """Precision and recall of the known records, by threshold.

    Args:
        probability: [n] in 0..1.
        labels: 1, 0 or -1 for not known, [n].
        points: at most so many.

    Example:
        >>> curve = precision_recall_curve(np.array([0.9, 0.5, 0.4]), np.array([1, 0, 1]))
        >>> curve.precision.round(2).tolist(), curve.recall.tolist()
        ([0.67, 0.5, 1.0], [1.0, 0.5, 0.5])
    """
    given, truth, _ = known_only(probability, labels)
    ends, ranked, order = cuts(given)
    ends = ends[_thin(len(ends), points)]
    hits = np.cumsum(truth[order])[ends]
    recall = hits / max(int(truth.sum()), 1)
    curve = PrecisionRecall(ranked[ends], hits / (ends + 1.0), recall)
    return PrecisionRecall(*(values[::-1] for values in curve))


def _sum_above(probability: np.ndarray, values: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """Sum of ``values`` [n] at or above each threshold."""
    order = np.argsort(-probability, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(values[order])])
    return sums[np.searchsorted(-probability[order], -threshold, "right")]


def _thin(n: int, points: int) -> np.ndarray:
    """At most ``points`` positions of ``n``, dense at the first, where thresholds are chosen."""
    if n <= points:
        return np.arange(n)
    spread = np.geomspace(1, n, points).round().astype(np.int64) - 1
    return np.unique(spread)
