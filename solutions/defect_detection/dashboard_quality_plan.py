"""The acceptance plan calculator: plan, risks, operating characteristic, switching by lots."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.figures import CHART, Figure, show_figures
from lepton_core.ui.frame import show_error

from .quality.plans import AQLS, LEVELS, SEVERITIES, Plan, code_letter, plan_of
from .quality.risks import MODELS, curve, risks, wanted_model
from .quality.switching import DISCONTINUED, Switching

_PAGE = "defect_detection.quality.page"
_KEY = "defect_detection.quality.plan"
_LOTS = 12


def show_plan() -> None:
    """Draw the tab."""
    with st.container(border=True):
        lot, aql, level, severity, model = _choose()
    try:
        plan = plan_of(lot, aql, level, severity)
    except LeptonError as error:
        show_error(error)
        return
    _show(plan, lot, aql, level, model)
    st.subheader(t(f"{_PAGE}.plan.switching"), anchor=False)
    _series(lot, aql, level)
    st.caption(t(f"{_PAGE}.plan.source"))


def _choose() -> tuple[int, float, str, str, str]:
    places = st.columns(5)
    lot = places[0].number_input(t(f"{_PAGE}.plan.lot"), 2, 10_000_000, 1000, key=f"{_KEY}.lot")
    aql = places[1].selectbox(
        t(f"{_PAGE}.plan.aql"),
        AQLS,
        index=AQLS.index(1.0),
        format_func=lambda one: f"{one:g}",
        key=f"{_KEY}.aql",
        help=t(f"{_PAGE}.plan.aql_help"),
    )
    level = places[2].selectbox(
        t(f"{_PAGE}.plan.level"), LEVELS, index=LEVELS.index("II"), key=f"{_KEY}.level"
    )
    severity = places[3].selectbox(
        t(f"{_PAGE}.plan.severity"),
        SEVERITIES,
        format_func=lambda one: t(f"{_PAGE}.plan.{one}"),
        key=f"{_KEY}.severity",
    )
    # Above 10 the AQL counts nonconformities, for which there is one model.
    models = MODELS if aql <= 10 else ("poisson",)
    model = places[4].selectbox(
        t(f"{_PAGE}.plan.model"),
        models,
        index=models.index(wanted_model(aql)),
        format_func=lambda one: t(f"{_PAGE}.plan.{one}"),
        key=f"{_KEY}.model.{aql > 10}",
        help=t(f"{_PAGE}.plan.model_help"),
    )
    return int(lot), float(aql), str(level), str(severity), str(model)


def _show(plan: Plan, lot: int, aql: float, level: str, model: str) -> None:
    letter = code_letter(lot, level)
    found = risks(plan.n, plan.ac, aql / 100, model, lot)
    followed = "" if plan.letter == letter else t(f"{_PAGE}.plan.arrow", letter=plan.letter)
    shown = [
        Figure(t(f"{_PAGE}.plan.letter"), letter, followed),
        Figure(t(f"{_PAGE}.plan.n"), f"{plan.n:,}"),
        Figure("Ac", f"{plan.ac}", t(f"{_PAGE}.plan.ac")),
        Figure("Re", f"{plan.re}", t(f"{_PAGE}.plan.re")),
        Figure(
            t(f"{_PAGE}.plan.producer"),
            f"{found.producer:.1%}",
            help=t(f"{_PAGE}.plan.producer_help"),
        ),
        Figure(
            t(f"{_PAGE}.plan.limiting"),
            f"{found.limiting:.2%}",
            help=t(f"{_PAGE}.plan.limiting_help"),
        ),
    ]
    if found.outgoing is not None:
        shown.append(Figure("AOQL", f"{found.outgoing:.2%}", help=t(f"{_PAGE}.plan.outgoing_help")))
    show_figures(shown)
    if plan.whole_lot:
        st.info(t(f"{_PAGE}.plan.whole_lot", lot=lot), icon=":material/select_all:")
    most = min(max(2.0 * found.limiting, 3 * aql / 100), 1.0 if model != "poisson" else np.inf)
    quality = np.linspace(0.0, most, 121)
    if model == "hypergeometric":
        quality = np.unique(np.round(quality * lot) / lot)
    accepted = curve(plan.n, plan.ac, quality.tolist(), model, lot)
    from .dashboard_quality_figures import oc_chart

    title = t(f"{_PAGE}.plan.oc")
    figure = oc_chart(quality, accepted, aql / 100, found.limiting)
    st.plotly_chart(figure, key=f"{_KEY}.oc", config=CHART, alt=title)
    table = pa.table({"quality": quality, "accepted": accepted})
    csv_button(t(f"{_PAGE}.plan.download"), lambda: table, "operating_characteristic.csv")


def _series(lot: int, aql: float, level: str) -> None:
    """Lots one after the other: what was found, and under which inspection the next one is."""
    import pandas as pd

    st.caption(t(f"{_PAGE}.plan.series_help"))
    base = pd.DataFrame({"lot": [lot] * _LOTS, "found": [None] * _LOTS})
    base["found"] = base["found"].astype("Int64")
    column = st.column_config
    left, right = st.columns([5, 7], gap="medium")
    with left:
        steady = st.toggle(
            t(f"{_PAGE}.plan.allowed"), True, key=f"{_KEY}.allowed", help=t(f"{_PAGE}.plan.score")
        )
        edited = st.data_editor(
            base,
            num_rows="dynamic",
            hide_index=True,
            key=f"{_KEY}.series.{lot}",
            placeholder="–",
            column_config={
                "lot": column.NumberColumn(t(f"{_PAGE}.plan.lot"), min_value=2, step=1),
                "found": column.NumberColumn(t(f"{_PAGE}.plan.found"), min_value=0, step=1),
            },
        )
    state = Switching(aql, level, reduced_allowed=steady)
    rows = []
    for size, found in edited[["lot", "found"]].itertuples(index=False):
        if pd.isna(size) or pd.isna(found) or state.severity == DISCONTINUED:
            break
        plan = state.plan(int(size))
        rows.append(
            {
                "inspection": t(f"{_PAGE}.plan.{state.severity}"),
                "n": plan.n,
                "ac": plan.ac,
                "found": int(found),
                "accepted": int(found) <= plan.ac,
            }
        )
        state = state.after(int(size), int(found))
    with right:
        _show_series(rows, state)


def _show_series(rows: list[dict[str, object]], state: Switching) -> None:
    severity = t(f"{_PAGE}.plan.{state.severity}")
    if state.severity == DISCONTINUED:
        st.error(t(f"{_PAGE}.plan.stopped"), icon=":material/block:")
    else:
        text = t(f"{_PAGE}.plan.next", severity=severity, score=state.score)
        st.info(text, icon=":material/arrow_forward:")
    if not rows:
        return
    column = st.column_config
    names = {
        "inspection": column.TextColumn(t(f"{_PAGE}.plan.severity")),
        "n": column.NumberColumn("n"),
        "ac": column.NumberColumn("Ac"),
        "found": column.NumberColumn(t(f"{_PAGE}.plan.found")),
        "accepted": column.CheckboxColumn(t(f"{_PAGE}.plan.was_accepted")),
    }
    st.dataframe(rows, hide_index=True, height="content", column_config=names)
