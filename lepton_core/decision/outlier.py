"""Learned from good parts alone: an anomaly score to p-value, label and pass, fail or unsure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from lepton_core.box_cells import BOXES
from lepton_core.decision.base import Decision, labels_of
from lepton_core.decision.escapes import Costs, cheapest_threshold
from lepton_core.decision.good_parts import GoodParts, parts_for
from lepton_core.errors import UsageError

VERDICTS = ("pass", "unsure", "fail")
_NONE_YET = GoodParts()


@dataclass(frozen=True)
class Outlier(Decision):
    """A part fails where hardly any good part looks as strange; near there a person looks.

    Threshold and p-values come from held-out good parts (:class:`GoodParts`); defective ones are
    never needed. Where there are too few good parts to promise the asked rate, the threshold stands
    at the nearest rate that can be promised, and :attr:`falls_short` says so.

    Args:
        classes: what a good and what a defective part are called.
        threshold: score from which a part fails; None before anything was fitted: then no part
            passes or fails, a person looks at each.
        unsure_from: score from which a part that does not fail is unsure; None for no such band.
        false_reject: share of good parts that fail at most; None where the threshold was set by
            hand or by cost.
        asked: what was asked for.
        unsure: share of good parts that fail or are unsure, at most; 0 for no such band.
        good: the held-out good parts.
        places: the strangest single place of each of them, in the unit of the regions' scores.
        fitted_on: what data fitted it: ``{"part", "n", "groups"}``.

    Example:
        >>> held_out = np.arange(99) / 100
        >>> decision = Outlier.fit(held_out, false_reject=0.05, unsure=0.1)
        >>> decision.apply({"score": np.array([0.2, 0.92, 3.0])})["verdict"].to_pylist()
        ['pass', 'unsure', 'fail']
        >>> decision.with_false_reject(0.2).threshold < decision.threshold
        True
    """

    kind: ClassVar[str] = "outlier"

    classes: tuple[str, str] = ("good", "defect")
    threshold: float | None = None
    unsure_from: float | None = None
    false_reject: float | None = None
    asked: float = 0.05
    unsure: float = 0.0
    good: GoodParts = _NONE_YET
    places: GoodParts = _NONE_YET
    fitted_on: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Output columns [n] from ``score`` float32 [n], and from ``regions`` where they are kept.

        Args:
            outputs: ``score`` [n], higher is stranger; ``regions`` [n, K, 6] or none: x0 y0 x1 y1,
                area, and how strange the strangest place within is; NaN for no region.

        Returns:
            ``score`` float32, ``p_value`` float32 (of the good parts to come, at most this share
            scores as high), ``label``, ``verdict`` (pass, fail, unsure), ``review`` (unsure), and
            with regions ``defects``: boxes, whose probability is the share of good parts that
            have no place as strange.
        """
        score = np.asarray(outputs["score"], np.float32)
        failed, unsure = self.failed(score), self._unsure(score)
        verdict = np.where(failed, 2, np.where(unsure, 1, 0))
        found: dict[str, Any] = {
            "score": score,
            "p_value": self.good.p_values(score).astype(np.float32),
            "label": labels_of(failed, self.classes),
            "verdict": labels_of(verdict, VERDICTS),
            "review": unsure,
        }
        if "regions" in outputs:
            found["defects"] = self._boxes(np.asarray(outputs["regions"], np.float32))
        return found

    @classmethod
    def fit(
        cls,
        scores: np.ndarray,
        *,
        groups: Sequence[Any] | np.ndarray | None = None,
        false_reject: float = 0.05,
        unsure: float = 0.0,
        classes: tuple[str, str] = ("good", "defect"),
        fitted_on: Mapping[str, Any] | None = None,
        steps: int = 0,
    ) -> Outlier:
        """Threshold and band from held-out good parts that the model did not learn from.

        Args:
            scores: float [n] of good parts.
            groups: the part of each picture [n], where one part has several; see
                :mod:`lepton_core.decision.good_parts`.
            false_reject: share of good parts that may fail, above 0 and below 1.
            unsure: share of good parts that may fail or be unsure; 0 for no band.
            classes: what a good and what a defective part are called.
            fitted_on: name of the data.
            steps: see :meth:`GoodParts.of`.

        Raises:
            UsageError: ``decision.false_reject``.
            DataError: ``decision.no_good_parts`` or ``decision.bad_good_score``.
        """
        good = GoodParts.of(scores, groups, steps=steps)
        about = {**(fitted_on or {}), "n": len(scores), "groups": good.groups}
        start = cls((classes[0], classes[1]), good=good, fitted_on=about)
        return start.with_false_reject(false_reject, unsure)

    @property
    def falls_short(self) -> bool:
        """Whether there were too few good parts for the false-reject rate that was asked for."""
        return self.false_reject is not None and self.false_reject > self.asked

    @property
    def shortfall(self) -> dict[str, Any]:
        """What the sentence ``decision.few_good_parts`` needs to know."""
        return {
            "n": self.good.groups,
            "asked": self.asked,
            "promised": self.good.least,
            "expected": parts_for(self.asked),
        }

    def with_false_reject(self, rate: float, unsure: float | None = None) -> Outlier:
        """The decision at another sensitivity; nothing is scored again.

        Args:
            rate: share of good parts that may fail, above 0 and below 1.
            unsure: share of good parts that may fail or be unsure; None keeps it, 0 is no band.

        Raises:
            UsageError: ``decision.false_reject``; ``decision.not_fitted`` without good parts.
        """
        band = self.unsure if unsure is None else unsure
        for given in (rate, band or rate):
            if not 0 < given < 1:
                raise UsageError("decision.false_reject", received=given)
        if not self.good.groups:
            raise UsageError("decision.not_fitted")
        promised = max(rate, self.good.least)
        changed = replace(
            self,
            threshold=self.good.threshold(rate),
            false_reject=promised,
            asked=rate,
            unsure=band,
        )
        return changed._with_band()

    def with_threshold(self, score: float) -> Outlier:
        """The decision with a threshold by hand; the unsure band stays below it.

        Raises:
            UsageError: ``decision.bad_threshold``.
        """
        if not np.isfinite(score):
            raise UsageError("decision.bad_threshold", received=score)
        return replace(self, threshold=float(score), false_reject=None)._with_band()

    def with_costs(self, scores: np.ndarray, labels: np.ndarray, costs: Costs) -> Outlier:
        """The decision at the cheapest threshold on parts of known outcome.

        Where failing nothing is cheapest, the threshold stands just above the highest score.

        Args:
            scores: kept scores [n].
            labels: 1 for a defective part, 0 for a good one, -1 for not known, [n].
            costs: of an escape and of overkill, and how often parts are defective.

        Raises:
            DataError: ``decision.needs_both``.
        """
        chosen = cheapest_threshold(scores, labels, costs)
        if not np.isfinite(chosen):
            highest = np.asarray(scores, np.float32).max()
            chosen = float(np.nextafter(highest, np.float32(np.inf)))
        return self.with_threshold(chosen)

    def trivial(self, targets: np.ndarray, n: int) -> np.ndarray:
        """All parts alike: zeros float32 [n]."""
        return np.zeros(n, np.float32)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Outlier:
        """The decision that :meth:`to_json` wrote."""
        known = {name: value for name, value in values.items() if name != "kind"}
        kept = {name: GoodParts.from_json(known[name]) for name in ("good", "places")}
        return cls(**{**known, **kept, "classes": tuple(known["classes"])})

    def _with_band(self) -> Outlier:
        start = self.good.threshold(self.unsure) if self.unsure and self.good.groups else None
        if start is None or self.threshold is None or start >= self.threshold:
            start = None
        return replace(self, unsure_from=start)

    def failed(self, score: np.ndarray) -> np.ndarray:
        """Which parts fail, bool [n], by their scores [n]."""
        if self.threshold is None:
            return np.zeros(len(score), bool)
        return np.asarray(score, np.float32) >= np.float32(self.threshold)

    def _unsure(self, score: np.ndarray) -> np.ndarray:
        if self.threshold is None:
            return np.ones(len(score), bool)
        if self.unsure_from is None:
            return np.zeros(len(score), bool)
        return (score >= np.float32(self.unsure_from)) & ~self.failed(score)

    def _boxes(self, regions: np.ndarray) -> pa.Array:
        """The ``defects`` column from regions [n, K, 6], the strangest first."""
        rows = []
        for part in regions:
            there = part[np.isfinite(part[:, 5])]
            there = there[np.argsort(-there[:, 5], kind="stable")]
            strange = 1.0 - self.places.p_values(there[:, 5])
            rows.append(
                [
                    {
                        "label": self.classes[1],
                        "probability": float(probability),
                        **dict(zip(("x0", "y0", "x1", "y1", "area"), box.tolist(), strict=True)),
                    }
                    for box, probability in zip(there[:, :5], strange, strict=True)
                ]
            )
        return pa.array(rows, BOXES)
