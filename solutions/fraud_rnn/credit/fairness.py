"""How decisions fall on groups of people: by sex, age band and education."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.evaluation.fairness import by_group
from lepton_core.predictions import Predictions
from lepton_core.tabular import labels_of

from .attributes import age_band, education_of, sex_of
from .task import CLASSES


def groups(records: pa.Table) -> dict[str, np.ndarray]:
    """Attribute -> the group [n] of each client.

    Args:
        records: checked records [n].
    """
    return {
        "sex": sex_of(records["sex"]),
        "age": age_band(records["age"]),
        "education": education_of(records["education"]),
    }


def report(records: pa.Table, predictions: Predictions) -> pa.Table:
    """Who is called a default, rightly and wrongly, by group, at the predictions' own threshold.

    Args:
        records: the scored records [n], row for row, with labels where they are known.
        predictions: their predictions [n].

    Returns:
        one row a group, as :func:`lepton_core.evaluation.fairness.by_group` gives them.

    Raises:
        MissingDependency: fairlearn is not installed.
    """
    called = np.asarray(predictions["label"]) == CLASSES[1]
    return by_group(groups(records), labels_of(records, "default"), called)
