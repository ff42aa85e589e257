"""``lepton decide`` for inspected parts: other limits and thresholds in a copy of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_core.cli.options import refuse_given

if TYPE_CHECKING:
    from lepton_core.decision import Detect


def decided(
    before: Detect, limits: Path | None, threshold: float | None, others: Mapping[str, Any]
) -> tuple[Detect, dict[str, Any]]:
    """The decision with other limits, and what is told of it.

    Args:
        before: the bundle's.
        limits: a file of limits, and perhaps of thresholds by class; None keeps them.
        threshold: on the part's probability; None keeps it.
        others: further options of the command, which do not go with such a decision.

    Raises:
        UsageError: ``decide.for_limits`` for one of the others; ``limits.*`` of the file.
    """
    from lepton_core.decision.limits import read_limits

    refuse_given(others, "decide.for_limits")
    after = before
    if limits is not None:
        found = read_limits(limits, before.defects)
        after = after.with_limits(found.limits).with_thresholds(found.thresholds or {})
    if threshold is not None:
        after = after.with_threshold(threshold)
    return after, {
        "limits": [limit.to_json() for limit in after.limits],
        "thresholds": dict(zip(after.defects, after.thresholds, strict=True)),
        "threshold": after.part.threshold,
        "threshold_before": before.part.threshold,
    }


def keep(
    folder: Path,
    address: str,
    decided: tuple[Detect, dict[str, Any]],
    save: Path | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Save a copy of the bundle that decides so, where asked to, and tell of it.

    Args:
        folder: the bundle.
        address: its address.
        decided: of :func:`decided`.
        save: where the copy shall stand; None for none.
        overwrite: whether an older one may be replaced.
        as_json: for a program instead of a person.
    """
    from lepton_core.cli.output import print_json
    from lepton_core.redecide.bundles import save_decided

    after, about = decided
    told = {"bundle": address, **about}
    if save is not None:
        told["saved"] = str(save_decided(folder, address, after, save, overwrite))
    if as_json:
        print_json(told)
    else:
        print("\n".join(lines(told)))
    return 0


def lines(told: Mapping[str, Any]) -> list[str]:
    """The decision in words, a class a line."""
    moved = f"{told['threshold_before']:.4g} -> {told['threshold']:.4g}"
    found = [f"{told['bundle']}: threshold on the part's probability {moved}"]
    for name, value in told["thresholds"].items():
        found.append(f"{name}: counts from a probability of {value:.4g} on")
    for limit in told["limits"]:
        rest = ", ".join(f"{key} {value:g}" for key, value in limit.items() if key != "class")
        found.append(f"{limit['class']}: {rest or 'none tolerated'}")
    if not told["limits"]:
        found.append("No limits: no defect is tolerated.")
    if "saved" in told:
        found.append(f"Bundle in {told['saved']}. Its figures: lepton evaluate {told['saved']}")
    return found
