"""What a person asks of a new decision, and the decision that answers it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lepton_core.decision import Classify, Policy
from lepton_core.errors import DataError, UsageError
from lepton_core.redecide.kept import Kept


@dataclass(frozen=True)
class Asked:
    """A threshold, a review band, both or neither; what is not asked stays as it was.

    Args:
        policy: how the threshold is chosen; None keeps it.
        review_share: share of the records, the nearest below the threshold, to be reviewed.
        review_from: probability from which records below the threshold are reviewed.
        coverage: share of the records of each class whose prediction set shall hold it; where the
            set is not exactly the label, the record is reviewed.
    """

    policy: Policy | None = None
    review_share: float | None = None
    review_from: float | None = None
    coverage: float | None = None

    @classmethod
    def of(
        cls,
        policy: str | None = None,
        value: float | None = None,
        threshold: float | None = None,
        review_share: float | None = None,
        review_from: float | None = None,
        coverage: float | None = None,
    ) -> Asked:
        """What the options of a command ask for.

        Raises:
            UsageError: ``decide.*`` for options that do not go together; ``decision.policy*``.
        """
        if policy is not None and threshold is not None:
            raise UsageError("decide.two_ways")
        if sum(band is not None for band in (review_share, review_from, coverage)) > 1:
            raise UsageError("decide.two_bands")
        if value is not None and policy is None:
            raise UsageError("decide.value_alone", value=value)
        chosen: Policy | None = None
        if threshold is not None:
            chosen = Policy("fixed", threshold)
        elif policy == "f1":
            chosen = Policy("f1")
        elif policy is not None:
            if value is None:
                Policy(policy, 0.5)  # one that is not known is told first
                raise UsageError("decide.no_value", policy=policy)
            chosen = Policy(policy, value)
        return cls(chosen, review_share, review_from, coverage)

    @property
    def reads_scores(self) -> bool:
        """Whether the answer depends on kept scores."""
        by_policy = self.policy is not None and self.policy.name != "fixed"
        return by_policy or self.review_share is not None or self.coverage is not None

    def decide(self, before: Classify, kept: Kept | None, source: str = "") -> Classify:
        """The decision that is asked for.

        The review band keeps its lower end, or its coverage, where no other is asked for.

        Args:
            before: the decision as it is.
            kept: scores to choose on; None where there are none.
            source: what they are called, for the card.

        Raises:
            UsageError: ``decide.no_kept``; ``decide.review_from``.
            DataError: what the policy reads is not known of the records.
        """
        after = before
        if kept is None and self.reads_scores:
            raise UsageError("decide.no_kept")
        if self.policy is not None:
            if self.policy.name == "fixed" or kept is None:
                after = before.with_threshold(self.policy.value)
            else:
                about = {"data": source, "n": len(kept.score)}
                fitted_on = {**before.fitted_on, "threshold": about}
                after = replace(kept.decide(before, self.policy), fitted_on=fitted_on)
        if self.coverage is not None and kept is not None:
            if kept.label is None:
                raise DataError("decision.no_labels_coverage", n=len(kept.score))
            return after.with_coverage(self.coverage, kept.score, kept.label)
        if self.review_share is not None and kept is not None:
            return after.reviewing(self.review_share, kept.score)
        if self.review_from is not None:
            if self.review_from >= after.threshold:
                raise UsageError(
                    "decide.review_from", received=self.review_from, threshold=after.threshold
                )
            return after.reviewed_from(self.review_from)
        if after.conformal is not None or before.band[1] == 0:
            return after
        return after.reviewed_from(before.band[0])
