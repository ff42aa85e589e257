"""From validation pictures to calibration, operating point and review band.

Validation pictures come from the same devices and days as the training ones, and are told apart
more easily than those to come. A calibration fitted on them alone promises too much. So it is
fitted on them and on copies that every known corruption has made worse, at its two upper levels.
How many of them have the finding is an accident of how the data set was put together, so that the
probabilities are stated for a share of one's own (`decision.prevalence`).

The threshold and the review band are set on the pictures as they are: both say what share of the
validation pictures they are right for, and that shall stay checkable.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lepton_core.decision import Classify, ClassifyMany
from lepton_core.decision.policies import Policy
from lepton_core.evaluation.corruptions import CORRUPTIONS, corrupt

from .config import DecisionConfig
from .model import score
from .operating_points import with_points

_LEVELS = (1, 2)
_COPIES = len(CORRUPTIONS) * len(_LEVELS)


def decide(
    model: object,
    x: np.ndarray,
    codes: np.ndarray,
    people: np.ndarray,
    classes: tuple[str, ...],
    config: DecisionConfig,
) -> Classify | ClassifyMany:
    """A decision fitted on validation pictures.

    Args:
        model: the trained Keras model.
        x: validation pictures, uint8 [n, height, width, channels].
        codes: their class numbers, int64 [n].
        people: whose each picture is, strings [n].
        classes: names in the order of the model's outputs.
        config: sensitivity and coverage.

    Raises:
        DataError: where all validation pictures are of one class.
    """
    worse = [
        score(model, np.stack([corrupt(one, name, level, row) for row, one in enumerate(x)]))
        for name in CORRUPTIONS
        for level in _LEVELS
    ]
    plain = score(model, x)
    scores, labels = np.concatenate([plain, *worse]), np.tile(codes, 1 + _COPIES)
    about = {"part": "validation", "pictures": len(x), "corrupted_copies": _COPIES}
    if len(classes) > 2:
        many = ClassifyMany.fit(scores, labels, classes=classes, fitted_on=about)
        return many.with_coverage(config.coverage, plain, codes)
    two = Classify.fit(scores, labels, classes=(classes[0], classes[1]), fitted_on=about)
    two = at_prevalence(two, float(labels.mean()), config.prevalence)
    two = two.with_policy(Policy("recall", config.sensitivity), plain, codes)
    two = two.with_coverage(config.coverage, plain, codes)
    two = two.with_spread(scores, labels, np.tile(people, 1 + _COPIES))
    return with_points(two, plain, codes)


def at_prevalence(decision: Classify, fitted: float, wanted: float) -> Classify:
    """The same calibration for a group in which another share has the finding.

    Args:
        decision: calibrated.
        fitted: share of the finding among the pictures that it was calibrated on, in 0..1.
        wanted: share among those to come; 0 leaves the decision as it is.

    Source:
        Saerens, Latinne and Decaestecker, Adjusting the Outputs of a Classifier to New a Priori
        Probabilities, 2002.

    Example:
        >>> moved = at_prevalence(Classify(), fitted=0.5, wanted=0.2)
        >>> round(float(moved.probability(np.array([0.0]))[0]), 3)
        0.2
    """
    if not wanted:
        return decision
    shift = np.log(wanted / (1 - wanted)) - np.log(fitted / (1 - fitted))
    return replace(decision, offset=decision.offset + float(shift))
