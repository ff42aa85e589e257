"""Do probabilities mean what they say? Reliability by bins of equally many records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lepton_core.errors import DataError


@dataclass(frozen=True)
class Reliability:
    """A reliability curve, one entry a bin, from the lowest probability to the highest.

    Args:
        count: records in the bin, int64 [bins].
        expected: sum of the probabilities, float64 [bins].
        observed: number of positives, float64 [bins].
    """

    count: np.ndarray
    expected: np.ndarray
    observed: np.ndarray

    @property
    def probability(self) -> np.ndarray:
        """Mean probability of each bin, the curve's x axis."""
        return self.expected / self.count

    @property
    def rate(self) -> np.ndarray:
        """Part of positives in each bin, the curve's y axis."""
        return self.observed / self.count

    def ratios(self) -> np.ndarray:
        """Expected over observed positives in each bin; 1 is calibrated.

        Raises:
            DataError: ``evaluate.no_positive`` where a bin holds no positive.
        """
        if (self.observed == 0).any():
            n = int(self.count[self.observed == 0][0])
            raise DataError("evaluate.no_positive", metric="calibration_ratio", n=n)
        return self.expected / self.observed


def reliability(
    labels: ArrayLike, probabilities: ArrayLike, bins: int = 10, top: float = 1.0
) -> Reliability:
    """The reliability curve over bins of equally many records.

    Records of equal probability are never parted, so that the curve does not depend on the order
    of the records; there can be fewer bins than asked for.

    Args:
        labels: 0 or 1, shape [n].
        probabilities: 0 to 1, shape [n].
        bins: number of bins.
        top: part of the records to look at, those of highest probability.

    Raises:
        DataError: ``evaluate.empty`` and the checks of the inputs.

    Example:
        >>> curve = reliability([0, 0, 1, 1], [0.1, 0.2, 0.6, 0.9], bins=2)
        >>> curve.probability.round(2).tolist(), curve.rate.tolist()
        ([0.15, 0.75], [0.0, 1.0])
    """
    if bins < 1 or not 0 < top <= 1:
        raise ValueError(f"bins >= 1 and 0 < top <= 1. Received: bins={bins}, top={top}")
    true, given = check_probabilities("reliability", labels, probabilities)
    order = np.argsort(given)
    given, true = given[order], true[order]
    # Rounding first: 0.05 * 60 is 3.0000000000000004 and would take a fourth record.
    size = max(int(np.ceil(round(top * given.size, 6))), 1)
    start = int(np.searchsorted(given, given[given.size - size]))
    given, true = given[start:], true[start:]
    cuts = given[(np.arange(1, bins) * given.size) // bins]
    edges = np.unique(np.concatenate(([0], np.searchsorted(given, cuts))))
    return Reliability(
        count=np.diff(edges, append=given.size),
        expected=np.add.reduceat(given, edges),
        observed=np.add.reduceat(true, edges),
    )


def check_binary(
    metric: str, labels: ArrayLike, scores: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scores as float64 [n], or the reason why ``metric`` cannot be had from them.

    Raises:
        DataError: ``evaluate.empty``, ``evaluate.lengths``, ``evaluate.not_binary`` or
            ``evaluate.not_finite``.
    """
    true = np.asarray(labels, np.float64)
    given = np.asarray(scores, np.float64)
    if true.shape != given.shape or true.ndim != 1:
        shapes = {"labels": list(true.shape), "predicted": list(given.shape)}
        raise DataError("evaluate.lengths", metric=metric, **shapes)
    if true.size == 0:
        raise DataError("evaluate.empty", metric=metric)
    wrong = true[(true != 0) & (true != 1)]
    if wrong.size:
        raise DataError("evaluate.not_binary", metric=metric, n=wrong.size, received=wrong[0])
    unusable = given[~np.isfinite(given)]
    if unusable.size:
        raise DataError("evaluate.not_finite", metric=metric, n=unusable.size, received=unusable[0])
    return true, given


def check_probabilities(
    metric: str, labels: ArrayLike, probabilities: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """As :func:`check_binary`, and the scores lie between 0 and 1.

    Raises:
        DataError: ``evaluate.not_probability`` and those of :func:`check_binary`.
    """
    true, given = check_binary(metric, labels, probabilities)
    outside = given[(given < 0) | (given > 1)]
    if outside.size:
        raise DataError(
            "evaluate.not_probability", metric=metric, n=outside.size, received=outside[0]
        )
    return true, given
