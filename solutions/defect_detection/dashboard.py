"""The page: which pictures, what they are taken for, which of them a person shall look at."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.ui.frame import header


def page() -> None:
    """Draw the page."""
    header(t("defect_detection.title"), t("defect_detection.dashboard.caption"))
    # Imported below the heading, so that it is on the screen while the rest loads.
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.class_charts import confusion_chart, probability_histogram
    from lepton_core.ui.class_outcomes import ClassOutcomes
    from lepton_core.ui.figures import CHART, show_figures
    from lepton_core.ui.pictures import choose_picture, show_picture
    from lepton_core.ui.plain import plain

    task = find_task("defect_detection/surface")
    chosen = choose_scored(task)
    if chosen is None:
        return
    scored, source = chosen
    with st.container(border=True):
        outcomes = ClassOutcomes.choose(task, scored)
    show_figures(outcomes.figures())
    if outcomes.unseen is not None:
        n = int(outcomes.unseen.sum())
        st.caption(t("ui.classes.learned", bundle=plain(scored.address), n=n))

    st.subheader(t("ui.pictures.title"), anchor=False)
    left, right = st.columns([8, 4], gap="medium")
    with left:
        row = choose_picture(outcomes, f"defect_detection.surface.{source.key}")
    with right:
        show_picture(outcomes, row, "defect_detection.picture")

    left, right = st.columns([6, 6], gap="medium")
    with left:
        title = t("ui.classes.confusion")
        st.subheader(title, anchor=False)
        matrix = confusion_chart(outcomes)
        if matrix is None:
            st.caption(t("ui.classes.no_known"))
        else:
            st.plotly_chart(matrix, key="defect_detection.confusion", config=CHART, alt=title)
    with right:
        title = t("ui.classes.distribution")
        st.subheader(title, anchor=False)
        figure = probability_histogram(outcomes)
        st.plotly_chart(figure, key="defect_detection.histogram", config=CHART, alt=title)
