"""The list of patients by risk, one of them chosen, and what of it goes out as a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.spreadsheet import to_csv
from lepton_core.ui.columns import word
from lepton_core.ui.figures import table_height

from .disease.patients import Patients
from .disease.preprocessing import PatientPreprocessor

if TYPE_CHECKING:
    from lepton_core.ui.outcomes import Outcomes

    from .dashboard_disease import Desk

_PAGE = "medical_imaging.disease_page.list"
_TASK = "medical_imaging/disease"
# More rows than a person reads; all of them are in the download.
_MOST_ROWS = 2000


def choose_patient(desk: Desk) -> int | None:
    """Draw the list, the riskiest first, and the download below it.

    Returns:
        the chosen row, the first one at first; None where the list is empty.
    """
    outcomes, key = desk.outcomes, f"disease.list.{desk.source.key}"
    st.subheader(t(f"{_PAGE}.title"), anchor=False)
    rows, view = _choose_rows(outcomes, key)
    if not len(rows):
        st.info(t(f"{_PAGE}.empty"), icon=":material/task_alt:")
        return None
    shown = rows[:_MOST_ROWS]
    if len(shown) < len(rows):
        st.caption(t(f"{_PAGE}.first", n=len(shown), of=len(rows)))
    event: Any = st.dataframe(
        _table(desk, shown),
        hide_index=True,
        height=table_height(len(shown)),
        key=f"{key}.table.{outcomes.scored.key}.{view}",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        column_config=_columns(),
    )
    st.download_button(
        t(f"{_PAGE}.download", n=len(rows)),
        partial(_csv, outcomes, rows),
        file_name="patients_by_risk.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}.download",
    )
    picked = [*event.selection.rows, *(row for row, _ in event.selection.cells)]
    # A list that became shorter may keep a choice that is gone.
    return int(shown[picked[0] if picked and picked[0] < len(shown) else 0])


def _choose_rows(outcomes: Outcomes, key: str) -> tuple[np.ndarray, str]:
    """Which patients are listed, the riskiest first, and the name of the choice."""
    views = {
        "called": np.flatnonzero(outcomes.positive),
        "review": np.flatnonzero(outcomes.review),
        "all": np.arange(len(outcomes.positive)),
    }
    labels = {name: f"{t(f'{_PAGE}.{name}')} {len(rows):,}" for name, rows in views.items()}
    view = st.segmented_control(
        t(f"{_PAGE}.title"),
        list(views),
        default="called" if len(views["called"]) else "all",
        required=True,
        format_func=labels.__getitem__,
        key=f"{key}.view",
        label_visibility="collapsed",
    )
    rows = views[str(view)]
    return rows[np.argsort(-outcomes.probability[rows], kind="stable")], str(view)


def _table(desk: Desk, rows: np.ndarray) -> pa.Table:
    """What is shown of some patients: risk, what is known, and the facts that most ask for."""
    records = desk.outcomes.scored.records.take(pa.array(rows))
    patients, preprocessor = Patients.of(records), desk.pipeline.preprocessor
    assert isinstance(preprocessor, PatientPreprocessor)
    columns: dict[str, Any] = {
        "record_id": records["record_id"],
        "risk": 100.0 * desk.outcomes.probability[rows],
    }
    known = desk.outcomes.known[rows]
    if (known >= 0).any():
        names = {1: t(f"{_PAGE}.yes"), 0: t(f"{_PAGE}.no")}
        columns["known"] = [names.get(int(one)) for one in known]
    columns["age"] = np.floor(patients["age"])
    sexes = {1.0: word(_TASK, "sex", "male"), 0.0: word(_TASK, "sex", "female")}
    columns["sex"] = [sexes.get(one) for one in patients["male"]]
    columns["pressure"] = [
        "/".join("?" if np.isnan(one) else f"{one:.0f}" for one in pair)
        for pair in zip(patients["ap_hi"], patients["ap_lo"], strict=True)
    ]
    absent = [np.isnan(patients[name]) for name in preprocessor.optional]
    unknown = np.sum(absent, axis=0) if absent else np.zeros(len(rows))
    columns["unknown"] = unknown.astype(np.int64)
    if records["visit"].null_count < len(records):
        columns["visit"] = records["visit"]
    return pa.table(columns)


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "record_id": config.TextColumn(word(_TASK, "column", "record_id"), pinned=True),
        "risk": config.ProgressColumn(
            t(f"{_PAGE}.risk"), format="%.0f%%", min_value=0.0, max_value=100.0, width=110
        ),
        "known": config.TextColumn(t(f"{_PAGE}.known")),
        "age": config.NumberColumn(word(_TASK, "column", "age"), format="%d"),
        "sex": config.TextColumn(word(_TASK, "column", "sex")),
        "pressure": config.TextColumn(t(f"{_PAGE}.pressure")),
        "unknown": config.NumberColumn(t(f"{_PAGE}.unknown")),
        "visit": config.DatetimeColumn(
            word(_TASK, "column", "visit"), format="YYYY-MM-DD", timezone="UTC"
        ),
    }


def _csv(outcomes: Outcomes, rows: np.ndarray) -> bytes:
    table = outcomes.table(rows)
    empty = [name for name in table.column_names if table[name].null_count == len(table)]
    return to_csv(table.drop_columns(empty))
