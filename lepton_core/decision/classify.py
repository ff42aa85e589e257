"""Two classes: a logit to calibrated probability, label and review band."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from lepton_core.decision.base import Decision, check_codes, labels_of
from lepton_core.decision.conformal import Conformal
from lepton_core.decision.platt import Spread, platt, platt_spread
from lepton_core.decision.policies import Policy, choose_threshold
from lepton_core.errors import DataError

_TWO_SIDED_95 = 1.96
_BEST_F1, _BY_HAND = Policy("f1"), Policy("fixed", 0.5)


@dataclass(frozen=True)
class Classify(Decision):
    """Two classes: logit -> calibrated probability -> label, with a band left to a person.

    ``probability = sigmoid(slope * score + offset)`` (Platt, 1999); the label is the second class
    from ``threshold`` on; ``review`` marks probabilities within ``band``. The band is a share of
    the records below the threshold, or, with ``conformal``, wherever the prediction set is not
    exactly the label: then moving the threshold moves labels and never the sets.

    Args:
        classes: names of the negative and the positive class.
        slope: of the calibration; positive, so that the order of records stays.
        offset: of the calibration.
        threshold: probability in 0..1 from which the label is the positive class.
        band: lowest and highest probability that a person should look at; both 0 for none.
        policy: what chose the threshold.
        fitted_on: what data fitted it: ``{"data", "fingerprint", "n", "positives"}``.
        conformal: limits of the prediction sets that the band comes from; None for another band.
        spread: how sure slope and offset are, see :meth:`with_spread`; None where not measured.

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
    conformal: Conformal | None = None
    spread: Spread | None = None

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
        coverage: float | None = None,
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
            coverage: in place of it, the coverage of :meth:`with_coverage`.
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
        slope, offset = platt(np.asarray(scores, np.float64), labels)
        about = {**(fitted_on or {}), "n": len(labels), "positives": positives}
        decision = cls(classes, slope, offset, policy=policy, fitted_on=about)
        if coverage is not None:
            decision = decision.with_coverage(coverage, scores, labels)
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
            review_share: share of all records, the nearest below the threshold, to be reviewed;
                0 leaves a conformal band, and otherwise none.
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
        moved = self._at(policy, threshold)
        return moved.reviewing(review_share, scores) if review_share else moved

    def with_threshold(self, threshold: float) -> Classify:
        """The same calibration with a threshold set by hand."""
        return self._at(Policy("fixed", threshold), threshold)

    def _at(self, policy: Policy, threshold: float) -> Classify:
        """At a threshold, with the conformal band about it, or without one."""
        band = self.conformal.band(threshold) if self.conformal else (0.0, 0.0)
        return replace(self, policy=policy, threshold=threshold, band=band)

    def with_coverage(self, coverage: float, scores: np.ndarray, labels: np.ndarray) -> Classify:
        """The same threshold with a review band from prediction sets; nothing is rescored.

        Args:
            coverage: share of the records of each class whose set shall hold it, in 0..1.
            scores: kept logits [n] of held-out records.
            labels: 1, 0 or -1 for not known, [n].

        Raises:
            DataError: ``decision.coverage`` and ``decision.no_labels_coverage``.

        Example:
            >>> scores, labels = np.linspace(-3, 3, 400), np.arange(400) % 20 < np.arange(400) / 20
            >>> decision = Classify().with_coverage(0.9, scores, labels)
            >>> inside = decision.sets(scores)[np.arange(400), labels.astype(int)]
            >>> bool(0.9 <= inside.mean() < 0.91)
            True
        """
        found = Conformal.fit(self._both(scores), labels, coverage)
        return replace(self, conformal=found, band=found.band(self.threshold))

    def sets(self, scores: np.ndarray) -> np.ndarray | None:
        """Prediction sets of records, bool [n, 2] by class; None without a coverage."""
        return None if self.conformal is None else self.conformal.sets(self._both(scores))

    def _both(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities [n, 2] of both classes."""
        second = self.probability(scores).astype(np.float64)
        return np.stack([1 - second, second], axis=1)

    def with_spread(
        self, scores: np.ndarray, labels: np.ndarray, groups: np.ndarray | None = None
    ) -> Classify:
        """The same decision, knowing how sure its calibration is: for :meth:`interval`.

        Args:
            scores: logits [n] that the calibration was fitted on.
            labels: 0 or 1 [n].
            groups: the patient, card or machine of each, [n].
        """
        return replace(self, spread=platt_spread(scores, labels, groups))

    def interval(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """What each probability may be, for the few records that the calibration was fitted on.

        The 95% interval of the calibration by bootstrap, normal on the logit. It does not say how
        sure the model is of the record: another model, trained anew, may differ by more.

        Args:
            scores: logits [n].

        Returns:
            lowest and highest probability, float32 [n] each; None without :meth:`with_spread`.

        Example:
            >>> low, high = Classify(spread=(0.04, 0.0, 0.01)).interval(np.array([0.0, 3.0]))
            >>> [f"{p:.2f}" for p in (*low, *high)]
            ['0.45', '0.86', '0.55', '0.99']
        """
        if self.spread is None:
            return None
        slope, both, offset = self.spread
        given = np.asarray(scores, np.float64)
        half = _TWO_SIDED_95 * np.sqrt(np.maximum(slope * given**2 + 2 * both * given + offset, 0))
        middle = self.slope * given + self.offset
        low, high = (0.5 * (1 + np.tanh(0.5 * end)) for end in (middle - half, middle + half))
        return low.astype(np.float32), high.astype(np.float32)

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
        return replace(self, band=band, conformal=None)

    def reviewed_from(self, low: float) -> Classify:
        """The same threshold with a review band from the probability ``low`` up to it.

        There is no band where ``low`` is not below the threshold.

        Example:
            >>> Classify(threshold=0.5).reviewed_from(0.25).band
            (0.25, 0.5)
        """
        band = (low, self.threshold) if low < self.threshold else (0.0, 0.0)
        return replace(self, band=band, conformal=None)

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
        # Bundles of before they were there have neither.
        known["conformal"] = Conformal.from_json(known.get("conformal"))
        spread = known.get("spread")
        known["spread"] = None if spread is None else tuple(spread)
        return cls(**known)


def _single(value: float) -> float:
    """A number as float32 holds it."""
    return float(np.float32(value))
