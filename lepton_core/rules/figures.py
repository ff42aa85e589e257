"""What each rule is worth beside the model: hits, overlap and, where labels are known, truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from lepton_core.rules.ruleset import RuleSet

SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("mode", pa.string()),
        ("action", pa.string()),
        ("hits", pa.int64()),
        ("rate", pa.float64()),
        ("with_model", pa.int64()),
        ("alerts_of_hits", pa.float64()),
        ("hits_of_alerts", pa.float64()),
        ("known", pa.int64()),
        ("positives", pa.int64()),
        ("precision", pa.float64()),
        ("recall", pa.float64()),
    ]
)


def rule_figures(
    rules: RuleSet,
    hits: Mapping[str, np.ndarray],
    alerts: np.ndarray,
    labels: np.ndarray | None = None,
) -> pa.Table:
    """One row a rule, in the file's order.

    Args:
        rules: live and shadow.
        hits: name -> bool [n], from :meth:`RuleSet.hits` or :meth:`RuleSet.hits_of`.
        alerts: bool [n], what the model alone calls positive.
        labels: 1, 0 or -1 for not known, [n]; None where none is.

    Returns:
        ``rule mode action``; ``hits`` and their ``rate`` of the records; ``with_model``, hits that
        the model alerts too, as the share ``alerts_of_hits`` of the hits and ``hits_of_alerts`` of
        the model's alerts; ``known`` hits with a label, ``positives`` among them, ``precision`` of
        the known hits and ``recall`` of all known positives. A share of nothing is null.

    Example:
        >>> text = "rules: [{name: large, when: amount > 500}]"
        >>> rules = RuleSet.load(text, {"amount": pa.float64()})
        >>> hits = rules.hits(pa.table({"amount": [600.0, 5.0, 700.0, 8.0]}))
        >>> alerts, labels = np.array([True, True, False, False]), np.array([1, 1, 0, -1])
        >>> found = rule_figures(rules, hits, alerts, labels).to_pylist()[0]
        >>> found["hits"], found["alerts_of_hits"], found["precision"], found["recall"]
        (2, 0.5, 0.5, 0.5)
    """
    truth = np.full(len(alerts), -1) if labels is None else np.asarray(labels)
    rows = []
    for rule in rules.rules:
        hit = hits[rule.name]
        both, known = int((hit & alerts).sum()), int((hit & (truth >= 0)).sum())
        found = int((hit & (truth == 1)).sum())
        rows.append(
            {
                "rule": rule.name,
                "mode": rule.mode,
                "action": rule.action,
                "hits": int(hit.sum()),
                "rate": share(hit.sum(), len(hit)),
                "with_model": both,
                "alerts_of_hits": share(both, hit.sum()),
                "hits_of_alerts": share(both, alerts.sum()),
                "known": known,
                "positives": found,
                "precision": share(found, known),
                "recall": share(found, (truth == 1).sum()),
            }
        )
    return pa.Table.from_pylist(rows, SCHEMA)


def share(part: int | np.integer, whole: int | np.integer) -> float | None:
    """A part of a whole; None of nothing.

    Example:
        >>> share(1, 4), share(0, 0)
        (0.25, None)
    """
    return float(part) / float(whole) if whole else None
