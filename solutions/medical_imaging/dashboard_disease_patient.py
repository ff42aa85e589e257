"""One patient: the estimated risk, how far it may vary, what it goes by, and a file of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from lepton_core.decision import Classify
from lepton_core.messages import t
from lepton_core.ui.columns import word
from lepton_core.ui.plain import plain

from .dashboard_disease_rules import rules
from .disease.followup import noise_of
from .disease.patients import Patients
from .disease.preprocessing import PatientPreprocessor
from .disease.reasons import contributions, reason_of

if TYPE_CHECKING:
    from lepton_core.explain.base import Reason

    from .dashboard_disease import Desk

_PAGE = "medical_imaging.disease_page.patient"
_TASK = "medical_imaging/disease"
# Facts below this change of the logit are not drawn.
_LEAST = 0.03
_MOST = 10


def show_patient(desk: Desk, row: int) -> None:
    """Draw the risk, the facts that raise and lower it as bars, and what is not known."""
    from lepton_core.ui.figures import CHART

    from .dashboard_disease_charts import facts_chart

    outcomes = desk.outcomes
    record = outcomes.scored.records.slice(row, 1)
    record_id = record["record_id"][0].as_py()
    st.subheader(t(f"{_PAGE}.title", record=plain(record_id)), anchor=False)
    risk, threshold = float(outcomes.probability[row]), outcomes.decision.threshold
    patients = Patients.of(record)
    low, high = risk_range(desk, patients, float(outcomes.scored.score[row]))
    st.metric(t(f"{_PAGE}.risk"), percent(risk), border=True)
    called = "raised" if outcomes.positive[row] else "lower"
    line = t(f"{_PAGE}.{called}", threshold=threshold)
    st.markdown(f"{line} {t(f'{_PAGE}.range', low=percent(low), high=percent(high))}")
    preprocessor = desk.pipeline.preprocessor
    assert isinstance(preprocessor, PatientPreprocessor)
    lacking = [name for name in preprocessor.factors if np.isnan(patients[name][0])]
    if lacking:
        names = ", ".join(word(_TASK, "column", name) for name in lacking)
        st.warning(t(f"{_PAGE}.lacks", names=names), icon=":material/help:")
    st.markdown(f"**{t(f'{_PAGE}.reasons')}**")
    reasons = facts_of(desk, patients)
    if reasons:
        figure = facts_chart(reasons)
        st.plotly_chart(figure, key="disease.facts", config=CHART, alt=t(f"{_PAGE}.reasons"))
        st.caption(t(f"{_PAGE}.reasons_help"))
    else:
        st.caption(t(f"{_PAGE}.no_reasons"))
    told = {
        "record_id": record_id,
        "risk": risk,
        "risk_low": low,
        "risk_high": high,
        "threshold": threshold,
        "label": outcomes.decision.classes[int(outcomes.positive[row])],
        "not_known": lacking,
        "facts": [{"text": one.text(), "contribution": one.contribution} for one in reasons],
        "bundle": outcomes.scored.address,
        "note": t("medical_imaging.disease_page.banner"),
    }
    st.download_button(
        t(f"{_PAGE}.download"),
        json.dumps(told, ensure_ascii=False, indent=1),
        file_name="patient_risk.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key="disease.patient.download",
    )


def facts_of(desk: Desk, patients: Patients) -> list[Reason]:
    """One patient's facts that raise or lower the score, the strongest first."""
    falls = contributions(desk.pipeline, patients)
    ranked = sorted(falls, key=lambda name: -abs(falls[name][0]))
    return [
        reason_of(desk.pipeline, patients, name, 0, float(falls[name][0]))
        for name in ranked[:_MOST]
        if abs(falls[name][0]) >= _LEAST
    ]


def percent(risk: float) -> str:
    """A risk as people read it; nobody's is 0 or 100%.

    Example:
        >>> percent(0.996), percent(0.42), percent(0.001)
        ('> 99%', '42%', '< 1%')
    """
    if risk > 0.99:
        return "> 99%"
    return f"{risk:.0%}" if risk >= 0.01 else "< 1%"


def risk_range(desk: Desk, patients: Patients, score: float) -> tuple[float, float]:
    """Where one patient's risk may lie by what varies between two measurements, 95%."""
    decision = desk.outcomes.decision
    assert isinstance(decision, Classify)
    spread = 1.96 * float(noise_of(desk.pipeline, patients, rules().noise)[0])
    low, high = decision.probability(np.array([score - spread, score + spread]))
    return float(low), float(high)
