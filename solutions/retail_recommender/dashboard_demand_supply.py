"""The sliders of the orders: service level, lead time, costs and budget."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.messages import t

if TYPE_CHECKING:
    from .dashboard_demand_data import Demand
    from .orders.config import Config

VIEW = "retail_recommender.demand.view"
_KEY = "demand.orders"


def choose_supply(demand: Demand) -> Config:
    """The sliders; the settings of the orders that they stand for."""
    from .orders.config import Config

    start = Config()
    period = t(f"{VIEW}.weeks" if demand.in_weeks else f"{VIEW}.days")
    horizon = float(demand.config.data.horizon)
    supply = start.supply
    left, middle, right = st.columns(3, gap="medium")
    with left:
        service = st.slider(
            t(f"{VIEW}.service"),
            50.0,
            99.9,
            95.0,
            0.1,
            "%.1f%%",
            key=f"{_KEY}.service",
            help=t(f"{VIEW}.service_help"),
        )
        by_cost = st.toggle(
            t(f"{VIEW}.by_cost"), key=f"{_KEY}.by_cost", help=t(f"{VIEW}.by_cost_help")
        )
    with middle:
        lead = st.slider(
            t(f"{VIEW}.lead", period=period),
            0.0,
            horizon,
            min(2.0, horizon),
            0.5,
            key=f"{_KEY}.lead",
        )
        lead_sd = st.slider(
            t(f"{VIEW}.lead_sd", period=period),
            0.0,
            4.0,
            0.0,
            0.1,
            key=f"{_KEY}.lead_sd",
            help=t(f"{VIEW}.lead_sd_help"),
        )
    with right:
        review = st.slider(
            t(f"{VIEW}.review", period=period),
            1.0,
            max(horizon, 2.0),
            1.0,
            1.0,
            key=f"{_KEY}.review",
        )
        budget = st.number_input(
            t(f"{VIEW}.budget"),
            0.0,
            None,
            0.0,
            100.0,
            key=f"{_KEY}.budget",
            help=t(f"{VIEW}.budget_help"),
        )
    holding = supply.holding
    if by_cost:
        with st.container(horizontal=True):
            holding = (
                st.number_input(
                    t(f"{VIEW}.holding"),
                    0.01,
                    100.0,
                    0.5,
                    0.1,
                    key=f"{_KEY}.holding",
                    help=t(f"{VIEW}.holding_help"),
                )
                / 100.0
            )
            shortage = (
                st.number_input(
                    t(f"{VIEW}.shortage"),
                    0.1,
                    1000.0,
                    30.0,
                    1.0,
                    key=f"{_KEY}.shortage",
                    help=t(f"{VIEW}.shortage_help"),
                )
                / 100.0
            )
        ratio = shortage / (shortage + holding * review)
        service = 100.0 * min(max(ratio, 0.5), 0.9999)
        st.caption(t(f"{VIEW}.service_by_cost", service=service / 100.0))
    supply = replace(
        supply,
        lead=float(lead),
        lead_sd=float(lead_sd),
        order_every=float(review),
        service=float(service) / 100.0,
        holding=float(holding),
    )
    plan = replace(start.plan, correlation=round(demand.correlation, 3), budget=float(budget))
    return replace(start, supply=supply, plan=plan)
