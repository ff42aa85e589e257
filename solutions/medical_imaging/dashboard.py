"""The page of medical imaging: chest X-rays for readers, and the risk of patients beside them."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import load_solution
from lepton_core.ui.frame import header
from lepton_core.ui.views import choose_view

_ICONS = {"xray": "radiology", "disease": "monitor_heart"}


def page() -> None:
    """Draw the page."""
    header(t("medical_imaging.title"))
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        task = _choose_task()
        assists = f":material/info: **{t('medical_imaging.dashboard.assists')}**"
        st.markdown(assists, width="content")
    # Imported below the heading, so that it is on the screen while the rest loads; and the one
    # part must not wait for the other.
    if task == "disease":
        from .dashboard_disease import disease_page

        disease_page()
        return
    from .dashboard_xray import xray_page

    xray_page()


def _choose_task() -> str:
    """The part of the solution to show."""
    tasks = [task.name.partition("/")[2] for task in load_solution("medical_imaging").tasks]
    names = {
        name: f":material/{_ICONS[name]}: {t(f'medical_imaging.{name}.title')}" for name in tasks
    }
    return choose_view(names, t("medical_imaging.dashboard.task"), "medical_imaging.task")
