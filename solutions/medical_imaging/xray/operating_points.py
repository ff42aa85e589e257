"""Thresholds by the sensitivity that they reached on the validation pictures, kept in the bundle.

A reader of pictures without labels cannot measure sensitivity. So the decision carries what was
measured when it was fitted, and another operating point is a choice from a list, not a new fit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from lepton_core.decision import Classify
from lepton_core.decision.policies import Policy, choose_threshold

SENSITIVITIES = (0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
_KEY = "operating_points"


class OperatingPoint(NamedTuple):
    """A threshold, and what it reached.

    Args:
        threshold: probability in 0..1 from which a picture is taken for the finding.
        sensitivity: share of the pictures with the finding that lie at or above it.
        specificity: share of the others that lie below it.
    """

    threshold: float
    sensitivity: float
    specificity: float


def operating_points(probability: np.ndarray, codes: np.ndarray) -> list[OperatingPoint]:
    """The highest threshold for each of ``SENSITIVITIES``, ascending by sensitivity.

    Args:
        probability: of the finding, 0..1 [n].
        codes: 1 for the finding, 0 without, [n]; both occur. What is neither counts for nothing.

    Example:
        >>> points = operating_points(np.linspace(0, 1, 100), np.arange(100) >= 50)
        >>> [round(share, 2) for share in points[4]]
        [0.52, 0.96, 1.0]
    """
    given, labels = np.asarray(probability, np.float64), np.asarray(codes)
    found = []
    for sensitivity in SENSITIVITIES:
        threshold = choose_threshold(Policy("recall", sensitivity), given, labels.astype(int))
        called = given >= threshold
        reached = called[labels == 1].mean(), (~called[labels == 0]).mean()
        found.append(OperatingPoint(float(threshold), *map(float, reached)))
    return found


def with_points(decision: Classify, scores: np.ndarray, codes: np.ndarray) -> Classify:
    """The decision with the operating points of validation pictures in what it was fitted on.

    Args:
        decision: calibrated.
        scores: logits [n] of the validation pictures.
        codes: 1 for the finding, 0 without, [n].
    """
    points = [list(point) for point in operating_points(decision.probability(scores), codes)]
    return replace(decision, fitted_on={**decision.fitted_on, _KEY: points})


def stated_points(decision: Classify) -> list[OperatingPoint]:
    """The operating points that a bundle's decision carries; empty where it has none.

    Example:
        >>> scores, codes = np.arange(-9.0, 9.0), np.arange(18) >= 9
        >>> [round(share, 2) for share in stated_points(with_points(Classify(), scores, codes))[0]]
        [0.62, 0.89, 1.0]
    """
    kept: list[Any] = list(decision.fitted_on.get(_KEY, ()))
    return [OperatingPoint(*map(float, point)) for point in kept]
