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
    _warn_of_simulation(*found)
    view = _choose_view()
    desk = _desk(task, *found, is_viewer=view == "viewer")
    if view == "viewer":
        from .dashboard_viewer import show_viewer

        show_viewer(desk)
    elif view == "quality":
        from .dashboard_xray_quality import show_quality

        show_quality(desk)
    else:
        from .dashboard_worklist import show_worklist

        show_worklist(desk)


def _warn_of_simulation(scored: Scored, source: Source) -> None:
    """Say so where real pictures are read by the model that learned from simulated ones."""
    if not source.is_sample and scored.address.endswith("@sample"):
        st.warning(t("medical_imaging.dashboard.simulated"), icon=":material/science:")


def _desk(task: Task, scored: Scored, source: Source, is_viewer: bool) -> Desk:
    """Draw the operating point, and give what stands at the chosen one."""
    from lepton_core.ui.verdict_store import read_verdicts

    from .dashboard_xray_desk import TASK, Desk
    from .dashboard_xray_point import choose_point
    from .dashboard_xray_status import Statuses

    readings = choose_point(task, scored, is_folded=is_viewer)
    return Desk(
        scored,
        source,
        task.bundle(scored.address.partition("@")[2]),
        readings,
        Statuses.of(readings, read_verdicts(TASK)),
    )


def _show_about() -> None:
    """What the aid is for, what not, and what it does not know."""
    with st.expander(t("medical_imaging.dashboard.about"), icon=":material/gavel:"):
        for name in ("intended_use", "not_for", "limits"):
            st.markdown(f"**{t(f'medical_imaging.output.pdf.{name}')}**")
            st.caption(t(f"medical_imaging.output.{name}"))


def _choose_view() -> str:
    from lepton_core.ui.views import choose_view

    from .dashboard_xray_desk import VIEW_KEY, VIEWS

    names = {
        name: f":material/{_ICONS[name]}: {t(f'medical_imaging.dashboard.view.{name}')}"
        for name in VIEWS
    }
    return choose_view(names, t("medical_imaging.dashboard.view.label"), VIEW_KEY, "view")
