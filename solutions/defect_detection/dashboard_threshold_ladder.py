"""What each strictness lets pass, stops and hands to a person, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lepton_core.decision.detect import Detect
from lepton_core.decision.escapes import Costs
from lepton_core.decision.outlier import Outlier

from .dashboard_parts import Inspector

# By how much all thresholds are moved together, in log odds; 0 is the decision as it stands.
_SHIFTS = np.concatenate(
    [np.arange(-4.0, -2.0, 0.5), np.arange(-2.0, 2.01, 0.25), np.arange(2.5, 4.01, 0.5)]
)
# Thresholds of an anomaly score: steps among the scores that there are.
_SCORES = 60
_EDGE = 1e-4


@dataclass(frozen=True)
class Ladder:
    """Outcomes on parts of known truth, from the strictest to the most lenient decision.

    Args:
        decisions: one a step.
        place: float64 [m], where each stands on an axis: the part's probability, or the score.
        now: the step of the decision as it stands.
        escapes: int64 [m], defective parts that pass.
        overkill: int64 [m], good parts that fail.
        looks: int64 [m, 2], good and defective parts that a person looks at.
        good: number of good parts.
        defective: number of defective parts.
    """

    decisions: list[Inspector]
    place: np.ndarray
    now: int
    escapes: np.ndarray
    overkill: np.ndarray
    looks: np.ndarray
    good: int
    defective: int

    def cost(self, costs: Costs, look: float = 0.0) -> np.ndarray:
        """Money per 1,000 parts of the line at each step, float64 [m].

        Args:
            costs: of one escape and one overkill, and the line's own share of defective parts.
            look: what it costs that a person looks at one part, whose verdict is then right.
        """
        rate = costs.defect_rate
        bad, fine = max(self.defective, 1), max(self.good, 1)
        per_part = rate * (costs.escape * self.escapes + look * self.looks[:, 1]) / bad
        per_part = (
            per_part
            + (1 - rate) * (costs.overkill * self.overkill + look * self.looks[:, 0]) / fine
        )
        return 1000.0 * per_part

    def cheapest(self, costs: Costs, look: float = 0.0) -> int:
        """The step of least cost; of equal ones that nearest to the decision as it stands."""
        cost = self.cost(costs, look)
        best = np.flatnonzero(cost <= cost.min() + 1e-9)
        return int(best[np.argmin(np.abs(best - self.now))])


def ladder(
    decision: Inspector,
    outputs: Mapping[str, np.ndarray],
    known: np.ndarray,
    progress: Callable[[float], Any] = lambda share: None,
) -> Ladder:
    """What steps around a decision do; nothing is scored again.

    Args:
        decision: as it stands.
        outputs: the model's of n parts, first axis n.
        known: 1 for a defective part, 0 for a good one, [n].
        progress: called with the share done.
    """
    found = steps(decision, outputs["score"])
    is_bad = known == 1
    escapes, overkill, looks = [], [], []
    for at, step in enumerate(found):
        verdict = np.array(step.apply(outputs)["verdict"].to_pylist(), object)
        escapes.append(int((is_bad & (verdict == "pass")).sum()))
        overkill.append(int((~is_bad & (verdict == "fail")).sum()))
        unsure = verdict == "unsure"
        looks.append([int((~is_bad & unsure).sum()), int((is_bad & unsure).sum())])
        progress((at + 1) / len(found))
    return Ladder(
        found,
        np.array([place_of(step) for step in found]),
        found.index(decision),
        np.array(escapes),
        np.array(overkill),
        np.array(looks).reshape(-1, 2),
        int((~is_bad).sum()),
        int(is_bad.sum()),
    )


def steps(decision: Inspector, scores: np.ndarray) -> list[Inspector]:
    """Decisions around one, itself among them, ascending by :func:`place_of`."""
    if isinstance(decision, Detect):
        return [shifted(decision, float(shift)) for shift in _SHIFTS]
    distinct = np.unique(np.asarray(scores, np.float64))
    ends = np.unique(np.quantile(distinct, np.linspace(0, 1, _SCORES)))
    spread = max(float(ends[-1] - ends[0]), 1e-6)
    places = [*ends.tolist(), float(ends[-1]) + 0.02 * spread]
    moved_ones = [decision.with_threshold(place) for place in places]
    others = [step for step in moved_ones if step.threshold != decision.threshold]
    return sorted([decision, *others], key=place_of)


def shifted(decision: Detect, shift: float) -> Detect:
    """The decision with every threshold moved by log odds; unchanged by 0.

    Args:
        decision: of classes and of the part as a whole; its review band moves along.
        shift: above 0 is more lenient: a defect must be more probable to count.

    Example:
        >>> start = Detect(("good", "dent"), thresholds=(0.5,))
        >>> moved = shifted(start, 1.0)
        >>> round(moved.thresholds[0], 3), round(moved.part.threshold, 3)
        (0.731, 0.731)
    """
    if not shift:
        return decision
    low, high = decision.part.band
    band = (moved(low, shift), moved(high, shift)) if high > 0 else (0.0, 0.0)
    # A band that comes from prediction sets stays: it does not follow the threshold.
    part = decision.part.with_threshold(moved(decision.part.threshold, shift))
    if decision.part.conformal is None:
        part = replace(part, band=band)
    thresholds = tuple(moved(value, shift) for value in decision.thresholds)
    return replace(decision, thresholds=thresholds, part=part)


def moved(probability: float, shift: float) -> float:
    """A probability moved by log odds; 0 and 1 stay what they are nearly."""
    inner = min(max(probability, _EDGE), 1 - _EDGE)
    return float(1.0 / (1.0 + np.exp(-(np.log(inner / (1 - inner)) + shift))))


def place_of(decision: Inspector) -> float:
    """Where a decision stands on the axis: threshold on the part's probability, or on the score."""
    if isinstance(decision, Outlier):
        return -np.inf if decision.threshold is None else decision.threshold
    return decision.part.threshold
