"""What was found in a picture of a part: defects that count, and whether the part passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from lepton_core.decision.base import Decision, labels_of
from lepton_core.decision.candidates import GEOMETRY, Found, find
from lepton_core.decision.classify import Classify
from lepton_core.decision.classify_many import ClassifyMany
from lepton_core.decision.limits import Judged, Limit, judge
from lepton_core.decision.overlap import grouped
from lepton_core.decision.sizes import extents

PASS, FAIL, UNSURE = "pass", "fail", "unsure"
VERDICTS = (PASS, FAIL, UNSURE)
DEFECT = "defect"


@dataclass(frozen=True)
class Detect(Decision):
    """Candidates and the logits of a part as a whole -> counted defects -> pass, fail or unsure.

    A candidate counts as a defect of a class from the class's threshold on. The part **fails** when
    its defects go beyond the limits; or, without any defect found, when the part as a whole looks
    defective and is not within the review band. It is **unsure**, for a person to look at, when
    doubtful candidates (from ``doubt`` times their threshold on) would make it fail if they
    counted, when a limit in millimetres cannot be checked because the scale is not known, or when
    the whole lies within the review band and no defect was found. Otherwise it **passes**; also
    where defects were found that the limits tolerate.

    Args:
        classes: the name for no defect, then the defect classes.
        thresholds: probability in 0..1 from which a candidate counts, one a defect class.
        doubt: share in 0..1 of its threshold from which a candidate is doubtful; 1 for never.
        iou: of candidates that overlap more (intersection over union), the likelier stays.
        limits: which defects are tolerated; none at all without.
        part: the part as a whole: calibration, threshold and review band of its defect probability.
        fitted_on: what data fitted it.

    Example:
        >>> decision = Detect(("good", "scratch"), thresholds=(0.5,))
        >>> candidates = np.array([[[10, 10, 40, 14, 120, 2.0]], [[0, 0, 0, 0, 0, -30.0]]])
        >>> found = decision.apply({"score": np.array([[0, 3.0], [0, -3.0]]),
        ...                         "candidates": candidates})
        >>> found["verdict"].to_pylist(), found["count"].tolist()
        (['fail', 'pass'], [1, 0])
    """

    kind: ClassVar[str] = "detect"

    classes: tuple[str, ...]
    thresholds: tuple[float, ...]
    doubt: float = 1.0
    iou: float = 0.5
    limits: tuple[Limit, ...] = ()
    part: Classify = field(default_factory=lambda: Classify(("good", DEFECT)))
    fitted_on: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) < len(self.classes):
            raise ValueError(f"classes are two or more names. Received: {self.classes!r}")
        if len(self.thresholds) != len(self.classes) - 1:
            raise ValueError(f"thresholds are one a defect class. Received: {self.thresholds!r}")
        if not all(0 <= value <= 1 for value in (*self.thresholds, self.doubt, self.iou)):
            raise ValueError(
                "thresholds, doubt and iou lie in 0..1. "
                f"Received: {self.thresholds!r}, {self.doubt!r}, {self.iou!r}"
            )

    @property
    def defects(self) -> tuple[str, ...]:
        """Names of the defect classes."""
        return self.classes[1:]

    def lead(self, scores: np.ndarray) -> np.ndarray:
        """By how much "some defect" leads over "good", a logit float32 [n].

        Args:
            scores: logits [n, 1 + C], no defect first.

        Example:
            >>> Detect(("good", "a", "b"), (0.5, 0.5)).lead(np.array([[1.0, 2.0, -30.0]])).tolist()
            [1.0]
        """
        given = np.asarray(scores, np.float64)
        if given.ndim != 2 or given.shape[1] != len(self.classes):
            expected = f"[n, {len(self.classes)}]"
            raise ValueError(f"scores are {expected}, a class each. Received: {list(given.shape)}")
        return (np.logaddexp.reduce(given[:, 1:], axis=1) - given[:, 0]).astype(np.float32)

    def found(self, candidates: np.ndarray, floors: Sequence[float] | np.ndarray | float) -> Found:
        """Candidates above a probability, each once in each class.

        Args:
            candidates: x0 y0 x1 y1, area, logits of the classes: float32 [n, K, 5 + C].
            floors: lowest probability of each class, or of all.

        Raises:
            ValueError: candidates of other classes.
        """
        count = len(self.defects)
        if candidates.ndim != 3 or candidates.shape[2] != GEOMETRY + count:
            expected = f"[n, K, {GEOMETRY + count}]"
            raise ValueError(f"candidates are {expected}. Received: {list(candidates.shape)}")
        return find(candidates, floors, self.iou)

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Columns [n] of scored parts.

        Args:
            outputs: ``score`` [n, 1 + C], logits of the part as a whole; ``candidates``
                [n, K, 5 + C], see :meth:`found`, none where it is absent; ``mm_per_px`` [n],
                millimetres a pixel, not a number where not known.

        Returns:
            ``score`` (logit, how far a defect leads), ``probability`` (calibrated, of some defect),
            ``label`` (main defect class, or that for none), ``verdict``, ``review`` (unsure),
            ``count`` (of counted defects) and ``defects``: those, and the doubtful ones where they
            made the verdict unsure, the likeliest first.
        """
        scores = np.asarray(outputs["score"], np.float32)
        whole = self.part.apply({"score": self.lead(scores)})
        lows = self.doubt * np.asarray(self.thresholds, np.float64)
        empty = np.empty((len(scores), 0, GEOMETRY + len(self.defects)), np.float32)
        found = self.found(outputs.get("candidates", empty), lows).once(self.iou)
        counted = found.probability >= np.asarray(self.thresholds, np.float32)[found.code - 1]
        scale = np.asarray(outputs.get("mm_per_px", np.full(len(scores), np.nan)), np.float64)
        doubtful_rows = np.zeros(len(scores), bool)
        has_defect, too_much = np.zeros(len(scores), bool), np.zeros(len(scores), bool)
        for rows in grouped(found.row):
            part = int(found.row[rows[0]])
            sure = rows[counted[rows]]
            has_defect[part] = bool(len(sure))
            certain = self._judge(found.take(sure), scale[part])
            too_much[part] = certain.too_much.any()
            every = self._judge(found.take(rows), scale[part])
            doubtful_rows[part] = certain.unmeasured.any() or every.too_much.any()
        probability = whole["probability"]
        called = probability >= np.float32(self.part.threshold)
        fails = too_much | (called & ~whole["review"] & ~has_defect)
        unsure = ~fails & (doubtful_rows | (whole["review"] & ~has_defect))
        verdict = np.where(fails, 1, np.where(unsure, 2, 0))
        shown = counted | unsure[found.row]
        return {
            "score": whole["score"],
            "probability": probability,
            "label": labels_of(self._codes(scores, found.take(counted), called), self.classes),
            "verdict": labels_of(verdict, VERDICTS),
            "review": unsure,
            "count": np.bincount(found.row[counted], minlength=len(scores)).astype(np.int64),
            "defects": found.take(shown).lists(self.classes, len(scores)),
        }

    def _judge(self, found: Found, mm_per_px: float) -> Judged:
        length, _ = extents(found.box, found.area)
        names = [self.classes[code] for code in found.code]
        return judge(self.limits, names, found.probability, length, found.area, mm_per_px)

    def _codes(self, scores: np.ndarray, counted: Found, called: np.ndarray) -> np.ndarray:
        """Class number [n]: of those found, the one that the part as a whole looks most like."""
        seen = np.zeros(scores.shape, bool)
        seen[counted.row, counted.code] = True
        none = ~seen.any(axis=1)
        seen[none & called, 1:] = True
        seen[none & ~called, 0] = True
        return np.where(seen, scores, -np.inf).argmax(axis=1)

    def with_limits(self, limits: Sequence[Limit]) -> Detect:
        """The same with other limits; nothing is scored again.

        Raises:
            ValueError: a limit for a class that it does not have.
        """
        strange = {limit.defect for limit in limits} - {*self.defects, "*"}
        if strange:
            raise ValueError(f"limits are for {self.defects} or *. Received: {strange}")
        return replace(self, limits=tuple(limits))

    def with_thresholds(self, thresholds: Mapping[str, float]) -> Detect:
        """The same with other thresholds of some classes, name -> probability."""
        values = dict(zip(self.defects, self.thresholds, strict=True)) | dict(thresholds)
        return replace(self, thresholds=tuple(values[name] for name in self.defects))

    def with_threshold(self, threshold: float) -> Detect:
        """The same with another threshold on the part's probability, set by hand."""
        return replace(self, part=self.part.with_threshold(threshold))

    def trivial(self, targets: np.ndarray, n: int) -> np.ndarray:
        """The logarithm of each class's frequency, [n, 1 + C].

        Example:
            >>> decision = Detect(("good", "dent"), (0.5,))
            >>> np.exp(decision.trivial(np.array([0, 0, 0, 1]), 1)).tolist()
            [[0.75, 0.25]]
        """
        return ClassifyMany(self.classes).trivial(targets, n)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "classes": list(self.classes),
            "thresholds": list(self.thresholds),
            "doubt": self.doubt,
            "iou": self.iou,
            "limits": [limit.to_json() for limit in self.limits],
            "part": self.part.to_json(),
            "fitted_on": dict(self.fitted_on),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Detect:
        """The decision that :meth:`to_json` wrote."""
        return cls(
            tuple(values["classes"]),
            tuple(values["thresholds"]),
            values["doubt"],
            values["iou"],
            tuple(map(Limit.from_json, values["limits"])),
            Classify.from_json(values["part"]),
            values["fitted_on"],
        )
