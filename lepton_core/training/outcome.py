"""What a person reads when a training ends: the figures, and whether they are worth anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lepton_core.evaluation.directions import BEST_AT, is_better
from lepton_core.evaluation.paired import has_direction
from lepton_core.evaluation.report import Measured


def told(card: Mapping[str, Any], headline: Sequence[str]) -> list[str]:
    """Lines on the figures of a new bundle on its test part, with the best baseline beside each.

    Args:
        card: of the bundle, with ``metrics`` and ``baselines``.
        headline: the task's metric keys that lists show.

    Returns:
        a line a figure; at last a warning where no figure beats its baselines, such as after too
        few epochs. Nothing where the card has no figures.

    Example:
        >>> figure = {"low": None, "high": None, "parts": []}
        >>> card = {
        ...     "metrics": {"accuracy": {"value": 0.5} | figure},
        ...     "baselines": {"majority_class": {"accuracy": {"value": 0.6} | figure}},
        ... }
        >>> for line in told(card, ["accuracy"]):
        ...     print(line)
        accuracy 0.5000; baseline majority_class 0.6000
        Warning: no figure beats a baseline. Train longer, or check labels and data, before use.
    """
    lines, compared, better = [], 0, 0
    for key in headline:
        if key not in card["metrics"]:
            continue
        figure = Measured.from_json(card["metrics"][key])
        line = f"{key} {figure}"
        rivals = {
            name: float(figures[key]["value"])
            for name, figures in card.get("baselines", {}).items()
            if key in figures and key not in BEST_AT and has_direction(key)
        }
        if rivals:
            best = next(iter(rivals))
            for name, value in rivals.items():
                best = name if is_better(key, value, rivals[best]) else best
            line += f"; baseline {best} {rivals[best]:.4f}"
            compared += 1
            better += is_better(key, figure.value, rivals[best])
        lines.append(line)
    if compared and not better:
        lines.append(
            "Warning: no figure beats a baseline. "
            "Train longer, or check labels and data, before use."
        )
    return lines
