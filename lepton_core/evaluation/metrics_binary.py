"""Metrics of two classes: how well a score ranks, labels hit and probabilities hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lepton_core.errors import DataError
from lepton_core.evaluation.calibration import check_binary, check_probabilities, reliability


def auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve: P(score of a positive > score of a negative) + P(equal) / 2.

    Args:
        labels: 0 or 1, shape [n].
        scores: any finite numbers, higher for the positive class, shape [n].

    Raises:
        DataError: ``evaluate.empty``, ``evaluate.one_class`` and the checks of the inputs.

    Example:
        >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
        0.75
    """
    hits, alarms = _curve("auc", labels, scores)
    area = np.trapezoid(np.concatenate(([0], hits)), np.concatenate(([0], alarms)))
    return float(area / hits[-1] / alarms[-1])


def ap(labels: ArrayLike, scores: ArrayLike) -> float:
    """Average precision: sum over thresholds of (recall gained) x (precision there).

    Records of equal score pass the threshold together, and nothing is interpolated.

    Args:
        labels: 0 or 1, shape [n].
        scores: any finite numbers, higher for the positive class, shape [n].

    Raises:
        DataError: ``evaluate.empty``, ``evaluate.one_class`` and the checks of the inputs.

    Example:
        >>> round(ap([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
        0.8333
    """
    hits, alarms = _curve("ap", labels, scores)
    gained = np.diff(hits, prepend=0)
    return float((gained * hits / (hits + alarms)).sum() / hits[-1])


def precision(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Part of the predicted positives that are positive: TP / (TP + FP).

    Args:
        labels: 0 or 1, shape [n].
        predicted: 0 or 1, shape [n].

    Raises:
        DataError: ``evaluate.no_predicted`` where nothing was predicted positive.

    Example:
        >>> precision([0, 1, 1, 1], [1, 1, 0, 1]).__round__(3)
        0.667
    """
    tp, fp, _, _ = _confusion("precision", labels, predicted)
    if tp + fp == 0:
        raise DataError("evaluate.no_predicted", metric="precision", n=np.size(predicted))
    return tp / (tp + fp)


def recall(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Part of the positives that were predicted so: TP / (TP + FN).

    Args:
        labels: 0 or 1, shape [n].
        predicted: 0 or 1, shape [n].

    Raises:
        DataError: ``evaluate.no_positive`` where no record is positive.

    Example:
        >>> recall([0, 1, 1, 1, 1], [1, 1, 0, 1, 1])
        0.75
    """
    tp, _, fn, _ = _confusion("recall", labels, predicted)
    if tp + fn == 0:
        raise DataError("evaluate.no_positive", metric="recall", n=np.size(labels))
    return tp / (tp + fn)


def specificity(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Part of the negatives that were not predicted positive: TN / (TN + FP).

    Args:
        labels: 0 or 1, shape [n].
        predicted: 0 or 1, shape [n].

    Raises:
        DataError: ``evaluate.no_negative`` where no record is negative.

    Example:
        >>> specificity([0, 0, 0, 0, 1], [1, 0, 0, 0, 0])
        0.75
    """
    _, fp, _, tn = _confusion("specificity", labels, predicted)
    if tn + fp == 0:
        raise DataError("evaluate.no_negative", metric="specificity", n=np.size(labels))
    return tn / (tn + fp)


def f1(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).

    Args:
        labels: 0 or 1, shape [n].
        predicted: 0 or 1, shape [n].

    Raises:
        DataError: ``evaluate.no_positive`` where no record is positive.

    Example:
        >>> f1([0, 1, 1, 1], [1, 1, 0, 1]).__round__(3)
        0.667
    """
    tp, fp, fn, _ = _confusion("f1", labels, predicted)
    if tp + fn == 0:
        raise DataError("evaluate.no_positive", metric="f1", n=np.size(labels))
    return 2 * tp / (2 * tp + fp + fn)


def ece(labels: ArrayLike, probabilities: ArrayLike, bins: int = 15) -> float:
    """Expected calibration error: sum over bins of (n_b / n) x |mean probability - rate|.

    The bins hold equally many records, so that it is not all decided in the first bin where
    positives are rare.

    Args:
        labels: 0 or 1, shape [n].
        probabilities: 0 to 1, shape [n].
        bins: number of bins; equal probabilities stay in one.

    Source: Nixon et al., Measuring Calibration in Deep Learning, 2019 (adaptive bins).

    Example:
        >>> ece([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5])
        0.0
    """
    curve = reliability(labels, probabilities, bins=bins)
    gaps = np.abs(curve.expected - curve.observed)
    return float(gaps.sum() / curve.count.sum())


def calibration_ratio(labels: ArrayLike, probabilities: ArrayLike, top: float = 0.05) -> float:
    """Expected over observed positives among the highest probabilities; 1 is calibrated.

    The sum of the probabilities over the number of positives, in the ``top`` part. The same by
    bins: ``reliability(labels, probabilities, bins=10, top=0.05).ratios()``.

    Args:
        labels: 0 or 1, shape [n].
        probabilities: 0 to 1, shape [n].
        top: part of the records to look at, those of highest probability.

    Raises:
        DataError: ``evaluate.no_positive`` where none of them is positive.

    Example:
        >>> calibration_ratio([0, 0, 1, 1], [0.1, 0.2, 0.6, 0.8], top=0.5)
        0.7
    """
    curve = reliability(labels, probabilities, bins=1, top=top)
    return float(curve.ratios()[0])


def brier_skill(
    labels: ArrayLike, probabilities: ArrayLike, base_rate: float | None = None
) -> float:
    """How much better than always saying the base rate: 1 - Brier / Brier of the base rate.

    Brier is the mean of (probability - label) squared. 1 is perfect, 0 no better than the rate.

    Args:
        labels: 0 or 1, shape [n].
        probabilities: 0 to 1, shape [n].
        base_rate: the probability to compare with; by default the rate of ``labels``.

    Raises:
        DataError: ``evaluate.one_class`` where the base rate alone is already perfect.

    Source: Brier, Verification of forecasts expressed in terms of probability, 1950.

    Example:
        >>> brier_skill([0, 0, 1, 1], [0.0, 0.5, 0.5, 1.0])
        0.5
    """
    true, given = check_probabilities("brier_skill", labels, probabilities)
    reference = np.mean((true - (true.mean() if base_rate is None else base_rate)) ** 2)
    if reference == 0:
        raise DataError("evaluate.one_class", metric="brier_skill", n=true.size, label=int(true[0]))
    return float(1 - np.mean((given - true) ** 2) / reference)


def _curve(metric: str, labels: ArrayLike, scores: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """True and false positives at every distinct threshold, from the highest down."""
    true, given = check_binary(metric, labels, scores)
    order = np.argsort(given)[::-1]
    given, true = given[order], true[order]
    last = np.append(np.flatnonzero(np.diff(given)), given.size - 1)
    hits = np.cumsum(true)[last]
    alarms = last + 1 - hits
    if hits[-1] == 0 or alarms[-1] == 0:
        raise DataError("evaluate.one_class", metric=metric, n=true.size, label=int(true[0]))
    return hits, alarms


def _confusion(metric: str, labels: ArrayLike, predicted: ArrayLike) -> tuple[int, int, int, int]:
    """Counts of true positives, false positives, false negatives and true negatives."""
    true, given = check_binary(metric, labels, predicted)
    check_binary(metric, predicted, labels)
    counts = np.bincount((2 * true + given).astype(np.int64), minlength=4)
    tn, fp, fn, tp = (int(count) for count in counts)
    return tp, fp, fn, tn
