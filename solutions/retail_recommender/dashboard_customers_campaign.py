"""The list for a campaign: sliders for cost, effect and budget; whom to write to, to download."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t

VIEW = "retail_recommender.campaign"
_SHOWN = 500


def show_campaign(ids: list[str], risk: np.ndarray, value: np.ndarray, key: str) -> None:
    """Draw the sliders and the list.

    Args:
        ids: of the customers [n].
        risk: probability of going, [n].
        value: what one who is kept is worth, [n].
        key: of the widgets.
    """
    from lepton_core.ui.csv_button import csv_button
    from lepton_core.ui.figures import Figure, show_figures

    from .campaign import Offer, choose

    st.subheader(t(f"{VIEW}.title"), anchor=False)
    left, middle, right = st.columns(3, gap="medium")
    with left:
        cost = st.number_input(t(f"{VIEW}.cost"), 0.01, None, 2.0, key=f"{key}.cost")
    with middle:
        success = st.slider(
            t(f"{VIEW}.success"),
            0,
            100,
            10,
            1,
            "%d%%",
            key=f"{key}.success",
            help=t(f"{VIEW}.success_help"),
        )
    with right:
        budget = st.number_input(t(f"{VIEW}.budget"), 0.0, None, 500.0, key=f"{key}.budget")
    offer = Offer(float(cost), success / 100.0, float(budget))
    rows = choose(risk, value, offer)
    gain = offer.gain(risk, value)
    show_figures(
        [
            Figure(t(f"{VIEW}.contacts"), f"{len(rows):,}"),
            Figure(t(f"{VIEW}.spend"), f"{len(rows) * offer.cost:,.2f}"),
            Figure(t(f"{VIEW}.gain"), f"{gain[rows].sum():,.2f}"),
        ]
    )
    if not len(rows):
        st.info(t(f"{VIEW}.none"), icon=":material/inbox:")
        return
    table = pa.table(
        {
            "record_id": [ids[row] for row in rows],
            "risk": np.round(risk[rows].astype(np.float64), 4),
            "value": np.round(value[rows].astype(np.float64), 2),
            "expected_gain": np.round(gain[rows], 2),
        }
    )
    names = [t(f"{VIEW}.column.{name}") for name in table.column_names]
    st.dataframe(table.slice(0, _SHOWN).rename_columns(names), hide_index=True, height=320)
    csv_button(t(f"{VIEW}.download"), lambda: table, "campaign.csv", f"{key}.csv")
