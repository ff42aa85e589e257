"""How decisions fall on groups of people: who is selected, who rightly, who wrongly.

Rates are fairlearn's; the interval around each is Wilson's, since groups are often small.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from lepton_core.errors import DataError, MissingDependency
from lepton_core.messages import t

ALL = "all"
# Groups below this size say little about a gap; their own rates are shown all the same.
LEAST_FOR_GAP = 100
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")
SCHEMA = pa.schema(
    [
        ("attribute", pa.string()),
        ("group", pa.string()),
        ("n", pa.int64()),
        ("positives", pa.int64()),
        *((f"{rate}{end}", pa.float64()) for rate in RATES for end in ("", "_low", "_high")),
    ]
)


def by_group(groups: Mapping[str, ArrayLike], truth: ArrayLike, called: ArrayLike) -> pa.Table:
    """Selection rate, true and false positive rate of each group, with 95% intervals.

    Args:
        groups: attribute -> the group of each record, [n] of text.
        truth: 1 positive, 0 negative, -1 not known, [n].
        called: whether each record was called positive, bool [n].

    Returns:
        one row a group and one, ``all``, for everybody, in the columns of ``SCHEMA``: attribute,
        group, n, positives (of those known), and for each of ``RATES`` its value and the ends of
        its interval, 0 to 1. A rate without records (nobody of the group is known to be positive)
        is empty, not 0.

    Raises:
        DataError: ``evaluate.empty`` without a record.
        MissingDependency: fairlearn is not installed.

    Source:
        Weerts et al., Fairlearn, JMLR 24, 2023; Wilson, Journal of the American Statistical
        Association 22, 1927.

    Example:
        >>> table = by_group({"sex": ["f", "f", "m", "m"]}, [1, 0, 1, 0], [True, False, True, True])
        >>> table.select(["group", "n", "selection_rate", "false_positive_rate"]).to_pylist()[1]
        {'group': 'f', 'n': 2, 'selection_rate': 0.5, 'false_positive_rate': 0.0}
    """
    true, chosen = np.asarray(truth), np.asarray(called, bool)
    if not len(true):
        raise DataError("evaluate.empty", metric="fairness")
    rows: list[dict[str, Any]] = []
    for attribute, given in groups.items():
        group = np.asarray(given).astype(str)
        rates = _rates(true, chosen, group)
        rows += [_row(attribute, ALL, np.ones(len(true), bool), true, chosen, rates[None])]
        rows += [
            _row(attribute, name, group == name, true, chosen, rates[name])
            for name in np.unique(group).tolist()
        ]
    return pa.Table.from_pylist(rows, SCHEMA)


def gaps(report: pa.Table, least: int = LEAST_FOR_GAP) -> dict[str, dict[str, float]]:
    """Largest difference of each rate between two groups of an attribute.

    Args:
        report: from :func:`by_group`.
        least: records that a group needs to count, for its rates are chance otherwise.

    Returns:
        attribute -> rate -> difference, 0 to 1; a rate that fewer than two groups have is left out.

    Example:
        >>> many = {"sex": ["f"] * 200 + ["m"] * 200}
        >>> table = by_group(many, [0, 1] * 200, [True] * 200 + [False, True] * 100)
        >>> gaps(table)["sex"]["false_positive_rate"]
        1.0
    """
    found: dict[str, dict[str, float]] = {}
    for row in report.to_pylist():
        found.setdefault(row["attribute"], {})
    for attribute, differences in found.items():
        counted = [
            row
            for row in report.to_pylist()
            if row["attribute"] == attribute and row["group"] != ALL and row["n"] >= least
        ]
        for rate in RATES:
            values = [row[rate] for row in counted if row[rate] is not None]
            if len(values) > 1:
                differences[rate] = max(values) - min(values)
    return found


def to_rows(report: pa.Table) -> list[list[str]]:
    """The report as text, its head first, in the current language: rates in per cent.

    Args:
        report: from :func:`by_group`.
    """
    head = ["attribute", "group", "n", "positives", *RATES]
    rows = [[t(f"evaluate.groups.{name}") for name in head]]
    for one in report.to_pylist():
        rates = []
        for rate in RATES:
            ends = one[rate], one[f"{rate}_low"], one[f"{rate}_high"]
            known = one[rate] is not None
            rates.append("{:.1%} [{:.1%}, {:.1%}]".format(*ends) if known else "-")
        rows.append([one["attribute"], one["group"], f"{one['n']:,}", f"{one['positives']:,}"])
        rows[-1] += rates
    return rows


def gap_lines(report: pa.Table, least: int = LEAST_FOR_GAP) -> list[str]:
    """A sentence an attribute on its largest differences, in the current language."""
    lines = []
    for attribute, found in gaps(report, least).items():
        if found:
            told = ", ".join(
                f"{t(f'evaluate.groups.{r}')} {100 * gap:.1f}" for r, gap in found.items()
            )
            lines.append(t("evaluate.groups.gap", attribute=attribute, gaps=told, least=least))
    return lines


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95% interval of a share of ``hits`` in ``n``.

    Example:
        >>> [round(end, 3) for end in wilson(0, 10)]
        [0.0, 0.278]
    """
    share, spread = hits / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(float(centre - half), 0.0), min(float(centre + half), 1.0)


def _rates(true: np.ndarray, chosen: np.ndarray, group: np.ndarray) -> dict[str | None, Any]:
    """Group (None for all) -> rate -> value, by fairlearn."""
    try:
        from fairlearn import metrics
    except ImportError as error:
        raise MissingDependency("fairlearn", extra="train") from error

    known = true >= 0
    found: dict[str | None, dict[str, float]] = {
        name: {} for name in (None, *np.unique(group).tolist())
    }
    # Selection needs no truth; the other two are of those whose truth is known.
    parts: Sequence[tuple[np.ndarray, dict[str, Any]]] = (
        (np.ones(len(true), bool), {"selection_rate": metrics.selection_rate}),
        (
            known,
            {
                "true_positive_rate": metrics.true_positive_rate,
                "false_positive_rate": metrics.false_positive_rate,
            },
        ),
    )
    for there, wanted in parts:
        if not there.any():
            continue
        with warnings.catch_warnings():
            # A group without positives has no rate, which the caller finds out by counting.
            warnings.simplefilter("ignore")
            frame = metrics.MetricFrame(
                metrics=wanted,
                y_true=np.where(known, true, 0)[there],
                y_pred=chosen[there].astype(int),
                sensitive_features=group[there],
            )
        found[None] |= frame.overall.to_dict()
        for name, values in frame.by_group.iterrows():
            found[str(name)] |= values.to_dict()
    return found


def _row(
    attribute: str,
    name: str,
    rows: np.ndarray,
    true: np.ndarray,
    chosen: np.ndarray,
    rates: Mapping[str, float],
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "attribute": attribute,
        "group": name,
        "n": int(rows.sum()),
        "positives": int((true[rows] == 1).sum()),
    }
    asked = {
        "selection_rate": rows,
        "true_positive_rate": rows & (true == 1),
        "false_positive_rate": rows & (true == 0),
    }
    for rate, some in asked.items():
        n, hits = int(some.sum()), int((some & chosen).sum())
        if n:
            low, high = wilson(hits, n)
            made |= {rate: float(rates[rate]), f"{rate}_low": low, f"{rate}_high": high}
    return made
