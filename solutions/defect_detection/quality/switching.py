"""The switching rules of ISO 2859-1:1999, clause 9.3, as a machine that is fed lot by lot.

A plan protects the consumer only together with these rules: who never switches to tightened
inspection has not used the standard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .plans import Plan, code_letter, plan_by_letter, plan_of, tighter

DISCONTINUED = "discontinued"
_SCORE = 30
_ACCEPTED_TO_NORMAL = 5
_REJECTED_TO_STOP = 5


@dataclass(frozen=True)
class Switching:
    """Where a series of lots stands.

    Args:
        aql: of all lots.
        level: inspection level of all lots.
        severity: of the next lot, or ``discontinued``.
        score: the switching score, in normal inspection.
        recent: whether each of the last lots of normal inspection was accepted, at most five.
        accepted: lots accepted one after the other in tightened inspection.
        rejected: lots not accepted since tightened inspection began.
        reduced_allowed: production is steady and the responsible authority agrees to reduced
            inspection; without it a score of 30 changes nothing.

    Example:
        >>> state = Switching(aql=1.0)
        >>> for defective in (3, 0, 4):
        ...     state = state.after(lot=1000, nonconforming=defective)
        >>> state.severity
        'tightened'
    """

    aql: float
    level: str = "II"
    severity: str = "normal"
    score: int = 0
    recent: tuple[bool, ...] = ()
    accepted: int = 0
    rejected: int = 0
    reduced_allowed: bool = True

    def plan(self, lot: int) -> Plan:
        """The plan of the next lot; that of tightened inspection where it is discontinued."""
        severity = "tightened" if self.severity == DISCONTINUED else self.severity
        return plan_of(lot, self.aql, self.level, severity)

    def after(self, lot: int, nonconforming: int, steady: bool = True) -> Switching:
        """The state after a lot of original inspection.

        Args:
            lot: parts in it.
            nonconforming: found in its sample.
            steady: whether production runs steadily; if not, reduced inspection ends.
        """
        accepted = nonconforming <= self.plan(lot).ac
        if self.severity == "normal":
            return self._after_normal(lot, nonconforming, accepted)
        if self.severity == "tightened":
            return self._after_tightened(accepted)
        if self.severity == "reduced" and (not accepted or not steady):
            return self._fresh("normal")
        return self

    def corrected(self) -> Switching:
        """After the supplier has improved: inspection goes on, tightened."""
        return self._fresh("tightened") if self.severity == DISCONTINUED else self

    def _after_normal(self, lot: int, nonconforming: int, accepted: bool) -> Switching:
        recent = (*self.recent, accepted)[-5:]
        if recent.count(False) >= 2:
            return self._fresh("tightened")
        score = self._scored(lot, nonconforming, accepted)
        if score >= _SCORE and self.reduced_allowed:
            return self._fresh("reduced")
        return replace(self, recent=recent, score=score)

    def _scored(self, lot: int, nonconforming: int, accepted: bool) -> int:
        """The switching score, clause 9.3.3.2 (single sampling)."""
        plan = self.plan(lot)
        if plan.ac < 2:
            return self.score + 2 if accepted else 0
        step = tighter(self.aql)
        if step is None:
            return 0
        stricter = plan_by_letter(code_letter(lot, self.level), step)
        # Held against the same sample: with another size the comparison would mean nothing.
        would_pass = accepted and stricter.n == plan.n and nonconforming <= stricter.ac
        return self.score + 3 if would_pass else 0

    def _after_tightened(self, accepted: bool) -> Switching:
        if accepted:
            if self.accepted + 1 >= _ACCEPTED_TO_NORMAL:
                return self._fresh("normal")
            return replace(self, accepted=self.accepted + 1)
        rejected = self.rejected + 1
        severity = DISCONTINUED if rejected >= _REJECTED_TO_STOP else "tightened"
        return replace(self, severity=severity, accepted=0, rejected=rejected)

    def _fresh(self, severity: str) -> Switching:
        return replace(self, severity=severity, score=0, recent=(), accepted=0, rejected=0)
