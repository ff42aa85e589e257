"""What a task reports, ready to use: figures with intervals for each kind of decision.

A task's hook ``measures(records, scores, decision)`` takes truth and groups from the records and
calls one of these. Every interval is a percentile bootstrap of 200 resamples, of whole groups
where groups are given. A figure that is not defined on the records (precision without an alert) is
left out rather than invented. ``decision`` is None for a baseline, which has no fitted decision:
then only the figures that need none are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike

from lepton_core.decision import Classify, ClassifyMany, Interval
from lepton_core.errors import DataError
from lepton_core.evaluation import metrics
from lepton_core.evaluation.coverage import holds, review_share, set_coverage, sure_accuracy
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.report import Measured

RESAMPLES = 200

# Key, metric and the arrays after the truth that it takes.
_Judged = Iterable[tuple[str, Callable[..., float], tuple[np.ndarray, ...]]]


def classification_measures(
    truth: ArrayLike,
    scores: np.ndarray,
    decision: Classify | None,
    groups: ArrayLike | None = None,
) -> dict[str, Measured]:
    """Figures of two classes.

    Args:
        truth: 0 or 1, or bool, [n].
        scores: logits [n], higher for the positive class.
        decision: where given, also what its probabilities and labels are worth.
        groups: the card, patient or machine of each record, [n].

    Returns:
        ``auc ap``; with a decision ``precision recall f1 ece calibration_ratio brier_skill``, and
        where it has prediction sets ``set_coverage review_share sure_accuracy``.

    Raises:
        DataError: ``evaluate.one_class``: records of one class rank nothing.

    Example:
        >>> figures = classification_measures([0, 1] * 50, np.tile([-1.0, 2.0], 50), Classify())
        >>> figures["auc"].value, figures["f1"].value
        (1.0, 1.0)
    """
    ranked: _Judged = [("auc", metrics.auc, (scores,)), ("ap", metrics.ap, (scores,))]
    found = _measured(truth, ranked, groups, required=True)
    if decision is None:
        return found
    probability = decision.probability(scores).astype(np.float64)
    called = probability >= decision.threshold
    judged: _Judged = [
        ("precision", metrics.precision, (called,)),
        ("recall", metrics.recall, (called,)),
        ("f1", metrics.f1, (called,)),
        ("ece", metrics.ece, (probability,)),
        ("calibration_ratio", metrics.calibration_ratio, (probability,)),
        ("brier_skill", metrics.brier_skill, (probability,)),
    ]
    found |= _measured(truth, judged, groups)
    return found | _set_measures(truth, scores, decision, called, groups)


def many_class_measures(
    truth: ArrayLike,
    scores: np.ndarray,
    decision: ClassifyMany | None,
    groups: ArrayLike | None = None,
) -> dict[str, Measured]:
    """Figures of two or more classes.

    Args:
        truth: class numbers [n], from 0.
        scores: logits [n, classes].
        decision: where given, also what its probabilities are worth; no label depends on it.
        groups: the patient, machine or site of each record, [n].

    Returns:
        ``accuracy f1 balanced_accuracy``, of which ``f1`` is the mean over the classes; with a
        decision ``ece``, of the label's probability, and where it has prediction sets
        ``set_coverage review_share sure_accuracy``.

    Raises:
        DataError: ``evaluate.not_finite`` and the checks of the truth.

    Example:
        >>> figures = many_class_measures([0, 1, 2] * 9, np.tile(np.eye(3), (9, 1)), None)
        >>> figures["accuracy"].value, figures["f1"].value
        (1.0, 1.0)
    """
    unusable = scores[~np.isfinite(scores)]
    if unusable.size:
        # The largest of them is not a number either: the label would be the first class.
        n, received = unusable.size, unusable[0]
        raise DataError("evaluate.not_finite", metric="accuracy", n=n, received=received)
    codes = scores.argmax(axis=1)
    judged: _Judged = [
        ("accuracy", metrics.accuracy, (codes,)),
        ("f1", metrics.macro_f1, (codes,)),
        ("balanced_accuracy", metrics.balanced_accuracy, (codes,)),
    ]
    found = _measured(truth, judged, groups, required=True)
    if decision is None:
        return found
    probability = decision.probabilities(scores).max(axis=1).astype(np.float64)
    # A float32 sum can pass 1 by its rounding.
    sure = np.minimum(probability, 1.0)
    found |= _measured(truth, [("ece", metrics.winner_ece, (codes, sure))], groups)
    return found | _set_measures(truth, scores, decision, codes, groups)


def _set_measures(
    truth: ArrayLike,
    scores: np.ndarray,
    decision: Classify | ClassifyMany,
    codes: np.ndarray,
    groups: ArrayLike | None,
) -> dict[str, Measured]:
    """Figures of prediction sets; none for a decision without."""
    if decision.conformal is None:
        return {}
    review = np.asarray(decision.apply({"score": scores})["review"])
    judged: _Judged = [
        ("set_coverage", set_coverage, (holds(truth, decision, scores),)),
        ("review_share", review_share, (review,)),
        ("sure_accuracy", sure_accuracy, (codes, review)),
    ]
    return _measured(truth, judged, groups)


def interval_measures(
    truth: ArrayLike,
    scores: np.ndarray,
    decision: Interval | None,
    groups: ArrayLike | None = None,
) -> dict[str, Measured]:
    """Figures of values with intervals.

    Args:
        truth: true values [n], in the value's unit.
        scores: quantiles [n, levels].
        decision: where given, its values and intervals; without one the middle of the sorted
            quantiles is the value, and nothing is said about intervals.
        groups: the shop, sensor or machine of each record, [n].

    Returns:
        ``mae rmse wape``; with a decision ``coverage90``, or the number of its own coverage.

    Raises:
        DataError: ``evaluate.not_finite`` and ``evaluate.empty``.

    Example:
        >>> figures = interval_measures(np.arange(9.0), np.arange(9.0)[:, None] + [-1, 0, 1], None)
        >>> figures["mae"].value
        0.0
    """
    if decision is None:
        quantiles = np.sort(np.asarray(scores, np.float64), axis=1)
        value = quantiles[:, quantiles.shape[1] // 2]
    else:
        columns = decision.apply({"score": scores})
        value = columns["value"]
    judged: _Judged = [("mae", metrics.mae, (value,)), ("rmse", metrics.rmse, (value,))]
    found = _measured(truth, judged, groups, required=True)
    found |= _measured(truth, [("wape", metrics.wape, (value,))], groups)
    if decision is None:
        return found
    key = f"coverage{round(100 * decision.coverage)}"
    within = (columns["low"], columns["high"])
    return found | _measured(truth, [(key, metrics.coverage, within)], groups)


def _measured(
    truth: ArrayLike, judged: _Judged, groups: ArrayLike | None, required: bool = False
) -> dict[str, Measured]:
    """Figures by key; those that are not defined are left out unless ``required``."""
    found = {}
    for key, metric, values in judged:
        try:
            interval = bootstrap(metric, truth, *values, groups=groups, n=RESAMPLES)
        except DataError:
            if required:
                raise
            # Not defined here (no alert at all, say): left out of the report, not invented.
            continue
        found[key] = Measured.of(interval)
    return found
