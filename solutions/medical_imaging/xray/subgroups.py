"""How decisions fall on groups of pictures: by cause, device, site, whatever a data set names."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from lepton_core.evaluation.classes import with_classes
from lepton_core.evaluation.fairness import SCHEMA, by_group
from lepton_core.predictions import Predictions

from .classes import ordered_classes

# The files of `kermany_cxr` are called `person12_bacteria_34.jpeg`.
_CAUSE = re.compile(r"_(bacteria|virus)_")
_NONE = "-"


def subgroups(records: pa.Table) -> np.ndarray:
    """The group of each picture, strings [n]: its column `subgroup`, or the cause in its name.

    Example:
        >>> rows = pa.table({"record_id": ["a/person1_virus_6.jpeg", "a/IM-0001-0001.jpeg"]})
        >>> subgroups(rows).tolist()
        ['virus', '-']
    """
    names = records["record_id"].to_pylist()
    given = [None] * len(names)
    if "subgroup" in records.column_names:
        given = records["subgroup"].to_pylist()
    causes = [_CAUSE.search(name) for name in names]
    return np.array(
        [
            own if own is not None else (cause.group(1) if cause else _NONE)
            for own, cause in zip(given, causes, strict=True)
        ]
    )


def report(records: pa.Table, predictions: Predictions) -> pa.Table:
    """Who is called positive, rightly and wrongly, by group, at the predictions' own threshold.

    With more than two classes, called means: read rightly; then a group's true positive rate is
    its accuracy.

    Args:
        records: the scored records [n], row for row, with labels where they are known.
        predictions: their predictions [n].

    Returns:
        one row a group, as :func:`lepton_core.evaluation.fairness.by_group` gives them; none where
        all pictures are of one group.

    Raises:
        MissingDependency: fairlearn is not installed.
    """
    groups = subgroups(records)
    if len(set(groups.tolist())) == 1:
        return SCHEMA.empty_table()
    labels = np.array(records["label"].to_pylist(), object)
    told = np.asarray(predictions["label"])
    known = np.array([label is not None for label in labels])
    if np.ndim(predictions.raw["score"]) > 1:
        return by_group({"subgroup": groups}, np.where(known, 1, -1), told == labels)
    positive = _positive(records, told, predictions.raw["score"])
    truth = np.where(known, labels == positive, -1).astype(int)
    return by_group({"subgroup": groups}, truth, told == positive)


def _positive(records: pa.Table, told: np.ndarray, scores: np.ndarray) -> str:
    """The class that is looked for: the one that the highest score is called."""
    if len(set(told.tolist())) == 2:
        return str(told[scores.argmax()])
    classes = with_classes(records, "label")["label_class"].chunk(0).dictionary.to_pylist()
    return ordered_classes(classes)[-1]
