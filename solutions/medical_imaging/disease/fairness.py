"""How decisions fall on groups of patients: by sex and age group."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.evaluation.fairness import by_group
from lepton_core.predictions import Predictions
from lepton_core.tabular import labels_of

from .patients import Patients
from .task import CLASSES

# Lower ends in years of all bands but the first, and the names of all.
AGE_ENDS = (40.0, 50.0, 60.0)
AGE_BANDS = ("under_40", "40_49", "50_59", "60_and_over")
UNKNOWN = "unknown"


def groups(records: pa.Table) -> dict[str, np.ndarray]:
    """Attribute -> the group [n] of each patient.

    Args:
        records: checked records [n].
    """
    patients = Patients.of(records)
    man = np.select([patients["male"] == 1, patients["male"] == 0], ["male", "female"], UNKNOWN)
    years = patients["age"]
    band = np.array(AGE_BANDS)[np.searchsorted(AGE_ENDS, years, side="right")]
    return {"sex": man, "age": np.where(np.isnan(years), UNKNOWN, band)}


def report(records: pa.Table, predictions: Predictions) -> pa.Table:
    """Whose risk is called raised, rightly and wrongly, by group, at the predictions' threshold.

    Args:
        records: the scored records [n], row for row, with labels where they are known.
        predictions: their predictions [n].

    Returns:
        one row a group, as :func:`lepton_core.evaluation.fairness.by_group` gives them.

    Raises:
        MissingDependency: fairlearn is not installed.
    """
    called = np.asarray(predictions["label"]) == CLASSES[1]
    return by_group(groups(records), labels_of(records, "disease"), called)
