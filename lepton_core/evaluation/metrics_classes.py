"""Metrics of a classifier with any number of classes, given as class numbers or as names."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lepton_core.errors import DataError
from lepton_core.evaluation.metrics_binary import ece


def accuracy(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Part of the records whose predicted label is the true one.

    Args:
        labels: class numbers from 0, or names, shape [n].
        predicted: the same kind, shape [n].

    Raises:
        DataError: ``evaluate.empty``, ``evaluate.lengths``, ``evaluate.not_classes`` or
            ``evaluate.other_classes``.

    Example:
        >>> accuracy([0, 1, 1, 1], [0, 1, 0, 1]), accuracy(["car", "bus"], ["car", "car"])
        (0.75, 0.5)
    """
    true, given = check_classes("accuracy", labels, predicted)
    return float((true == given).mean())


def balanced_accuracy(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Mean over the true classes of the part that was recognised; every class counts the same.

    Args:
        labels: class numbers from 0, or names, shape [n].
        predicted: the same kind, shape [n].

    Raises:
        DataError: as :func:`accuracy`.

    Source: Brodersen et al., The balanced accuracy and its posterior distribution, 2010.

    Example:
        >>> balanced_accuracy([0, 0, 0, 1], [0, 0, 0, 0])
        0.5
    """
    true, given = check_classes("balanced_accuracy", labels, predicted)
    hits, there, _ = _counts(true, given)
    return float((hits[there > 0] / there[there > 0]).mean())


def macro_f1(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Mean of the F1 of each class that is true or predicted somewhere.

    Args:
        labels: class numbers from 0, or names, shape [n].
        predicted: the same kind, shape [n].

    Raises:
        DataError: as :func:`accuracy`.

    Source: Opitz and Burst, Macro F1 and Macro F1, 2019: the mean of F1, not the F1 of means.

    Example:
        >>> round(macro_f1(["a", "a", "b", "c"], ["a", "b", "b", "b"]), 4)
        0.3889
    """
    true, given = check_classes("f1", labels, predicted)
    hits, there, called = _counts(true, given)
    met = there + called > 0
    return float((2 * hits[met] / (there + called)[met]).mean())


def winner_ece(
    labels: ArrayLike, predicted: ArrayLike, probabilities: ArrayLike, bins: int = 15
) -> float:
    """Calibration error of the label's probability: is it right as often as it says?

    Args:
        labels: class numbers from 0, or names, shape [n].
        predicted: the same kind, shape [n].
        probabilities: of the predicted label, 0 to 1, shape [n].
        bins: number of bins of equally many records; equal probabilities stay in one.

    Raises:
        DataError: as :func:`accuracy`, and ``evaluate.not_probability``.

    Source: Guo et al., On Calibration of Modern Neural Networks, 2017 (confidence calibration).

    Example:
        >>> winner_ece(["a", "b", "c", "c"], ["a", "b", "a", "b"], [0.5, 0.5, 0.5, 0.5])
        0.0
    """
    true, given = check_classes("ece", labels, predicted)
    return ece(true == given, probabilities, bins)


def check_classes(
    metric: str, labels: ArrayLike, predicted: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Both as class numbers int64 [n], or the reason why ``metric`` cannot be had from them.

    Raises:
        DataError: ``evaluate.lengths``, ``evaluate.empty``, ``evaluate.not_classes`` for a label
            that is neither a whole number from 0 on nor text (a missing one, say), or
            ``evaluate.other_classes`` for numbers on one side and names on the other.
    """
    true, given = np.asarray(labels), np.asarray(predicted)
    if true.shape != given.shape or true.ndim != 1:
        shapes = {"labels": list(true.shape), "predicted": list(given.shape)}
        raise DataError("evaluate.lengths", metric=metric, **shapes)
    if not true.size:
        raise DataError("evaluate.empty", metric=metric)
    numbers = [_require_classes(metric, values) for values in (true, given)]
    if all(numbers):
        return true.astype(np.int64), given.astype(np.int64)
    if any(numbers):
        raise DataError(
            "evaluate.other_classes", metric=metric, expected=true[0], received=given[0]
        )
    both = np.concatenate([true.astype(str), given.astype(str)])
    codes = np.unique(both, return_inverse=True)[1]
    return codes[: true.size], codes[true.size :]


def _require_classes(metric: str, values: np.ndarray) -> bool:
    """Whether these are class numbers; they are names otherwise."""
    numbers = values.dtype.kind in "biuf"
    if numbers:
        wrong = values[~(np.isfinite(values) & (values >= 0) & (np.floor(values) == values))]
    else:
        wrong = np.array([value for value in values if not isinstance(value, str)], object)
    if wrong.size:
        raise DataError("evaluate.not_classes", metric=metric, n=wrong.size, received=wrong[0])
    return numbers


def _counts(true: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hits, true records and predicted records of each class, [classes]."""
    classes = int(max(true.max(), given.max())) + 1
    hits = np.bincount(true[true == given], minlength=classes)
    return hits, np.bincount(true, minlength=classes), np.bincount(given, minlength=classes)
