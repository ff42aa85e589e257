"""Two or more classes, one of which is right: logits to label, calibrated probability, review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from lepton_core.decision.base import Decision, check_codes, check_fit, labels_of
from lepton_core.decision.conformal import Conformal
from lepton_core.errors import DataError

# Networks are off by a factor of one to five; what lies beyond is an accident of few records.
_TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True)
class ClassifyMany(Decision):
    """Logits -> calibrated probabilities -> the likeliest class, the unsure ones left to a person.

    ``probabilities = softmax(score / temperature)`` (Guo et al., On Calibration of Modern Neural
    Networks, 2017): one number, which changes no label.

    Args:
        classes: names of the classes, two or more, in the order of the model's outputs.
        temperature: above 0; above 1 for a model that is too sure of itself.
        review_below: a label of a lower probability than this, in 0..1, is to be looked at.
        review_share: the share of validation records that set ``review_below``; None where it was
            set by hand.
        fitted_on: what data fitted it: ``{"data", "fingerprint", "n", "of_class"}``.
        conformal: limits of prediction sets: a record whose set is not exactly its label is to be
            looked at, too; None for no such sets.

    Example:
        >>> decision = ClassifyMany(("crack", "dent", "scratch"), review_below=0.6)
        >>> found = decision.apply({"score": np.array([[3.0, 0.0, 1.0], [0.0, 0.2, 0.0]])})
        >>> found["label"].to_pylist(), found["review"].tolist()
        (['crack', 'dent'], [False, True])
    """

    kind: ClassVar[str] = "classify_many"

    classes: tuple[str, ...]
    temperature: float = 1.0
    review_below: float = 0.0
    review_share: float | None = 0.0
    fitted_on: Mapping[str, Any] = field(default_factory=dict)
    conformal: Conformal | None = None

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) < len(self.classes):
            raise ValueError(
                f"classes are two or more different names. Received: classes={self.classes!r}"
            )
        if not 0 < self.temperature < np.inf:
            raise ValueError(f"temperature is above 0. Received: temperature={self.temperature!r}")
        if not 0 <= self.review_below <= 1:
            raise ValueError(f"review_below is in 0..1. Received: {self.review_below!r}")
        if self.review_share is not None and not 0 <= self.review_share <= 1:
            raise ValueError(f"review_share is in 0..1. Received: {self.review_share!r}")

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Calibrated probabilities [n, classes] float32, each row's sum 1, for logits of it."""
        return _softmax(self._logits(scores) / self.temperature).astype(np.float32)

    def codes(self, scores: np.ndarray) -> np.ndarray:
        """Number [n] int64 of the likeliest class for logits [n, classes]; the first of equals."""
        return self._logits(scores).argmax(axis=1)

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """From the logits ``score`` [n, classes] four columns [n].

        Returns:
            ``score`` float32, the winning logit less the runner-up's; ``probability`` float32 of
            the label; ``label``; ``review``.
        """
        scores = self._logits(outputs["score"])
        two = np.partition(scores, -2, axis=1)[:, -2:]
        probabilities = self.probabilities(scores)
        probability = probabilities.max(axis=1)
        codes = self.codes(scores)
        review = probability < np.float64(self.review_below)
        if self.conformal is not None:
            sets = self.conformal.sets(probabilities)
            own = sets[np.arange(len(sets)), codes]
            review |= (sets.sum(axis=1) != 1) | ~own
        return {
            "score": (two[:, 1] - two[:, 0]).astype(np.float32),
            "probability": probability,
            "label": labels_of(codes, self.classes),
            "review": review,
        }

    @classmethod
    def fit(
        cls,
        scores: np.ndarray,
        labels: np.ndarray,
        *,
        classes: tuple[str, ...],
        review_share: float = 0.0,
        coverage: float | None = None,
        fitted_on: Mapping[str, Any] | None = None,
    ) -> ClassifyMany:
        """Temperature and review limit from validation records.

        Args:
            scores: logits [n, classes] of validation records.
            labels: class numbers [n], 0 to classes - 1. A class may be absent.
            classes: names of the classes.
            review_share: share of the records, the least sure ones, to be reviewed, 0..1.
            coverage: of prediction sets, see :meth:`with_coverage`; None for no sets.
            fitted_on: name and fingerprint of the validation data.

        Raises:
            DataError: ``decision.no_records``; ``decision.one_class`` where all records are of one
                class; ``decision.not_finite`` for scores that are not numbers.

        Example:
            >>> scores, labels = np.array([[9.0, 0.0], [9.0, 0.0], [0.0, 9.0]]), np.array([0, 1, 1])
            >>> ClassifyMany.fit(scores, labels, classes=("a", "b")).temperature > 1
            True
        """
        start = cls(tuple(classes))
        codes = check_codes(labels, len(start.classes))
        given = check_fit(scores, codes, len(start.classes))
        counts = np.bincount(codes, minlength=len(start.classes))
        if (counts > 0).sum() < 2:
            only = start.classes[int(codes[0])]
            raise DataError("decision.one_class", n=len(codes), received=only)
        about = {**(fitted_on or {}), "n": len(codes), "of_class": counts.tolist()}
        fitted = replace(start, temperature=_temperature(given, codes), fitted_on=about)
        if coverage is not None:
            fitted = fitted.with_coverage(coverage, given, codes)
        return fitted.with_review(review_share, given)

    def with_coverage(
        self, coverage: float, scores: np.ndarray, labels: np.ndarray
    ) -> ClassifyMany:
        """The same calibration with prediction sets, which say what is reviewed.

        Args:
            coverage: share of the records of each class whose set shall hold it, in 0..1.
            scores: kept logits [n, classes] of held-out records.
            labels: class numbers [n], -1 for not known.

        Raises:
            DataError: ``decision.coverage`` and ``decision.no_labels_coverage``.
        """
        found = Conformal.fit(self.probabilities(scores), labels, coverage)
        return replace(self, conformal=found)

    def sets(self, scores: np.ndarray) -> np.ndarray | None:
        """Prediction sets of records, bool [n, classes]; None without a coverage."""
        return None if self.conformal is None else self.conformal.sets(self.probabilities(scores))

    def with_review(self, share: float, scores: np.ndarray) -> ClassifyMany:
        """The same calibration, and a share of these records to be reviewed; nothing is rescored.

        Args:
            share: 0..1. Equally sure records are treated alike, so it can come out lower.
            scores: kept logits [n, classes], of validation records.
        """
        ranked = np.sort(self.probabilities(scores).max(axis=1).astype(np.float64))
        count = round(share * len(ranked))
        if count == 0:
            limit = 0.0
        elif count >= len(ranked):
            limit = 1.0
        else:
            # Between two records, so that the limit does not sit on a single one's value.
            limit = float(ranked[count - 1] + ranked[count]) / 2
        return replace(self, review_below=limit, review_share=share)

    def with_review_below(self, probability: float) -> ClassifyMany:
        """The same calibration with a review limit, 0..1, set by hand."""
        return replace(self, review_below=probability, review_share=None)

    def trivial(self, targets: np.ndarray, n: int) -> np.ndarray:
        """The logarithm of each class's frequency, [n, classes].

        Example:
            >>> np.exp(ClassifyMany(("a", "b")).trivial(np.array([0, 0, 0, 1]), 1)).tolist()
            [[0.75, 0.25]]
        """
        codes = check_codes(targets, len(self.classes))
        counts = np.bincount(codes, minlength=len(self.classes))
        # Half a record for a class that never occurred: its logarithm must be a number.
        rate = np.maximum(counts, 0.5) / max(len(codes), 1)
        return np.tile(np.log(rate).astype(np.float32), (n, 1))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ClassifyMany:
        """The decision that :meth:`to_json` wrote."""
        known = {name: value for name, value in values.items() if name != "kind"}
        known["classes"] = tuple(known["classes"])
        # Bundles of before it was there have none.
        known["conformal"] = Conformal.from_json(known.get("conformal"))
        return cls(**known)

    def _logits(self, scores: np.ndarray) -> np.ndarray:
        given = np.asarray(scores, np.float64)
        if given.ndim != 2 or given.shape[1] != len(self.classes):
            expected = f"[n, {len(self.classes)}]"
            raise ValueError(f"scores are {expected}, a class each. Received: {list(given.shape)}")
        return given


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _temperature(scores: np.ndarray, codes: np.ndarray) -> float:
    """The temperature of the smallest log loss, within ``_TEMPERATURES``.

    The log loss is convex in ``1 / temperature``, so its slope changes sign once: a bisection finds
    where, and ends at a bound where it never does. As in Platt's method for two classes, targets
    stop short of 1 by about ``1 / n``, so that few records that all come out right do not make the
    model infinitely sure.
    """
    n, classes = scores.shape
    target = np.full((n, classes), 1.0 / ((n + 2.0) * (classes - 1)))
    target[np.arange(n), codes] = (n + 1.0) / (n + 2.0)
    low, high = (1.0 / bound for bound in reversed(_TEMPERATURES))
    for _ in range(60):
        middle = np.sqrt(low * high)
        if ((_softmax(scores * middle) - target) * scores).sum() > 0:
            high = middle
        else:
            low = middle
    return float(1.0 / np.sqrt(low * high))
