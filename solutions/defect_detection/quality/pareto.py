"""Pareto analysis: the few classes of defects that cause most of the trouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One class of a Pareto chart.

    Args:
        name: the class.
        count: how often it occurred.
        cost: count times what one costs.
        share: of all cost.
        cumulative: share of this class and all above it.
    """

    name: str
    count: int
    cost: float
    share: float
    cumulative: float


def pareto(counts: Mapping[str, int], weights: Mapping[str, float] | None = None) -> list[Bar]:
    """Classes by cost, the dearest first; of equal ones the more frequent, then by name.

    Args:
        counts: class -> how often; those that never occurred are left out.
        weights: class -> what one costs, 0 or above; 1 where not given.

    Example:
        >>> [(bar.name, bar.cumulative) for bar in pareto({"a": 6, "b": 2}, {"b": 9.0})]
        [('b', 0.75), ('a', 1.0)]
    """
    given = weights or {}
    cost = {name: n * given.get(name, 1.0) for name, n in counts.items() if n}
    total, running, bars = sum(cost.values()), 0.0, []
    for name in sorted(cost, key=lambda one: (-cost[one], -counts[one], one)):
        running += cost[name]
        share, cumulative = (cost[name] / total, running / total) if total else (0.0, 0.0)
        bars.append(Bar(name, counts[name], cost[name], share, cumulative))
    return bars


def class_counts(labels: Iterable[str | None], good: Iterable[str]) -> dict[str, int]:
    """How often each class of defect occurs among labels; good ones and gaps are left out."""
    fine = {name.lower() for name in good}
    found = Counter(label for label in labels if label and label.strip().lower() not in fine)
    return dict(found)


def vital_few(bars: list[Bar], share: float = 0.8) -> list[Bar]:
    """The classes, from the top, that together make up ``share`` of the cost."""
    few: list[Bar] = []
    for bar in bars:
        if few and few[-1].cumulative >= share:
            break
        few.append(bar)
    return few
