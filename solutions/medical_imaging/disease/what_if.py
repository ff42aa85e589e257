"""What the model would say of a patient with other values of what a person can change.

It is the model's association: how patients with such values differed in the data. It is no effect
of a treatment, and :func:`what_if` must never be shown without saying so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_core.checking import check
from lepton_core.errors import UsageError
from lepton_core.messages import t
from lepton_core.pipeline import Pipeline

from .factors import CHANGING
from .patients import Patients
from .preprocessing import PatientPreprocessor

MEANING = "medical_imaging.disease.what_if.meaning"


@dataclass(frozen=True)
class WhatIf:
    """A patient's estimated risk as it is, and with other values.

    Args:
        record_id: the patient's record.
        changes: factor -> the value before (None where it was not known) and after.
        risk_before: calibrated probability, 0 to 1.
        risk_after: the same with the changes.
        meaning: the sentence that must stand beside it, in the current language.
    """

    record_id: str
    changes: Mapping[str, tuple[float | None, float]]
    risk_before: float
    risk_after: float
    meaning: str

    @property
    def change(self) -> float:
        """By how much the estimated risk differs, -1 to 1."""
        return self.risk_after - self.risk_before


def changeable(pipeline: Pipeline) -> tuple[str, ...]:
    """The factors of a bundle that a person can change, in the table's order."""
    preprocessor = pipeline.preprocessor
    assert isinstance(preprocessor, PatientPreprocessor)
    return tuple(name for name in CHANGING if name in preprocessor.factors)


def what_if(pipeline: Pipeline, record: pa.Table, changes: Mapping[str, float]) -> WhatIf:
    """The estimated risk of one patient with other values, through the same pipeline.

    Args:
        pipeline: of this task.
        record: one raw or checked record.
        changes: factor -> value, in the factor's unit.

    Raises:
        UsageError: a factor that cannot be changed or is not read, a record that is refused, or a
            value that no person has.
    """
    known = changeable(pipeline)
    strange = [name for name in changes if name not in known]
    if strange:
        raise UsageError(
            "medical_imaging.disease.error.not_changeable",
            received=", ".join(strange),
            known=", ".join(known),
        )
    table = check(record, pipeline.task.inputs, whole=False).table
    if record.num_rows != 1 or table.num_rows != 1:
        raise UsageError("medical_imaging.disease.error.one_record", n=table.num_rows)
    patients = Patients.of(table)
    risks = [_risk(pipeline, table), _risk(pipeline, with_values(table, changes))]
    before = {name: float(patients[name][0]) for name in changes}
    told = {
        name: (None if np.isnan(before[name]) else before[name], float(value))
        for name, value in changes.items()
    }
    return WhatIf(table["record_id"][0].as_py(), told, risks[0], risks[1], t(MEANING))


def with_values(table: pa.Table, changes: Mapping[str, float]) -> pa.Table:
    """Checked records with other values of some factors, the same for all."""
    for name, value in changes.items():
        column = pa.array(np.full(table.num_rows, float(value)))
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def read_changes(pairs: list[str]) -> dict[str, float]:
    """``["ap_hi=120"]`` as a dictionary.

    Raises:
        UsageError: an entry that is not ``factor=number``.

    Example:
        >>> read_changes(["ap_hi=120", "smoke=0"])
        {'ap_hi': 120.0, 'smoke': 0.0}
    """
    changes = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            changes[name.strip()] = float(value)
        except ValueError:
            raise UsageError("medical_imaging.disease.error.bad_change", received=pair) from None
    return changes


def _risk(pipeline: Pipeline, table: pa.Table) -> float:
    scored = pipeline.score(table)
    for reject in scored.rejects:
        reasons = "; ".join(t(f"reject.{key}", **values) for key, values in reject.reasons)
        raise UsageError("medical_imaging.disease.error.refused", reasons=reasons)
    return float(scored["probability"][0])
