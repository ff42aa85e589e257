"""The page: which records, which threshold, what came of it, and why a record scored as it did."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.ui.frame import header


def page() -> None:
    """Draw the page."""
    header(t("my_solution.title"), t("my_solution.dashboard.caption"))
    # Imported below the heading, so that it is on the screen while the rest loads.
    from lepton_core.ui.charts import calibration_chart, score_histogram
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.figures import CHART, show_figures
    from lepton_core.ui.outcomes import Outcomes
    from lepton_core.ui.reasons import show_reasons
    from lepton_core.ui.record_table import choose_record

    task = find_task("my_solution/records")
    chosen = choose_scored(task)
    if chosen is None:
        return
    scored, source = chosen
    with st.container(border=True):
        outcomes = Outcomes.choose(task, scored)
    show_figures(outcomes.figures())
    if outcomes.unseen is not None:
        n = int(outcomes.unseen.sum())
        st.caption(t("ui.outcomes.learned", bundle=scored.address, n=n))

    left, right = st.columns([7, 5], gap="medium")
    with left:
        st.subheader(t("ui.outcomes.distribution"), anchor=False)
        figure = score_histogram(outcomes)
        title = t("ui.outcomes.distribution")
        st.plotly_chart(figure, key="my_solution.histogram", config=CHART, alt=title)
    with right:
        st.subheader(t("ui.outcomes.calibration"), anchor=False)
        curve = calibration_chart(outcomes)
        if curve is None:
            st.caption(t("ui.outcomes.too_few"))
        else:
            title = t("ui.outcomes.calibration")
            st.plotly_chart(curve, key="my_solution.calibration", config=CHART, alt=title)

    left, right = st.columns([7, 5], gap="medium")
    with left:
        row = choose_record(outcomes, f"my_solution.records.{source.key}")
    with right:
        show_reasons(outcomes, row, "my_solution.reasons")
