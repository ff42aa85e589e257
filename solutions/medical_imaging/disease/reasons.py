"""Why a patient's estimated risk is high: each fact in turn taken to its reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.checking import check
from lepton_core.explain.base import Explainer, Explanation, Reason
from lepton_core.pipeline import Pipeline

from .factors import BY_NAME
from .patients import Patients, bmi
from .preprocessing import PatientPreprocessor
from .task import CLASSES

_MOST = 4
# Below this fall of the logit (a tenth of the odds) a fact is not worth a sentence.
_LEAST = 0.1
_RECORDS_A_CALL = 1024
_KEYS = "medical_imaging.disease.reason"
PRESSURE = "pressure"


def causes(preprocessor: PatientPreprocessor) -> dict[str, tuple[str, ...]]:
    """Cause -> the factors that are taken to their reference together: both pressures are one."""
    pair = ("ap_hi", "ap_lo")
    both = all(name in preprocessor.factors for name in pair)
    found: dict[str, tuple[str, ...]] = {PRESSURE: pair} if both else {}
    for name in preprocessor.factors:
        # A height alone means nothing: it goes into the body mass index.
        if not (both and name in pair) and name != "height":
            found[name] = (name,)
    return found


def without(patients: Patients, cause: tuple[str, ...], usual: dict[str, float]) -> Patients:
    """The patients with some factors at their reference: usual among those trained on.

    A weight goes to what gives the reference's body mass index at the patient's own height. What is
    not known stays so.
    """
    changed = {}
    for name in cause:
        reference = np.full(len(patients), usual[name])
        if name == "weight" and "height" in usual:
            height = np.where(np.isnan(patients["height"]), usual["height"], patients["height"])
            reference = usual[name] * (height / usual["height"]) ** 2
        changed[name] = np.where(np.isnan(patients[name]), np.nan, reference)
    return patients.changed(**changed)


def contributions(pipeline: Pipeline, patients: Patients) -> dict[str, np.ndarray]:
    """Cause -> by how much the logit falls when it alone is taken to its reference, float64 [n].

    Negative where the fact lowers the risk.

    Args:
        pipeline: of this task.
        patients: n that pass its preprocessor.
    """
    preprocessor = pipeline.preprocessor
    assert isinstance(preprocessor, PatientPreprocessor)

    def score(some: Patients) -> np.ndarray:
        return pipeline.runtime.run("main", preprocessor.arrays(some))["score"].astype(np.float64)

    own = score(patients)
    return {
        name: own - score(without(patients, factors, preprocessor.usual))
        for name, factors in causes(preprocessor).items()
    }


class PatientExplainer(Explainer):
    """Up to four facts that raise a patient's estimated risk, the strongest first.

    A fact's contribution is the fall of the raw score when it alone takes the value that is usual
    among the patients trained on. Facts that go together share what they have in common. It says
    what the model goes by, not what causes a disease.
    """

    def explain(
        self, pipeline: Pipeline, records: pa.Table, record_ids: list[str] | None = None
    ) -> list[Explanation]:
        scored = pipeline.score(records)
        ids, labels = scored["record_id"], scored["label"]
        wanted = labels == CLASSES[1] if record_ids is None else np.isin(ids, record_ids)
        some = records.take(pa.array(scored.rows[np.flatnonzero(wanted)]))
        explained: list[Explanation] = []
        for start in range(0, some.num_rows, _RECORDS_A_CALL):
            explained += _explain(pipeline, some.slice(start, _RECORDS_A_CALL))
        return explained


def _explain(pipeline: Pipeline, records: pa.Table) -> list[Explanation]:
    """Explanations of records [n] that are known to pass."""
    table = check(records, pipeline.task.inputs, whole=False).table
    patients = Patients.of(table)
    scores = pipeline.score(records)["score"]
    falls = contributions(pipeline, patients)
    found = []
    for row, record_id in enumerate(table["record_id"].to_pylist()):
        ranked = sorted(falls, key=lambda name: -falls[name][row])
        reasons = tuple(
            reason_of(pipeline, patients, name, row, float(falls[name][row]))
            for name in ranked[:_MOST]
            if falls[name][row] >= _LEAST
        )
        found.append(Explanation(record_id, float(scores[row]), reasons))
    return found


def reason_of(
    pipeline: Pipeline, patients: Patients, cause: str, row: int, contribution: float
) -> Reason:
    """One patient's fact as a sentence.

    Args:
        pipeline: of this task.
        patients: the facts.
        cause: of :func:`causes`.
        row: which patient.
        contribution: from :func:`contributions`.
    """
    preprocessor = pipeline.preprocessor
    assert isinstance(preprocessor, PatientPreprocessor)
    usual = preprocessor.usual
    told: dict[str, Any]
    if cause == PRESSURE:
        told = {"high": float(patients["ap_hi"][row]), "low": float(patients["ap_lo"][row])}
        told |= {"usual_high": usual["ap_hi"], "usual_low": usual["ap_lo"]}
        return Reason(f"{_KEYS}.{PRESSURE}", told, contribution)
    value = float(patients[cause][row])
    if np.isnan(value):
        return Reason(f"{_KEYS}.{cause}_unknown", {}, contribution)
    if cause == "weight" and "height" in usual and not np.isnan(patients["height"][row]):
        told = {"value": float(bmi(patients)[row])}
        told["usual"] = usual["weight"] / (usual["height"] / 100.0) ** 2
        return Reason(f"{_KEYS}.bmi", told, contribution)
    if BY_NAME[cause].kind == "number":
        return Reason(f"{_KEYS}.{cause}", {"value": value, "usual": usual[cause]}, contribution)
    return Reason(f"{_KEYS}.{cause}_{value:.0f}", {}, contribution)
