"""Faults of what shall be learned: classes that are missing, rare, or given away by a feature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.data.grouping import codes
from lepton_core.data.leakage import find_leaks
from lepton_core.data.mapping import ColumnMatch, spelled
from lepton_core.data.report import Finding
from lepton_core.solution import Task
from lepton_core.spec import Column

# Fewer records of a class than TOO_FEW teach nothing; fewer than FEW leave wide intervals.
TOO_FEW = 10
FEW = 100
# The rarest class is less than this part of the most frequent one.
IMBALANCE = 0.005
MOST_CLASSES = 100
SAMPLE = 100_000


@dataclass(frozen=True)
class Labels:
    """What is known of one label column.

    Args:
        rows: int64 [m], the records whose label is known.
        of: int64 [m], each one's class; None where the label is a number or free text.
        names: the classes, as they stand in the file.
    """

    rows: np.ndarray
    of: np.ndarray | None
    names: tuple[str, ...] = ()


def find_label_faults(table: pa.Table, task: Task, match: ColumnMatch) -> tuple[list[Finding], int]:
    """What is wrong with the labels, and which features give them away.

    Args:
        table: checked records.
        task: what they are for.
        match: how its columns were found, for names as they stand in the file.

    Returns:
        findings, and the number of records that the search for leaks looked at.
    """
    of_role = [c for c in task.inputs.of_role("label") if c.name in table.column_names]
    # Nested ones mark places in a picture: their classes are not the records'.
    labels = [column for column in of_role if not column.is_nested]
    if not labels:
        return ([] if task.inputs.of_role("label") else _few(table.num_rows, "")), 0
    findings, sampled = [], 0
    for column in labels:
        known = read_labels(table, column)
        found = _counted(known, column.name)
        findings += found
        features = [c for c in task.inputs.of_role("feature") if c.name in table.column_names]
        findings += _alike_names(features, column, match)
        if not any(finding.severity == "error" for finding in found):
            rows, of = _sample(known)
            sampled = max(sampled, len(rows))
            findings += find_leaks(table.take(pa.array(rows)), column.name, of, features)
    return findings, sampled


def read_labels(table: pa.Table, column: Column) -> Labels:
    """The labels of ``table`` as classes, where they are classes.

    Text is taken as classes unless nearly every value differs (then it is a text or an annotation),
    whole numbers where the Spec bounds them or only 0 and 1 occur.
    """
    values = table.column(column.name)
    rows = np.flatnonzero(pc.is_valid(values).to_numpy())
    values = values.take(pa.array(rows))
    if not len(rows) or column.is_nested or column.dtype == "timestamp":
        return Labels(rows, None)
    names = pc.unique(values)
    if column.dtype == "string":
        few = len(names) <= MOST_CLASSES and (len(names) <= 5 or len(names) * 2 <= len(rows))
        classes = bool(column.choices) or few
    elif column.dtype == "bool":
        classes = True
    else:
        bounded = column.low is not None and column.high is not None
        whole = column.dtype == "int64" and bounded and column.high - column.low < MOST_CLASSES  # type: ignore[operator]
        classes = whole or set(names.to_pylist()) <= {0, 1}
    if not classes:
        return Labels(rows, None)
    return Labels(rows, codes(values), tuple(map(str, names.to_pylist())))


def _counted(labels: Labels, column: str) -> list[Finding]:
    n = len(labels.rows)
    if n == 0:
        return [Finding("error", "no_labels", {"column": column})]
    if labels.of is None:
        return _few(n, column)
    counts = np.bincount(labels.of)
    if len(counts) == 1:
        values = {"column": column, "value": labels.names[0], "n": n}
        return [Finding("error", "one_class", values)]
    rarest, most = int(counts.argmin()), int(counts.argmax())
    rare = int(counts[rarest])
    values = {"column": column, "value": labels.names[rarest], "n": rare}
    if rare < TOO_FEW:
        return [Finding("error", "too_few", {**values, "least": TOO_FEW})]
    found = [Finding("warning", "few", {**values, "least": FEW})] if rare < FEW else []
    if rare < IMBALANCE * counts[most]:
        against = {"most": labels.names[most], "of": n, "share": rare / n}
        found.append(Finding("warning", "imbalance", {**values, **against}))
    return found


def _few(n: int, column: str) -> list[Finding]:
    values = {"column": column or "-", "n": n}
    if n < TOO_FEW:
        return [Finding("error", "too_few_records", {**values, "least": TOO_FEW})]
    return [Finding("warning", "few_records", {**values, "least": FEW})] if n < FEW else []


def _alike_names(features: list[Column], label: Column, match: ColumnMatch) -> list[Finding]:
    """Features whose name holds the label's, ours or theirs: often known only with the label."""
    wanted = {spelled(name) for name in (label.name, match.theirs(label.name) or "")}
    found = []
    for column in features:
        theirs = match.theirs(column.name) or column.name
        names = {spelled(column.name), spelled(theirs)}
        if any(len(w) >= 4 and w in name for w in wanted for name in names):
            values = {"column": theirs, "label": match.theirs(label.name) or label.name}
            found.append(Finding("warning", "label_name", values))
    return found


def _sample(labels: Labels) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows to look for leaks in, at most ``SAMPLE`` of each class, so that rare ones stay whole."""
    draw = np.random.default_rng(0)
    if labels.of is None:
        n = len(labels.rows)
        chosen = np.arange(n) if n <= SAMPLE else np.sort(draw.choice(n, SAMPLE, replace=False))
        return labels.rows[chosen], None
    parts = []
    for kind in range(len(labels.names)):
        of_kind = np.flatnonzero(labels.of == kind)
        few = len(of_kind) <= SAMPLE
        parts.append(of_kind if few else draw.choice(of_kind, SAMPLE, replace=False))
    chosen = np.sort(np.concatenate(parts))
    return labels.rows[chosen], labels.of[chosen]
