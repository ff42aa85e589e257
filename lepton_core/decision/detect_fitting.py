"""Sets a decision on defects by validation parts: thresholds, doubt, and the part as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lepton_core.decision.base import check_codes
from lepton_core.decision.candidates import Found
from lepton_core.decision.classify import Classify
from lepton_core.decision.detect import DEFECT, Detect
from lepton_core.decision.overlap import grouped, matched
from lepton_core.decision.policies import Policy
from lepton_core.errors import DataError

# Candidates below it are no defects at any threshold worth having.
_FLOOR = 0.02
_USUAL = 0.5
_DOUBTS = tuple(np.round(np.arange(0.3, 1.0, 0.05), 2))


@dataclass(frozen=True)
class Held:
    """Validation parts that the network did not learn from.

    Args:
        score: logits [n, 1 + C] of the parts as a whole.
        codes: class number of each [n], 0 for good.
        candidates: float32 [n, K, 5 + C]; None for a network that proposes none.
        truth: of each part its true defects [k, 5]: class number 1.., x0 y0 x1 y1; None where they
            are not known at all.
        about: what they are, for ``fitted_on``.
    """

    score: np.ndarray
    codes: np.ndarray
    candidates: np.ndarray | None = None
    truth: Sequence[np.ndarray] | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


def fit_detect(
    held: Held,
    classes: tuple[str, ...],
    *,
    iou: float = 0.5,
    match_iou: float = 0.5,
    coverage: float = 0.9,
    review_share: float = 0.05,
    policy: Policy | None = None,
) -> Detect:
    """A decision fitted on validation parts.

    Each class's threshold is that of its best F1. The part's probability is calibrated, and its
    threshold and review band set, where there are good and defective parts; without the one or the
    other it stays as the network says it.

    Args:
        held: validation parts.
        classes: the name for no defect, then the defect classes.
        iou: above which the likelier of two candidates stays.
        match_iou: from which a candidate stands for a true defect.
        coverage: of the prediction sets that the part's review band comes from.
        review_share: share of the parts that doubtful candidates may make unsure.
        policy: of the threshold on the part's probability; best F1 unless given.

    Raises:
        DataError: ``decision.no_records``.
    """
    codes = check_codes(held.codes, len(classes))
    if not len(codes):
        raise DataError("decision.no_records")
    about = {**held.about, "n": len(codes), "defective": int((codes > 0).sum())}
    start = Detect(classes, (_USUAL,) * (len(classes) - 1), iou=iou, fitted_on=about)
    part = _part(start, held.score, codes, coverage, policy or Policy("f1"))
    decision = replace(start, part=part)
    if held.candidates is None:
        return decision
    outputs = {"score": held.score, "candidates": held.candidates}
    if held.truth is not None:
        found = decision.found(held.candidates, _FLOOR)
        limits = best_f1(found, held.truth, len(classes) - 1, match_iou)
        decision = replace(decision, thresholds=tuple(limits))
    return replace(decision, doubt=_doubt(decision, outputs, review_share))


def _part(
    decision: Detect, scores: np.ndarray, codes: np.ndarray, coverage: float, policy: Policy
) -> Classify:
    classes = (decision.classes[0], DEFECT)
    defective = (codes > 0).astype(np.int64)
    if defective.all() or not defective.any():
        return Classify(classes)
    return Classify.fit(
        decision.lead(scores), defective, classes=classes, policy=policy, coverage=coverage
    )


def best_f1(
    found: Found, truth: Sequence[np.ndarray], classes: int, match_iou: float
) -> list[float]:
    """For each class the threshold at which what is found has the highest F1.

    Args:
        found: candidates of n parts, down to a low probability.
        truth: of each part its true defects [k, 5]: class number 1.., x0 y0 x1 y1.
        classes: C defect classes.
        match_iou: from which a candidate stands for a true defect.

    Returns:
        C probabilities, half-way between two candidates; that of the middle class where a class
        does not occur or is never found.
    """
    hit = np.zeros(len(found.row), bool)
    for rows in grouped(found.row * (classes + 1) + found.code):
        code = found.code[rows[0]]
        own = truth[int(found.row[rows[0]])]
        hit[rows] = matched(found.box[rows], own[own[:, 0] == code, 1:], match_iou) >= 0
    totals = np.bincount(
        np.concatenate([np.asarray(one)[:, 0] for one in truth]).astype(np.int64),
        minlength=classes + 1,
    )
    limits = np.full(classes, np.nan)
    for code in range(1, classes + 1):
        own = found.code == code
        if not hit[own].any():
            continue
        order = np.argsort(-found.probability[own], kind="stable")
        ranked, right = found.probability[own][order].astype(np.float64), hit[own][order]
        f1 = 2 * np.cumsum(right) / (np.arange(len(right)) + 1 + totals[code])
        # The last of equal candidates: they count together or not at all.
        f1[:-1][ranked[:-1] == ranked[1:]] = -1
        best = int(f1.argmax())
        below = ranked[best + 1] if best + 1 < len(ranked) else _FLOOR
        limits[code - 1] = (ranked[best] + below) / 2
    usual = float(np.nanmedian(limits)) if np.isfinite(limits).any() else _USUAL
    return np.where(np.isfinite(limits), limits, usual).tolist()


def _doubt(decision: Detect, outputs: Mapping[str, np.ndarray], share: float) -> float:
    """The lowest share of their threshold at which candidates make few enough parts unsure."""
    calm = replace(decision, part=replace(decision.part, band=(0.0, 0.0), conformal=None))
    for doubt in _DOUBTS:
        unsure = replace(calm, doubt=float(doubt)).apply(outputs)["review"]
        if unsure.mean() <= share:
            return float(doubt)
    return 1.0
