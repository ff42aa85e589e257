"""The page of a health programme: who is at risk, why, what if, the course, and how good it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.ui.outcomes import Outcomes
    from lepton_core.ui.uploader import Source

PAGE = "medical_imaging.disease_page"
TASK = "medical_imaging/disease"
_VIEWS = {"patients": "group", "follow": "timeline", "model": "monitoring"}


@dataclass(frozen=True)
class Desk:
    """What every part of the page works on.

    Args:
        outcomes: the scored records at the chosen threshold.
        pipeline: what scored them.
        source: where they came from.
    """

    outcomes: Outcomes
    pipeline: Pipeline
    source: Source


def disease_page() -> None:
    """Draw the page below a heading that stands already."""
    st.caption(f"{t(f'{PAGE}.caption')} **{t(f'{PAGE}.banner')}**")
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.figures import show_figures
    from lepton_core.ui.loader import load
    from lepton_core.ui.outcomes import Outcomes

    from .disease.patients import with_truth

    task = find_task(TASK)
    chosen = choose_scored(task, datasets=True)
    if chosen is None:
        return
    scored, source = chosen
    scored = replace(scored, records=with_truth(scored.records))
    with st.container(border=True):
        outcomes = Outcomes.choose(task, scored)
    show_figures(outcomes.figures())
    if outcomes.unseen is not None:
        n = int(outcomes.unseen.sum())
        st.caption(t("ui.outcomes.learned", bundle=scored.address, n=n))
    pipeline = load(task.bundle(scored.address.partition("@")[2]))
    desk = Desk(outcomes, pipeline, source)
    view = _choose_view()
    if view == "follow":
        from .dashboard_disease_follow import show_follow_up

        show_follow_up(desk)
    elif view == "model":
        from .dashboard_disease_model import show_model

        show_model(desk)
    else:
        _show_patients(desk)


def _choose_view() -> str:
    from lepton_core.ui.views import choose_view

    names = {name: f":material/{icon}: {t(f'{PAGE}.view.{name}')}" for name, icon in _VIEWS.items()}
    return choose_view(names, t(f"{PAGE}.view.label"), "disease.view")


def _show_patients(desk: Desk) -> None:
    """The list of patients, and the chosen one's facts, reasons, what-if and course."""
    from .dashboard_disease_list import choose_patient
    from .dashboard_disease_patient import show_patient
    from .dashboard_disease_what_if import show_what_if

    left, right = st.columns([6, 6], gap="medium")
    with left:
        row = choose_patient(desk)
    with right:
        if row is None:
            st.info(t(f"{PAGE}.patient.none"), icon=":material/touch_app:")
            return
        show_patient(desk, row)
    left, right = st.columns([6, 6], gap="medium")
    with left:
        show_what_if(desk, row)
    with right:
        from .dashboard_disease_follow import show_course

        show_course(desk, row)
