"""Escape against overkill, and what both cost, all along the threshold on a score.

An *escape* is a defective part that passes, *overkill* a good part that fails. Test sets hold far
more defective parts than a line does, so money is counted at the line's own share of them. For
charts and sliders, and never needed: a threshold from good parts alone stands without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lepton_core.decision._ranking import at, cuts, known_only
from lepton_core.errors import DataError, UsageError

POINTS = 200


@dataclass(frozen=True)
class Costs:
    """What a wrong decision costs, and how often parts are defective.

    Args:
        escape: of one defective part that passes, at least 0, in one currency.
        overkill: of one good part that fails, at least 0, in the same.
        defect_rate: share of the parts on the line that are defective, in 0..1.

    Raises:
        UsageError: ``decision.bad_costs``.
    """

    escape: float
    overkill: float
    defect_rate: float

    def __post_init__(self) -> None:
        values = (self.escape, self.overkill, self.defect_rate)
        if not (np.isfinite(values).all() and min(values) >= 0 and self.defect_rate <= 1):
            raise UsageError(
                "decision.bad_costs",
                escape=self.escape,
                overkill=self.overkill,
                rate=self.defect_rate,
            )


class EscapeCurve(NamedTuple):
    """What each threshold lets pass and rejects, ascending by threshold; parts fail from it on.

    Args:
        threshold: float64 [m], scores; the first fails every part, the last none.
        escape: float64 [m], share of the defective parts that pass.
        overkill: float64 [m], share of the good parts that fail.
        cost: float64 [m], per part on the line, in the costs' currency; NaN without costs.
    """

    threshold: np.ndarray
    escape: np.ndarray
    overkill: np.ndarray
    cost: np.ndarray


def escape_curve(
    scores: np.ndarray, labels: np.ndarray, costs: Costs | None = None, points: int = POINTS
) -> EscapeCurve:
    """Escape, overkill and cost by threshold; the cheapest threshold is among the points.

    Args:
        scores: finite [n], higher is stranger; any unit.
        labels: 1 for a defective part, 0 for a good one, -1 for not known, [n].
        costs: None for shares alone.
        points: at most so many, and the cheapest.

    Raises:
        DataError: ``decision.needs_both`` unless good and defective parts are known.

    Example:
        >>> scores, labels = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])
        >>> curve = escape_curve(scores, labels, Costs(100.0, 5.0, 0.01))
        >>> curve.threshold.tolist()
        [1.0, 1.5, 2.5, 3.5, inf]
        >>> curve.escape.tolist(), curve.overkill.tolist()
        ([0.0, 0.0, 0.0, 0.5, 1.0], [1.0, 0.5, 0.0, 0.0, 0.0])
    """
    given, truth, _ = known_only(scores, labels)
    defective = int(truth.sum())
    if not 0 < defective < len(truth):
        raise DataError("decision.needs_both", good=len(truth) - defective, defective=defective)
    ends, ranked, order = cuts(given)
    caught = np.cumsum(truth[order])[ends] / defective
    failed = np.cumsum(1 - truth[order])[ends] / (len(truth) - defective)
    threshold = np.array([np.inf, *(at(ranked, end) for end in ends)])
    escape = 1.0 - np.concatenate([[0.0], caught])
    overkill = np.concatenate([[0.0], failed])
    cost = np.full(len(threshold), np.nan)
    kept = np.unique(np.linspace(0, len(threshold) - 1, points).astype(np.int64))
    if costs is not None:
        cost = costs.defect_rate * costs.escape * escape
        cost += (1.0 - costs.defect_rate) * costs.overkill * overkill
        kept = np.union1d(kept, [int(np.argmin(cost))])
    curve = EscapeCurve(threshold[kept], escape[kept], overkill[kept], cost[kept])
    return EscapeCurve(*(values[::-1] for values in curve))


def cheapest_threshold(scores: np.ndarray, labels: np.ndarray, costs: Costs) -> float:
    """The threshold of the least cost a part; of equal ones the highest, which rejects least.

    Args:
        scores: finite [n].
        labels: 1, 0 or -1 for not known, [n].
        costs: what is weighed.

    Returns:
        a score; infinity where failing nothing is cheapest.

    Raises:
        DataError: ``decision.needs_both``.

    Example:
        >>> scores, labels = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 1, 0, 1])
        >>> cheapest_threshold(scores, labels, Costs(escape=1000.0, overkill=1.0, defect_rate=0.1))
        1.5
        >>> cheapest_threshold(scores, labels, Costs(escape=1.0, overkill=50.0, defect_rate=0.1))
        3.5
    """
    curve = escape_curve(scores, labels, costs)
    return float(curve.threshold[::-1][int(np.argmin(curve.cost[::-1]))])
