"""Sliders over what a person can change, and the risk that the same pipeline then gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.errors import UsageError
from lepton_core.messages import t
from lepton_core.ui.columns import word

from .disease.factors import BY_NAME
from .disease.patients import Patients
from .disease.preprocessing import PatientPreprocessor
from .disease.what_if import changeable, what_if

if TYPE_CHECKING:
    from .dashboard_disease import Desk

_PAGE = "medical_imaging.disease_page.what_if"
_TASK = "medical_imaging/disease"


def show_what_if(desk: Desk, row: int) -> None:
    """Draw the sliders, both risks, and what such a comparison means."""
    record = desk.outcomes.scored.records.slice(row, 1)
    st.subheader(t(f"{_PAGE}.title"), anchor=False)
    st.warning(t("medical_imaging.disease.what_if.meaning"), icon=":material/info:")
    key = f"disease.what_if.{desk.outcomes.scored.key}.{row}"
    version = st.session_state.setdefault(f"{key}.version", 0)
    changes = _sliders(desk, record, f"{key}.{version}")
    if st.button(t(f"{_PAGE}.reset"), icon=":material/restart_alt:", key=f"{key}.reset"):
        st.session_state[f"{key}.version"] = version + 1
        st.rerun()
    pipeline = desk.pipeline.with_decision(desk.outcomes.decision)
    try:
        found = what_if(pipeline, record, changes)
    except UsageError as error:
        if error.key != "medical_imaging.disease.error.refused":
            raise
        st.error(t(f"{_PAGE}.refused", **error.values), icon=":material/block:")
        return
    left, right = st.columns(2)
    left.metric(t(f"{_PAGE}.now"), f"{found.risk_before:.1%}", border=True)
    right.metric(
        t(f"{_PAGE}.then"),
        f"{found.risk_after:.1%}",
        delta=f"{100 * found.change:+.1f}" if changes else None,
        delta_color="inverse",
        border=True,
    )
    against = _against(desk, record, changes)
    if against:
        names = ", ".join(word(_TASK, "column", name) for name in against)
        st.caption(t(f"{_PAGE}.against", names=names))


def _sliders(desk: Desk, record: pa.Table, key: str) -> dict[str, float]:
    """Factor -> the value it was moved to; those left alone are not in it."""
    patients, preprocessor = Patients.of(record), desk.pipeline.preprocessor
    assert isinstance(preprocessor, PatientPreprocessor)
    changes: dict[str, float] = {}
    names = changeable(desk.pipeline)
    places: list[Any] = []
    for _ in range(0, len(names), 2):
        places += st.columns(2, vertical_alignment="bottom")
    for name, place in zip(names, places, strict=False):
        known = float(patients[name][0])
        # An unknown value starts where the model puts it, and counts once it is moved.
        start = preprocessor.usual[name] if np.isnan(known) else known
        moved = _slider(place, name, start, f"{key}.{name}")
        if abs(moved - start) > 1e-9:
            changes[name] = moved
    return changes


def _slider(place: Any, name: str, start: float, key: str) -> float:
    factor = BY_NAME[name]
    low, high, step = float(factor.low), float(factor.high), factor.step
    title = word(_TASK, "column", name)
    if factor.kind == "flag":
        return float(place.toggle(title, value=bool(start), key=key))
    if factor.kind == "level":
        whole = range(int(low), int(high) + 1)
        return float(place.select_slider(title, list(whole), value=int(start), key=key))
    label = f"{title} ({factor.unit})" if factor.unit else title
    shown = "%.0f" if step >= 1 else "%.1f"
    return float(place.slider(label, low, high, value=start, step=step, format=shown, key=key))


def _against(desk: Desk, record: pa.Table, changes: dict[str, float]) -> list[str]:
    """The changed factors whose less healthy side has the lower risk, one by one."""
    found = []
    for name, value in changes.items():
        one = what_if(desk.pipeline, record, {name: value})
        before = one.changes[name][0]
        toward = BY_NAME[name].direction * (value - (value if before is None else before))
        if toward * one.change < 0 and abs(one.change) > 0.005:
            found.append(name)
    return found
