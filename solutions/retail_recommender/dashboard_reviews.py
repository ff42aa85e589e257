"""The view of reviews: how products are received over time and by topic, and single reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task

if TYPE_CHECKING:
    from lepton_core.ui.outcomes import Outcomes
    from lepton_core.ui.uploader import Source

VIEW = "retail_recommender.reviews.view"
TASK = "retail_recommender/reviews"


def view() -> None:
    """Draw the view below a heading that stands already."""
    st.caption(t(f"{VIEW}.caption"))
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.figures import show_figures
    from lepton_core.ui.outcomes import Outcomes
    from lepton_core.ui.plain import plain

    from .dashboard_reviews_time import show_time, show_topics

    task = find_task(TASK)
    chosen = choose_scored(task, datasets=True)
    if chosen is None:
        return
    scored, source = chosen
    with st.expander(t(f"{VIEW}.threshold"), icon=":material/tune:"):
        outcomes = Outcomes.choose(task, scored)
    show_figures(outcomes.figures())
    if outcomes.unseen is not None:
        n = int(outcomes.unseen.sum())
        st.caption(t("ui.outcomes.learned", bundle=plain(scored.address), n=n))
    show_time(outcomes, source.key)
    show_topics(outcomes, source.key)
    _show_reviews(outcomes, source)


def _show_reviews(outcomes: Outcomes, source: Source) -> None:
    """The table of reviews, the words of the chosen one, and a text of one's own."""
    from lepton_core.ui.record_table import choose_record

    from .dashboard_reviews_words import show_own, show_words

    left, right = st.columns([7, 5], gap="medium")
    with left:
        row = choose_record(outcomes, f"reviews.records.{source.key}")
    with right:
        show_words(outcomes, row)
        show_own(outcomes)
