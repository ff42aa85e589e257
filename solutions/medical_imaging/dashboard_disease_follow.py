"""Follow-up on the page: one patient's course, and everybody's next check by rules people edit."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.columns import word
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.figures import CHART, Figure, show_figures, table_height
from lepton_core.ui.plain import plain

from .dashboard_disease_rules import edit_rules, rules, rules_text
from .disease.followup import FollowUp, follow_up
from .disease.patients import patient_names

if TYPE_CHECKING:
    from .dashboard_disease import Desk

_PAGE = "medical_imaging.disease_page.follow"
_TASK = "medical_imaging/disease"
_TODAY = "disease.follow.today"
_MOST_ROWS = 2000
_SHOWN = (
    *("patient", "risk", "trend", "change", "rule", "next_check", "overdue"),
    *("last_visit", "visits", "refused_visits"),
)


def show_course(desk: Desk, row: int) -> None:
    """Draw one patient's visits with their risks, the trend and the next check."""
    from .dashboard_disease_charts import course_chart

    st.subheader(t(f"{_PAGE}.title"), anchor=False)
    record = desk.outcomes.scored.records.slice(row, 1)
    name = patient_names(record, desk.pipeline.task.inputs)[0].as_py()
    if name is None or record["visit"][0].as_py() is None:
        st.caption(t(f"{_PAGE}.none"))
        return
    every = _visits(desk)
    is_own = pc.equal(patient_names(every, desk.pipeline.task.inputs), name)
    own = every.filter(pc.fill_null(is_own, False))
    found = follow_up(desk.pipeline, own, rules(), _today())
    one = found.patients.to_pylist()[0]
    threshold = desk.outcomes.decision.threshold
    figure = course_chart(found.visits, threshold, _line(one))
    st.plotly_chart(figure, key="disease.course", config=CHART, alt=t(f"{_PAGE}.title"))
    st.markdown(t(f"{_PAGE}.trend", trend=word(_TASK, "trend", one["trend"])))
    if one["next_check"] is not None:
        next_check = {"day": one["next_check"].isoformat(), "months": one["months"]}
        st.markdown(t(f"{_PAGE}.next", rule=plain(word(_TASK, "rule", one["rule"])), **next_check))
    st.caption(t(f"{_PAGE}.help"))


def show_follow_up(desk: Desk) -> None:
    """Draw everybody's trend and next check, the rules, and the download."""
    st.subheader(t("medical_imaging.disease_page.view.follow"), anchor=False)
    st.caption(t(f"{_PAGE}.about"))
    records = desk.outcomes.scored.records
    names = patient_names(records, desk.pipeline.task.inputs)
    there = pc.and_(pc.is_valid(names), pc.is_valid(records["visit"]))
    if not pc.any(there).as_py():
        st.info(t(f"{_PAGE}.none"), icon=":material/event_busy:")
        return
    # Kept while another view is shown: the course of a patient goes by the same day.
    st.date_input(t(f"{_PAGE}.today"), value=date.today(), key=_TODAY, persist_state="session")
    edit_rules()
    found = _followed(desk)
    table = found.patients
    overdue = int(pc.sum(table["overdue"]).as_py() or 0)
    rising = int(pc.sum(pc.equal(table["trend"], "rising")).as_py() or 0)
    show_figures(
        [
            Figure(t(f"{_PAGE}.patients"), f"{len(table):,}"),
            Figure(t(f"{_PAGE}.rising"), f"{rising:,}"),
            Figure(t(f"{_PAGE}.overdue"), f"{overdue:,}"),
            Figure(t(f"{_PAGE}.refused"), f"{found.refused:,}"),
        ]
    )
    if found.unplaced:
        st.caption(t(f"{_PAGE}.unplaced", n=found.unplaced))
    shown = table.slice(0, _MOST_ROWS)
    st.dataframe(
        _shown(shown),
        hide_index=True,
        height=table_height(len(shown)),
        column_config=_columns(),
        key="disease.follow.table",
    )
    csv_button(t(f"{_PAGE}.download"), lambda: table, "follow_up.csv", "disease.follow.download")
    st.caption(t("medical_imaging.disease.follow_up.note"))


def _today() -> date:
    chosen = st.session_state.get(_TODAY)
    return chosen if isinstance(chosen, date) else date.today()


def _followed(desk: Desk) -> FollowUp:
    key = f"{desk.outcomes.scored.key}|{rules_text()}|{_today()}"
    return _kept(key, desk)


@st.cache_resource(show_spinner=False, max_entries=8, scope="session")
def _kept(key: str, _desk: Desk) -> FollowUp:
    return follow_up(_desk.pipeline, _visits(_desk), rules(), _today())


def _visits(desk: Desk) -> pa.Table:
    """The visits as they came: a refused one counts, and its patient stays in the list."""
    scored = desk.outcomes.scored
    return scored.records if scored.given is None else scored.given


def _line(one: dict[str, Any]) -> list[float] | None:
    """The trend at the first and the last visit; only where it is more than noise."""
    if one["trend"] not in ("rising", "falling"):
        return None
    years = (one["last_visit"] - one["first_visit"]).days / 365.25
    last = np.log(one["risk"] / (1.0 - one["risk"]))
    first = last - one["logit_a_year"] * years
    return [float(1.0 / (1.0 + np.exp(-logit))) for logit in (first, last)]


def _shown(table: pa.Table) -> pa.Table:
    trends = [word(_TASK, "trend", name) for name in table["trend"].to_pylist()]
    columns = {name: table[name] for name in _SHOWN}
    for name in ("risk", "change"):
        columns[name] = pc.multiply(table[name], 100.0)
    rules = [word(_TASK, "rule", name) for name in table["rule"].to_pylist()]
    words = {"trend": pa.array(trends, pa.string()), "rule": pa.array(rules, pa.string())}
    return pa.table(columns | words)


def _columns() -> dict[str, Any]:
    config = st.column_config
    titles = {name: t(f"{_PAGE}.column.{name}") for name in _SHOWN}
    kinds: dict[str, Any] = {name: config.Column(title) for name, title in titles.items()}
    kinds["patient"] = config.TextColumn(titles["patient"], pinned=True)
    kinds["risk"] = config.ProgressColumn(
        titles["risk"], format="%.0f%%", min_value=0.0, max_value=100.0, width=110
    )
    kinds["change"] = config.NumberColumn(titles["change"], format="%+.0f")
    return kinds
