"""What a decision does to kept scores: alerts, cases a day, what is caught and missed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from lepton_core.decision import Classify
from lepton_core.decision._ranking import case_numbers
from lepton_core.redecide.kept import Kept


@dataclass(frozen=True)
class Effect:
    """Counts of a decision on kept scores; None where too little is known of the records.

    Args:
        alerts: records called positive.
        share: of all records.
        review: records within the review band, and of a band below the threshold no alerts.
        cases_a_day: different entities alerted a day.
        precision: share of the alerts of known outcome that are positive.
        recall: share of the positives that are alerts.
        missed_amount: amount of the positives that are no alerts.
    """

    alerts: int
    share: float
    review: int
    cases_a_day: float | None = None
    precision: float | None = None
    recall: float | None = None
    missed_amount: float | None = None

    def to_json(self) -> dict[str, float | int | None]:
        """Plain values."""
        return asdict(self)


def effect(decision: Classify, kept: Kept) -> Effect:
    """What a decision does, as far as it can be told.

    Example:
        >>> kept = Kept(np.array([-1.0, 1.0, 2.0]), label=np.array([0, 0, 1]))
        >>> found = effect(Classify(), kept)
        >>> found.alerts, found.precision, found.recall, found.cases_a_day
        (2, 0.5, 1.0, None)
    """
    columns = decision.apply({"score": kept.score})
    called = columns["probability"] >= np.float32(decision.threshold)
    found: dict[str, float | None] = {}
    if kept.day is not None and kept.entity is not None and len(called):
        case, days = case_numbers(kept.day, kept.entity)
        found["cases_a_day"] = len(np.unique(case[called])) / days
    if kept.label is not None:
        known, positive = kept.label >= 0, kept.label == 1
        judged, hits = int((called & known).sum()), int((called & positive).sum())
        found["precision"] = hits / judged if judged else None
        found["recall"] = hits / int(positive.sum()) if positive.any() else None
        if kept.amount is not None and positive.any():
            found["missed_amount"] = float(kept.amount[positive & ~called].sum())
    return Effect(
        alerts=int(called.sum()),
        share=float(called.mean()) if len(called) else 0.0,
        review=int((columns["review"] & (~called | (decision.conformal is not None))).sum()),
        **found,
    )
