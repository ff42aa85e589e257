"""Another sensitivity for parts that were scored before, learned from good parts alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from lepton_core.decision import Outlier
from lepton_core.decision.escapes import Costs
from lepton_core.errors import DataError, UsageError
from lepton_core.redecide.kept import Kept

POLICIES = ("false_reject", "cost")


@dataclass(frozen=True)
class AskedOutlier:
    """What a person asks of the decision; what is not asked stays as it was.

    Args:
        false_reject: share of good parts that may fail.
        threshold: score from which parts fail, by hand.
        costs: the cheapest threshold on parts of known outcome.
        unsure: share of good parts that may fail or be unsure.
    """

    false_reject: float | None = None
    threshold: float | None = None
    costs: Costs | None = None
    unsure: float | None = None

    @classmethod
    def of(
        cls,
        policy: str | None = None,
        value: float | None = None,
        threshold: float | None = None,
        review_share: float | None = None,
        escape_cost: float | None = None,
        overkill_cost: float | None = None,
        defect_rate: float | None = None,
    ) -> AskedOutlier:
        """What the options of a command ask for.

        Raises:
            UsageError: ``decide.*`` and ``decision.*``: options that do not go together.
        """
        if policy is not None and threshold is not None:
            raise UsageError("decide.two_ways")
        if policy is not None and policy not in POLICIES:
            raise UsageError("decision.policy", received=policy, known=", ".join(POLICIES))
        if value is not None and policy != "false_reject":
            raise UsageError("decide.value_alone", value=value)
        money = (escape_cost, overkill_cost, defect_rate)
        costs = None
        if policy == "cost" or any(one is not None for one in money):
            if policy != "cost" or None in money:
                raise UsageError("decide.needs_costs")
            costs = Costs(*(float(one) for one in money if one is not None))
        if policy == "false_reject" and value is None:
            raise UsageError("decide.no_rate")
        return cls(value, threshold, costs, review_share)

    def decide(self, before: Outlier, kept: Kept | None, source: str = "") -> Outlier:
        """The decision that is asked for.

        Args:
            before: the decision as it is.
            kept: scores to choose on, for costs; None where there are none.
            source: what they are called, for the card.

        Raises:
            UsageError: ``decide.no_kept`` and those of the decision.
            DataError: ``decision.needs_both`` where outcomes are not known.
        """
        after = before
        if self.unsure is not None:
            after = replace(after, unsure=self.unsure)
        if self.costs is not None:
            if kept is None:
                raise UsageError("decide.no_kept")
            if kept.label is None:
                raise DataError("decision.needs_both", good=0, defective=0)
            about = {**before.fitted_on, "threshold": {"data": source, "n": len(kept.score)}}
            after = replace(after, fitted_on=about)
            return after.with_costs(kept.score, kept.label, self.costs)
        if self.threshold is not None:
            return after.with_threshold(self.threshold)
        if self.false_reject is not None:
            return after.with_false_reject(self.false_reject)
        if self.unsure is not None and before.false_reject is not None:
            return after.with_false_reject(before.asked)
        if self.unsure is not None and before.threshold is not None:
            return after.with_threshold(before.threshold)
        return after


@dataclass(frozen=True)
class PartEffect:
    """Counts of a decision on kept scores; None where too little is known of the parts.

    Args:
        fail: parts that fail.
        unsure: parts that a person looks at.
        share: of all parts that fail.
        false_reject: share of the good parts that fail.
        escape: share of the defective parts that pass or are unsure.
        escapes: how many these are.
    """

    fail: int
    unsure: int
    share: float
    false_reject: float | None = None
    escape: float | None = None
    escapes: int | None = None

    def to_json(self) -> Mapping[str, float | int | None]:
        """Plain values."""
        return asdict(self)


def part_effect(decision: Outlier, kept: Kept) -> PartEffect:
    """What a decision does, as far as it can be told.

    Example:
        >>> kept = Kept(np.array([1.0, 5.0, 7.0]), label=np.array([0, 1, 1]))
        >>> found = part_effect(Outlier().with_threshold(6.0), kept)
        >>> found.fail, found.false_reject, found.escape
        (1, 0.0, 0.5)
    """
    failed = decision.failed(kept.score)
    unsure = np.asarray(decision.apply({"score": kept.score})["review"])
    found: dict[str, float] = {}
    if kept.label is not None:
        good, defective = kept.label == 0, kept.label == 1
        if good.any():
            found["false_reject"] = float(failed[good].mean())
        if defective.any():
            found["escape"] = float((~failed[defective]).mean())
            found["escapes"] = int((~failed[defective]).sum())
    return PartEffect(
        fail=int(failed.sum()),
        unsure=int(unsure.sum()),
        share=float(failed.mean()) if len(failed) else 0.0,
        **found,  # type: ignore[arg-type]
    )
