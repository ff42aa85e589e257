"""The view of customers with a contract: who is likely to leave, why, and whom to call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task

if TYPE_CHECKING:
    from lepton_core.ui.outcomes import Outcomes

VIEW = "retail_recommender.churn.view"
TASK = "retail_recommender/churn"


def view() -> None:
    """Draw the view below a heading that stands already."""
    st.caption(t(f"{VIEW}.caption"))
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.figures import show_figures
    from lepton_core.ui.outcomes import Outcomes
    from lepton_core.ui.plain import plain
    from lepton_core.ui.reasons import show_reasons
    from lepton_core.ui.record_table import choose_record

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
    left, right = st.columns([7, 5], gap="medium")
    with left:
        row = choose_record(outcomes, f"churn.records.{source.key}")
    with right:
        show_reasons(outcomes, row, "churn.reasons")
    _campaign(outcomes, f"churn.{source.key}")


def _campaign(outcomes: Outcomes, key: str) -> None:
    """The list of those who are still customers: nobody keeps one who has left."""
    from .dashboard_customers_campaign import show_campaign

    here = np.flatnonzero(outcomes.known != 1)
    ids = outcomes.scored.records["record_id"].to_pylist()
    monthly = outcomes.scored.records["monthly"].to_numpy()
    show_campaign(
        [ids[row] for row in here],
        outcomes.probability[here],
        monthly[here],
        key,
        monthly=True,
        left=len(ids) - len(here),
    )
