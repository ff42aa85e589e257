"""The list for a campaign: sliders for cost, effect and budget; whom to write to, to download."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lepton_core.messages import t

VIEW = "retail_recommender.campaign"
_SHOWN = 500


def show_campaign(
    ids: list[str],
    risk: np.ndarray,
    value: np.ndarray,
    key: str,
    monthly: bool = False,
    left: int = 0,
) -> None:
    """Draw the sliders and the list.

    Args:
        ids: of the customers [n].
        risk: probability of going, [n].
        value: what one who is kept is worth, [n].
        key: of the widgets.
        monthly: whether the value is that of a month, of which a further field asks how many.
        left: how many are left out since they have gone already.
    """
    from lepton_core.ui.csv_button import csv_button
    from lepton_core.ui.figures import Figure, show_figures

    from .campaign import Offer
    from .campaign_list import campaign_list

    st.subheader(t(f"{VIEW}.title"), anchor=False)
    if left:
        st.caption(t(f"{VIEW}.left", n=left))
    places = iter(st.columns(4 if monthly else 3, gap="medium", vertical_alignment="bottom"))
    with next(places):
        cost = st.number_input(t(f"{VIEW}.cost"), 0.01, None, 2.0, key=f"{key}.cost")
    with next(places):
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
    if monthly:
        with next(places):
            months = st.number_input(
                t(f"{VIEW}.months"), 1, 120, 12, key=f"{key}.months", help=t(f"{VIEW}.months_help")
            )
        value = value * float(months)
    with next(places):
        budget = st.number_input(t(f"{VIEW}.budget"), 0.0, None, 500.0, key=f"{key}.budget")
    offer = Offer(float(cost), success / 100.0, float(budget))
    table = campaign_list(ids, risk, value, offer)
    n, gain = table.num_rows, sum(table["expected_gain"].to_pylist())
    show_figures(
        [
            Figure(t(f"{VIEW}.contacts"), f"{n:,}"),
            Figure(t(f"{VIEW}.spend"), f"{n * offer.cost:,.2f}"),
            Figure(t(f"{VIEW}.gain"), f"{gain:,.2f}"),
        ]
    )
    if not n:
        st.info(t(f"{VIEW}.none"), icon=":material/inbox:")
        return
    names = [t(f"{VIEW}.column.{name}") for name in table.column_names]
    formats = ("percent", "%.2f", "%.2f")
    config = {
        name: st.column_config.NumberColumn(format=how)
        for name, how in zip(names[1:], formats, strict=True)
    }
    shown = table.slice(0, _SHOWN).rename_columns(names)
    st.dataframe(shown, hide_index=True, height=320, column_config=config)
    csv_button(t(f"{VIEW}.download"), lambda: table, "campaign.csv", f"{key}.csv")
