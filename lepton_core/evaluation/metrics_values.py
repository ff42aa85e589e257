"""Metrics of predicted values and of the intervals around them, in the value's own unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lepton_core.errors import DataError


def mae(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Mean absolute error, in the value's unit.

    Args:
        truth: true values, shape [n].
        predicted: predicted values, shape [n].

    Raises:
        DataError: ``evaluate.empty``, ``evaluate.lengths`` or ``evaluate.not_finite``.

    Example:
        >>> mae([10, 20, 30], [12, 20, 26])
        2.0
    """
    true, given = _check("mae", truth, predicted)
    return float(np.abs(given - true).mean())


def rmse(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Root of the mean squared error, in the value's unit; large errors weigh more.

    Args:
        truth: true values, shape [n].
        predicted: predicted values, shape [n].

    Raises:
        DataError: as :func:`mae`.

    Example:
        >>> rmse([10, 20], [13, 24]).__round__(3)
        3.536
    """
    true, given = _check("rmse", truth, predicted)
    return float(np.sqrt(np.square(given - true).mean()))


def wape(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Sum of the absolute errors over the sum of the absolute truths: 0.1 is 10% of the volume.

    Unlike a mean of percentages it is defined where single truths are 0.

    Args:
        truth: true values, shape [n].
        predicted: predicted values, shape [n].

    Raises:
        DataError: ``evaluate.no_volume`` where every truth is 0, and those of :func:`mae`.

    Source: Kolassa and Schütz, Advantages of the MAD/Mean ratio over the MAPE, 2007.

    Example:
        >>> wape([0, 10, 30], [2, 10, 28])
        0.1
    """
    true, given = _check("wape", truth, predicted)
    volume = np.abs(true).sum()
    if volume == 0:
        raise DataError("evaluate.no_volume", metric="wape", n=true.size)
    return float(np.abs(given - true).sum() / volume)


def coverage(truth: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Part of the truths within their interval, ends included.

    Args:
        truth: true values, shape [n].
        low: lower ends, shape [n].
        high: upper ends, shape [n].

    Raises:
        DataError: as :func:`mae`.

    Example:
        >>> coverage([1, 2, 3, 9], [0, 2, 4, 0], [2, 3, 5, 9])
        0.75
    """
    true, lower = _check("coverage", truth, low)
    _, upper = _check("coverage", truth, high)
    return float(((lower <= true) & (true <= upper)).mean())


def _check(metric: str, truth: ArrayLike, predicted: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    true, given = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    if true.shape != given.shape or true.ndim != 1:
        shapes = {"labels": list(true.shape), "predicted": list(given.shape)}
        raise DataError("evaluate.lengths", metric=metric, **shapes)
    if not true.size:
        raise DataError("evaluate.empty", metric=metric)
    for values in (true, given):
        unusable = values[~np.isfinite(values)]
        if unusable.size:
            raise DataError(
                "evaluate.not_finite", metric=metric, n=unusable.size, received=unusable[0]
            )
    return true, given
