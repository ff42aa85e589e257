"""Two classes: a logit to calibrated probability, label and review band."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from lepton_core.decision.base import Decision, check_codes, labels_of
from lepton_core.decision.policies import Policy, choose_threshold
from lepton_core.errors import DataError

_LEAST_SLOPE = 1e-3
_BEST_F1, _BY_HAND = Policy("f1"), Policy("fixed", 0.5)


@dataclass(frozen=True)
class Classify(Decision):
    """Two classes: logit -> calibrated probability -> label, with a band left to a person.

    ``probability = sigmoid(slope * score + offset)`` (Platt, 1999); the label is the second class
    from ``threshold`` on; ``review`` marks probabilities within ``band``.

    Args:
        classes: names of the negative and the positive class.
        slope: of the calibration; positive, so that the order of records stays.
        offset: of the calibration.
        threshold: probability in 0..1 from which the label is the positive class.
        band: lowest and highest probability that a person should look at; both 0 for none.
        policy: what chose the threshold.
        fitted_on: what data fitted it: ``{"data", "fingerprint", "n", "positives"}``.

    Example:
        >>> decision = Classify(("genuine", "fraud"), threshold=0.6)
        >>> decision.apply({"score": np.array([-2.0, 0.0, 3.0])})["label"].tolist()
        ['genuine', 'genuine', 'fraud']
    """

    kind: ClassVar[str] = "classify"

    classes: tuple[str, str] = ("negative", "positive")
    slope: float = 1.0
    offset: float = 0.0
    threshold: float = 0.5
    band: tuple[float, float] = (0.0, 0.0)
    policy: Policy = _BY_HAND
    fitted_on: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.slope > 0:
            raise ValueError(f"slope is above 0. Received: slope={self.slope!r}")
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold lies in 0..1. Received: threshold={self.threshold!r}")
        if not 0 <= self.band[0] <= self.band[1] <= 1:
            raise ValueError(f"band is low, high in 0..1. Received: band={self.band!r}")

    def probability(self, scores: np.ndarray) -> np.ndarray:
        """Calibrated probability [n] float32 of the positive class for logits [n]."""
        logits = self.slope * np.asarray(scores, np.float64) + self.offset
        return (0.5 * (1.0 + np.tanh(0.5 * logits))).astype(np.float32)

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """From ``score`` [n]: ``score``, ``probability``, ``label`` and ``review``, each [n]."""
        scores = np.asarray(outputs["score"], np.float32)
        probability = self.probability(scores)
        positive = probability >= np.float32(self.threshold)
        low, high = self.band
        return {
            "score": scores,
            "probability": probability,
            "label": labels_of(positive, self.classes),
            "review": (probability >= low) & (probability <= high) & (high > 0),
        }

    def apply_one(self, score: np.ndarray) -> dict[str, Any]:
        raw = float(score[0])
        probability = _single(0.5 * (1.0 + math.tanh(0.5 * (self.slope * raw + self.offset))))
        low, high = self.band
        return {
            "score": raw,
            "probability": probability,
            "label": self.classes[probability >= _single(self.threshold)],
            "review": low <= probability <= high and high > 0,
        }

    @classmethod
    def fit(
        cls,
        scores: np.ndarray,
        labels: np.ndarray,
        *,
        classes: tuple[str, str],
        policy: Policy = _BEST_F1,
        review_share: float = 0.0,
        fitted_on: Mapping[str, Any] | None = None,
        day: np.ndarray | None = None,
        entity: np.ndarray | None = None,
        amounts: np.ndarray | None = None,
    ) -> Classify:
        """Calibration, threshold and review band from validation records.

        Args:
            scores: logits [n] of validation records.
            labels: 0 or 1 [n].
            classes: names of the negative and the positive class.
            policy: how the threshold is chosen.
            review_share: share of all records, the nearest below the threshold, to be reviewed.
            fitted_on: name and fingerprint of the validation data.
            day: whole numbers [n], the day of each record, where the policy reads it.
            entity: numbers or strings [n], whose record it is, where the policy reads it.
            amounts: what a missed positive costs [n], where the policy reads it.

        Raises:
            DataError: when one of the two classes is absent.
        """
        labels = np.asarray(labels).astype(np.int64)
        positives = int(labels.sum())
        if positives in (0, len(labels)):
            raise DataError("data.one_class", n=len(labels), positives=positives)
        slope, offset = _platt(np.asarray(scores, np.float64), labels)
        about = {**(fitted_on or {}), "n": len(labels), "positives": positives}
        decision = cls(classes, slope, offset, policy=policy, fitted_on=about)
        return decision.with_policy(
            policy, scores, labels, review_share, day=day, entity=entity, amounts=amounts
        )

    def with_policy(
        self,
        policy: Policy,
        scores: np.ndarray,
        labels: np.ndarray | None = None,
        review_share: float = 0.0,
        *,
        day: np.ndarray | None = None,
        entity: np.ndarray | None = None,
        amounts: np.ndarray | None = None,
    ) -> Classify:
        """The same calibration with another threshold and review band; nothing is rescored.

        Args:
            policy: how the threshold is chosen; ``policy.needs`` says what it reads.
            scores: kept logits [n].
            labels: 1, 0 or -1 for not known, [n].
            review_share: share of all records, the nearest below the threshold, to be reviewed.
            day: whole numbers [n], the day of each record.
            entity: numbers or strings [n], whose record it is.
            amounts: what a missed positive costs [n].

        Raises:
            DataError: ``decision.needs``, ``decision.no_labels`` and ``decision.bad_amount``.

        Example:
            >>> scores, card = np.array([3.0, 2.0, 1.0, 0.0]), np.array(["a", "a", "b", "c"])
            >>> day = np.zeros(4, int)
            >>> moved = Classify().with_policy(Policy("capacity", 2), scores, day=day, entity=card)
            >>> (moved.probability(scores) >= moved.threshold).tolist()
            [True, True, True, False]
        """
        probability = self.probability(scores).astype(np.float64)
        threshold = choose_threshold(
            policy, probability, labels, day=day, entity=entity, amounts=amounts
        )
        return replace(self, policy=policy, threshold=threshold).reviewing(review_share, scores)

    def with_threshold(self, threshold: float) -> Classify:
        """The same calibration with a threshold set by hand."""
        policy = Policy("fixed", threshold)
        return replace(self, policy=policy, threshold=threshold, band=(0.0, 0.0))

    def reviewing(self, share: float, scores: np.ndarray) -> Classify:
        """The same threshold with a review band of the records nearest below it.

        Args:
            share: of all records, in 0..1; 0 for no band.
            scores: kept logits [n].

        Example:
            >>> scores = np.array([2.0, 1.0, 0.0, -1.0])
            >>> Classify(threshold=0.8).reviewing(0.5, scores).apply({"score": scores})["review"]
            array([False,  True,  True, False])
        """
        probability = self.probability(scores).astype(np.float64)
        below = np.sort(probability[probability < self.threshold])[::-1]
        count = min(round(share * len(probability)), len(below))
        band = (float(below[count - 1]), float(self.threshold)) if count else (0.0, 0.0)
        return replace(self, band=band)

    def reviewed_from(self, low: float) -> Classify:
        """The same threshold with a review band from the probability ``low`` up to it.

        There is no band where ``low`` is not below the threshold.

        Example:
            >>> Classify(threshold=0.5).reviewed_from(0.25).band
            (0.25, 0.5)
        """
        return replace(self, band=(low, self.threshold) if low < self.threshold else (0.0, 0.0))

    def trivial(self, targets: np.ndarray, n: int) -> np.ndarray:
        """The logit [n] of the base rate.

        Example:
            >>> Classify().trivial(np.array([0, 0, 0, 1]), 2).astype(float).round(3).tolist()
            [-1.099, -1.099]
        """
        labels = check_codes(targets, 2)
        positives = int(labels.sum())
        # Half a record for a class that never occurred: its logit must be a number.
        odds = max(positives, 0.5) / max(len(labels) - positives, 0.5)
        return np.full(n, np.log(odds), np.float32)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Classify:
        """The decision that :meth:`to_json` wrote."""
        known = {name: value for name, value in values.items() if name != "kind"}
        known["classes"] = tuple(known["classes"])
        known["band"] = tuple(known["band"])
        known["policy"] = Policy(**known["policy"])
        return cls(**known)


def _platt(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Slope and offset by Newton's method on Platt's smoothed targets."""
    positives = labels.sum()
    high = (positives + 1.0) / (positives + 2.0)
    low = 1.0 / (len(labels) - positives + 2.0)
    target = np.where(labels == 1, high, low)
    centre, scale = scores.mean(), max(scores.std(), 1e-6)
    design = np.stack([(scores - centre) / scale, np.ones_like(scores)], axis=1)
    rate = positives / len(labels)
    weights = np.array([1.0, np.log(rate / (1 - rate))])
    for _ in range(50):
        p = 0.5 * (1 + np.tanh(0.5 * (design @ weights)))
        gradient = design.T @ (p - target)
        curvature = (design * (p * (1 - p) + 1e-12)[:, None]).T @ design
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        weights -= step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    slope = weights[0] / scale
    if slope < _LEAST_SLOPE:
        # A score that ranks backwards cannot be calibrated: its order is kept, everyone gets
        # nearly the base rate, and the figures tell.
        return _LEAST_SLOPE, float(np.log(rate / (1 - rate)) - _LEAST_SLOPE * centre)
    return float(slope), float(weights[1] - slope * centre)


def _single(value: float) -> float:
    """A number as float32 holds it."""
    return float(np.float32(value))
