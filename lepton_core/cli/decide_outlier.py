"""``lepton decide`` for parts: another false-reject rate, or the cheapest threshold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lepton_core.cli.options import refuse_given
from lepton_core.messages import t

if TYPE_CHECKING:
    from lepton_core.decision import Outlier
    from lepton_core.redecide.kept import Kept

# What only a decision between two classes takes.
_CLASSES_ONLY = ("review_from", "coverage")


def decided(
    before: Outlier, kept: Kept | None, source: str, options: Mapping[str, Any]
) -> tuple[Outlier, dict[str, Any]]:
    """The decision that options ask for, and what is told of it.

    Args:
        before: the bundle's.
        kept: scores to choose on and to count; None where there are none.
        source: what they are called.
        options: of the command, by name.

    Raises:
        UsageError: ``decide.not_for_outlier`` for one that belongs to another kind of decision.
    """
    from lepton_core.redecide.outliers import AskedOutlier, part_effect

    refuse_given({name: options[name] for name in _CLASSES_ONLY}, "decide.not_for_outlier")
    ours = {name: given for name, given in options.items() if name not in _CLASSES_ONLY}
    after = AskedOutlier.of(**ours).decide(before, kept, source)
    told: dict[str, Any] = {
        "threshold": after.threshold,
        "threshold_before": before.threshold,
        "false_reject": after.false_reject,
        "asked": after.asked,
        "unsure_from": after.unsure_from,
    }
    if after.falls_short:
        told["shortfall"] = t("decision.few_good_parts", language="en", **after.shortfall)
    if kept is not None:
        told["records"] = len(kept.score)
        told["before"] = dict(part_effect(before, kept).to_json())
        told["after"] = dict(part_effect(after, kept).to_json())
    return after, told


def first_line(told: Mapping[str, Any]) -> str:
    """The change of the threshold in words."""
    by = "set by hand or by cost"
    if told["false_reject"] is not None:
        by = f"at most {told['false_reject']:.2%} of good parts fail"
    marks = (told["threshold_before"], told["threshold"])
    low, high = ("-" if mark is None else f"{mark:.5g}" for mark in marks)
    band = "" if told["unsure_from"] is None else f"; unsure from {told['unsure_from']:.5g}"
    line = f"{told['bundle']}: threshold {low} -> {high} ({by}){band}"
    return f"{line}\n{told['shortfall']}" if "shortfall" in told else line


WORDS = {
    "fail": "fail",
    "share": "share of parts",
    "unsure": "unsure",
    "false_reject": "good parts that fail",
    "escape": "defective parts that do not",
    "escapes": "how many these are",
}
