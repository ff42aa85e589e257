"""Classes that the data names: their list, and each record's number among them.

Where a task's classes are not fixed by its Spec (pictures in class folders), they are all the names
that a data set's label column holds. Trainer, measures and baselines must agree on their order,
also on records of which no class is missing by chance; so a protocol's ``with_truth`` adds them
once, by :func:`with_classes`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import DataError


def with_classes(records: pa.Table, label: str) -> pa.Table:
    """Records with a column ``<label>_class``, the label with the list of all classes.

    Args:
        records: all records of a data set [n]; a label may be empty.
        label: its label column, strings.

    Returns:
        the same rows; the new column is a dictionary array whose dictionary, sorted by name, holds
        every class. Rows taken from the table keep it.

    Raises:
        DataError: ``evaluate.few_classes`` for fewer than two classes.

    Example:
        >>> rows = with_classes(pa.table({"label": ["spot", None, "good"]}), "label")
        >>> class_names(rows, "label"), class_codes(rows.slice(0, 1), "label").tolist()
        (('good', 'spot'), [1])
    """
    labels = records.column(label).combine_chunks()
    labels = labels.combine_chunks() if isinstance(labels, pa.ChunkedArray) else labels
    names = pa.array(sorted(set(labels.drop_null().to_pylist())), pa.string())
    if len(names) < 2:
        known = ", ".join(names.to_pylist()) or "-"
        raise DataError("evaluate.few_classes", column=label, received=known, n=len(labels))
    codes = pc.index_in(labels, names, skip_nulls=True)
    column = pa.DictionaryArray.from_arrays(codes, names)
    return without_classes(records, label).append_column(_column(label), column)


def without_classes(records: pa.Table, label: str) -> pa.Table:
    """The records as they were before :func:`with_classes`; others stay as they are."""
    there = _column(label) in records.column_names
    return records.drop_columns([_column(label)]) if there else records


def class_names(records: pa.Table, label: str) -> tuple[str, ...]:
    """All classes of the data set that the records are from, sorted by name.

    Args:
        records: one row or more from :func:`with_classes`.
        label: the label column.
    """
    return tuple(records.column(_column(label)).chunk(0).dictionary.to_pylist())


def class_codes(records: pa.Table, label: str, classes: Sequence[str] | None = None) -> np.ndarray:
    """The number of each record's class, int64 [n].

    Args:
        records: labelled records [n], from :func:`with_classes` where ``classes`` is None.
        label: the label column.
        classes: names in the order of a bundle's outputs; None for those of the data set.

    Raises:
        DataError: ``evaluate.unknown_class`` for a label that the classes do not have, or an empty
            one.

    Example:
        >>> class_codes(pa.table({"label": ["b", "a", "b"]}), "label", ("a", "b")).tolist()
        [1, 0, 1]
    """
    known = tuple(classes) if classes is not None else class_names(records, label)
    labels = records.column(label)
    codes = pc.index_in(labels, pa.array(known, pa.string()), skip_nulls=True)
    strange = codes.is_null()
    if codes.null_count:
        others = labels.filter(strange).unique().to_pylist()
        raise DataError(
            "evaluate.unknown_class",
            column=label,
            n=codes.null_count,
            received=", ".join(sorted(str(name) for name in others)[:5]),
            expected=", ".join(known),
        )
    return codes.to_numpy().astype(np.int64)


def _column(label: str) -> str:
    return f"{label}_class"
