"""A bundle's card as a page that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lepton_core.messages import t

_MOST_NUMBERS = 20


def to_markdown(card: Mapping[str, Any]) -> str:
    """``CARD.md`` from the contents of ``card.json``.

    Args:
        card: keys ``task bundle created intended_use not_for limits data protocol metrics
            baselines champion groups decision training command``; absent ones are left out.
    """
    lines = [f"# {card['task']}@{card['bundle']}", ""]
    for key, heading in (
        ("intended_use", "Intended use"),
        ("not_for", "Not for"),
        ("limits", "Limits"),
    ):
        if card.get(key):
            lines += [f"## {heading}", "", str(card[key]).strip(), ""]
    if card.get("data"):
        lines += ["## Data", "", *_facts(card["data"]), ""]
    if card.get("protocol"):
        lines += ["## Protocol", "", *_facts(card["protocol"]), ""]
    if card.get("metrics"):
        lines += ["## Figures on the test part", "", *_figures(card), ""]
    if card.get("champion"):
        lines += ["## Against the champion", "", *_contest(card["champion"]), ""]
    if card.get("groups"):
        lines += ["## By group of people, at this threshold", "", *_groups(card["groups"]), ""]
    if card.get("decision"):
        lines += ["## Decision", "", *_facts(card["decision"]), ""]
    if card.get("training"):
        lines += ["## Training", "", *_facts(card["training"]), ""]
    if card.get("command"):
        lines += ["Made by:", "", "```", str(card["command"]), "```", ""]
    return "\n".join(lines)


def _facts(values: Mapping[str, Any]) -> list[str]:
    return [f"- {name.replace('_', ' ')}: {_short(value)}" for name, value in values.items()]


def _short(value: Any) -> Any:
    """The value, with how many there are in place of a long row of numbers."""
    if isinstance(value, Mapping):
        return {name: _short(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        numbers = all(isinstance(one, (int, float)) for one in value)
        return f"{len(value)} numbers" if numbers and len(value) > _MOST_NUMBERS else value
    return value


def _figures(card: Mapping[str, Any]) -> list[str]:
    metrics: Mapping[str, Mapping[str, Any]] = card["metrics"]
    baselines: Mapping[str, Mapping[str, Mapping[str, Any]]] = card.get("baselines", {})
    head = "| metric | this bundle | 95% interval |" + "".join(f" {n} |" for n in baselines)
    rows = [head, "|" + "---|" * (3 + len(baselines))]
    for key, figure in metrics.items():
        cells = [key, _number(figure["value"])]
        cells.append(f"{_number(figure.get('low'))} to {_number(figure.get('high'))}")
        cells += [_number(values.get(key, {}).get("value")) for values in baselines.values()]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def _contest(told: Mapping[str, Any]) -> list[str]:
    """Champion and challenger on the same records, as ``training/champion.py`` compares them."""
    metric, margin = told["metric"], told["margin"]
    low = told["figures"][metric]["low"]
    key = "champion.promoted" if told["promoted"] else "champion.kept"
    rows = ["| metric | champion | this bundle | gain | 95% interval |", "|" + "---|" * 5]
    for name, figures in told["figures"].items():
        cells = [_number(figures[part]) for part in ("champion", "challenger", "gain")]
        cells.append(f"{_number(figures['low'])} to {_number(figures['high'])}")
        rows.append("| " + " | ".join([name, *cells]) + " |")
    about = (
        f"Compared with {told['bundle']} on {told['records']:,} records that neither learned "
        f"from, in {len(told['windows'])} windows of time."
    )
    changed = [
        "- " + t(f"champion.changed.{kind}", language="en", **counts)
        for kind, counts in told.get("changed", {}).items()
    ]
    rows += ["", *changed] if changed else []
    return [about, "", *rows, "", t(key, language="en", metric=metric, low=low, margin=margin)]


def _groups(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rates by group, as :func:`lepton_core.evaluation.fairness.by_group` gives them."""
    rates = ("selection_rate", "true_positive_rate", "false_positive_rate")
    names = ["attribute", "group", "n", "positives", *(rate.replace("_", " ") for rate in rates)]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for row in rows:
        cells = [str(row[name]) for name in names[:4]]
        for rate in rates:
            low, high = (_number(row[f"{rate}{end}"]) for end in ("_low", "_high"))
            cells.append(f"{_number(row[rate])} ({low} to {high})" if low != "-" else "-")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _number(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, (int, float)) else "-"
