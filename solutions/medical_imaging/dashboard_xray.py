"""The X-ray reader's page: data and operating point, then worklist, one picture, or figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task

if TYPE_CHECKING:
    from lepton_core.solution import Task
    from lepton_core.ui.scored import Scored
    from lepton_core.ui.uploader import Source

    from .dashboard_xray_desk import Desk

_ICONS = {"worklist": "list_alt", "viewer": "radiology", "quality": "monitoring"}


def xray_page() -> None:
    """Draw the page below a heading that stands already."""
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.ui.choosing import choose_scored

    task = find_task("medical_imaging/xray")
    found = choose_scored(task)
    with st.sidebar:
        _show_about()
    if found is None:
        return
    desk = _desk(task, *found)
    if st.session_state["xray.view"] == "viewer":
        from .dashboard_viewer import show_viewer

        show_viewer(desk)
    elif st.session_state["xray.view"] == "quality":
        from .dashboard_xray_quality import show_quality

        show_quality(desk)
    else:
        from .dashboard_worklist import show_worklist

        show_worklist(desk)


def _desk(task: Task, scored: Scored, source: Source) -> Desk:
    """Draw view and operating point, and give what stands at the chosen one."""
    from lepton_core.ui.verdict_store import read_verdicts

    from .dashboard_xray_desk import TASK, VIEW_KEY, Desk
    from .dashboard_xray_point import choose_point
    from .dashboard_xray_status import Statuses

    _choose_view()
    readings = choose_point(task, scored, st.session_state[VIEW_KEY] == "viewer")
    verdicts = read_verdicts(TASK)
    return Desk(
        scored,
        source,
        task.bundle(scored.address.partition("@")[2]),
        readings,
        Statuses.of(readings, verdicts),
        verdicts is not None,
    )


def _show_about() -> None:
    """What the aid is for, what not, and what it does not know."""
    with st.expander(t("medical_imaging.dashboard.about"), icon=":material/gavel:"):
        for name in ("intended_use", "not_for", "limits"):
            st.markdown(f"**{t(f'medical_imaging.output.pdf.{name}')}**")
            st.caption(t(f"medical_imaging.output.{name}"))


def _choose_view() -> None:
    """Draw the choice of the view; it stands in the address, for a reload or a colleague."""
    from .dashboard_xray_desk import VIEW_KEY, VIEWS

    names = {
        name: f":material/{_ICONS[name]}: {t(f'medical_imaging.dashboard.view.{name}')}"
        for name in VIEWS
    }
    asked = st.query_params.get("view")
    st.session_state.setdefault(VIEW_KEY, asked if asked in VIEWS else VIEWS[0])
    chosen = st.segmented_control(
        t("medical_imaging.dashboard.view.label"),
        list(VIEWS),
        required=True,
        format_func=names.__getitem__,
        key=VIEW_KEY,
        label_visibility="collapsed",
        persist_state="session",
    )
    if asked != chosen:
        st.query_params["view"] = str(chosen)
