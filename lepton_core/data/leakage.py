"""Features that give the label away, each looked at alone.

A feature that alone tells the label was most often written after the outcome was known, and will
not be there when records are scored.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.data.grouping import codes
from lepton_core.data.report import Finding
from lepton_core.evaluation.metrics import auc
from lepton_core.spec import Column

# From here on a feature is suspicious, and from SURE on nearly nothing but the label.
LEAK = 0.99
SURE = 0.999
# With fewer records of a class, a feature can separate them by chance.
LEAST = 10
# Of several classes where one is this frequent, always saying it is right nearly as often.
MOST_ALIKE = 0.95
_NUMBERS = ("int64", "float32", "float64", "bool")


def find_leaks(
    table: pa.Table, label: str, of: np.ndarray | None, features: list[Column]
) -> list[Finding]:
    """Features that equal the label or alone separate its classes.

    Args:
        table: the records to look at, all with a label [n].
        label: its column.
        of: int64 [n], the class of each; None where the label is a number, for which only equality
            is looked at.
        features: the columns to look at; pictures are left out.
    """
    found = []
    for column in features:
        if column.is_nested:
            continue
        values = table.column(column.name)
        named = {"column": column.name, "label": label}
        if _equals(values, table.column(label)):
            found.append(Finding("error", "equals_label", named))
            continue
        if of is None or np.bincount(of).min() < LEAST:
            continue
        present = pc.is_valid(values).to_numpy().astype(np.int64)
        rate = _separates(values, column, of, present)
        key = "leakage"
        if rate < LEAK:
            rate, key = _told_by(present, of), "presence"
        if rate >= LEAK:
            severity = "error" if rate >= SURE else "warning"
            found.append(Finding(severity, key, {**named, "rate": round(rate, 4)}))
    return found


def _separates(
    values: pa.ChunkedArray, column: Column, of: np.ndarray, present: np.ndarray
) -> float:
    """How well the values alone tell the class, 0.5 for not at all to 1; 0 where too few are there.

    For two classes it is the AUC, whichever way round, for more the part of records told right.
    """
    here = np.flatnonzero(present)
    classes = of[here]
    counts = np.bincount(classes, minlength=int(of.max()) + 1)
    if counts.min() < LEAST or 2 * len(here) < len(of):
        return 0.0
    values = values.take(pa.array(here))
    if column.dtype not in _NUMBERS:
        return _told_by(codes(values), classes)
    numbers = values.cast(pa.float64()).to_numpy()
    if len(counts) == 2:
        area = auc(classes, numbers)
        return max(area, 1 - area)
    if counts.max() > MOST_ALIKE * len(classes):
        return 0.0
    # Told by the record that is next by value; among equal values chance decides which that is,
    # since a file may be sorted by class.
    chance = np.random.default_rng(0).permutation(len(classes))
    ordered = classes[np.lexsort((chance, numbers))]
    return float((ordered[1:] == ordered[:-1]).mean())


def _told_by(groups: np.ndarray, of: np.ndarray) -> float:
    """How well a class is told by what is usual in a record's group; the scale of _separates.

    What is usual is learned from one half of the records and asked of the other, so that a column
    of ids, where every group is a record of its own, tells nothing.

    Args:
        groups: int64 [n], at least -1.
        of: int64 [n], classes.
    """
    n_groups, n_classes = int(groups.max()) + 2, int(of.max()) + 1
    groups = groups + 1
    half = np.random.default_rng(0).permutation(len(of)) % 2 == 0
    base = np.bincount(of, minlength=n_classes) / len(of)
    if n_classes > 2 and base.max() > MOST_ALIKE:
        return 0.0
    told = np.empty((len(of), n_classes))
    for learn, ask in ((half, ~half), (~half, half)):
        # One made-up record of the usual mixture a group: a group not met knows no more.
        seen = np.bincount(groups[learn] * n_classes + of[learn], minlength=n_groups * n_classes)
        usual = seen.reshape(n_groups, n_classes) + base
        usual /= usual.sum(1, keepdims=True)
        told[ask] = usual[groups[ask]]
    if n_classes == 2:
        return auc(of, told[:, 1])
    return float((told.argmax(1) == of).mean())


def _equals(values: pa.ChunkedArray, label: pa.ChunkedArray) -> bool:
    """Whether a feature is the label over again, also where the label is not its usual value.

    A label that is mostly 0 is met by any column of zeros; hence the second half of the question.
    """
    kinds = codes(label)
    special = kinds != np.bincount(kinds).argmax()
    if special.sum() < LEAST:
        return False
    if _is_number(values.type) and _is_number(label.type):
        kind: pa.DataType = pa.float64()
    else:
        kind = pa.string()
    equal = pc.fill_null(pc.equal(values.cast(kind), label.cast(kind)), False).to_numpy()
    return bool(equal.mean() >= LEAK and equal[special].mean() >= LEAK)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
