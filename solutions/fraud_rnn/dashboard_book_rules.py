"""The numbers of rules in shadow: what they read of scored transactions, and what they add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from lepton_core.decision import Classify
from lepton_core.expressions import Condition
from lepton_core.preprocessing import Preprocessor
from lepton_core.rules import Rule, RuleSet

from .dashboard_book import Book

SHIPPED = Path(__file__).with_name("rules.yaml")
_BATCH_ROWS = 8192


def facts_of(preprocessor: Preprocessor, book: Book) -> dict[str, pa.Array]:
    """What the preprocessor tells of each transaction for rules, in the book's order.

    Args:
        preprocessor: of the bundle.
        book: in order of time.

    Returns:
        name -> array [n]; null where a transaction is refused.
    """
    kinds = preprocessor.fact_types()
    if not kinds:
        return {}
    found = {name: np.full(len(book), np.nan) for name in kinds}
    history = preprocessor.new_history()
    for start in range(0, len(book), _BATCH_ROWS):
        prepared = preprocessor.transform(book.records.slice(start, _BATCH_ROWS), history)
        for name, values in preprocessor.facts(prepared.arrays).items():
            found[name][start + prepared.kept] = values
    return {
        name: pa.array(values, pa.float64(), from_pandas=True).cast(kinds[name], safe=False)
        for name, values in found.items()
    }


def readable(
    book: Book, decision: Classify, facts: Mapping[str, pa.Array], names: frozenset[str]
) -> pa.Table:
    """What conditions read of the transactions [n].

    Args:
        book: in order of time.
        decision: at the chosen threshold; ``label`` and ``review`` are what it says.
        facts: from :func:`facts_of`.
        names: what is read; a table of these and the id, which is always there.
    """
    decided = decision.apply({"score": book.score}) if names & {*_DECIDED} else {}
    columns = {}
    for name in sorted({*names, "record_id"}):
        if name in decided:
            columns[name] = decided[name]
        elif name in facts:
            columns[name] = facts[name]
        else:
            columns[name] = book.records.column(name)
    return pa.table(columns)


_DECIDED = ("score", "probability", "label", "review")


@dataclass(frozen=True)
class Added:
    """What a rule finds, told apart by what the model finds.

    Args:
        both: hits that the model alerts too.
        frauds: other hits that are known to be fraud.
        others: other hits.
    """

    both: int
    frauds: int
    others: int

    @classmethod
    def of(cls, hit: np.ndarray, alert: np.ndarray, known: np.ndarray) -> Added:
        """Of a rule's hits, the model's alerts and what is known, [n] each."""
        alone = hit & ~alert
        frauds = int((alone & (known == 1)).sum())
        return cls(int((hit & alert).sum()), frauds, int(alone.sum()) - frauds)


def with_condition(rules: RuleSet, name: str, when: Condition) -> RuleSet:
    """The rules with another condition of one of them, or with a further rule of that name."""
    if any(rule.name == name for rule in rules.rules):
        changed = tuple(replace(r, when=when) if r.name == name else r for r in rules.rules)
    else:
        changed = (*rules.rules, Rule(name, when))
    return RuleSet(changed, as_yaml(changed, rules.lists), rules.lists)


def as_yaml(rules: Sequence[Rule], lists: Mapping[str, pa.Array] | None = None) -> str:
    """The text of a rules file, readable by :meth:`RuleSet.load`; lists are written out."""
    entries = []
    for rule in rules:
        entry = {"name": rule.name, "when": rule.when.text, "mode": rule.mode}
        entry |= {"action": rule.action, **({"note": rule.note} if rule.note else {})}
        entries.append(entry)
    file: dict[str, Any] = {"rules": entries}
    if lists:
        file["lists"] = {name: values.to_pylist() for name, values in lists.items()}
    return str(yaml.safe_dump(file, sort_keys=False, allow_unicode=True, width=100))
