"""What each threshold would cost and catch, and whether the probabilities hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from lepton_core.decision.curves import (
    CapacityCurve,
    CostCurve,
    PrecisionRecall,
    capacity_curve,
    cost_curve,
    precision_recall_curve,
)
from lepton_core.messages import t
from lepton_core.ui.charts import reliability_chart
from lepton_core.ui.figures import CHART, Figure, show_figures
from lepton_core.ui.policy import COST, Costs, cost_inputs

from .dashboard_book_curves import CostSummary, JudgedRows, reliability_groups, reliability_summary
from .dashboard_desk import THRESHOLD_KEY, Desk

# The highest probabilities are what people act on; below them ten groups would all be near zero.
_TOP = 0.05


def show_curves(desk: Desk) -> None:
    """The whole view; it counts only outcomes that the bundle has not learned from."""
    rows = JudgedRows.of(desk.book, desk.marks, desk.usable)
    if not rows.frauds or not rows.genuine:
        st.info(t("fraud_rnn.empty.curves", n=rows.n), icon=":material/monitoring:")
        _show_capacity(desk, rows)
        return
    about: dict[str, Any] = {"n": rows.n, "frauds": rows.frauds, "days": rows.days}
    if desk.unseen is None:
        st.caption(t("fraud_rnn.curves.counted", **about))
    else:
        st.caption(t("fraud_rnn.curves.counted_since", since=desk.unseen.isoformat(), **about))
    _show_cost(desk, rows)
    left, right = st.columns(2, gap="medium")
    with left:
        _show_precision_recall(desk, rows)
    with right:
        _show_capacity(desk, rows)
    _show_reliability(desk, rows)


def _show_cost(desk: Desk, rows: JudgedRows) -> None:
    from .dashboard_charts_curves import cost_chart

    st.subheader(t("fraud_rnn.curves.cost"), anchor=False)
    key = f"{THRESHOLD_KEY}.{desk.scored.address}"
    if desk.chosen.way == COST:
        # They are asked for beside the threshold already, under the same key.
        costs = Costs(
            float(st.session_state.get(f"{key}.review_cost") or 0.0),
            float(st.session_state.get(f"{key}.at_stake") or 0) / 100,
        )
    else:
        costs = cost_inputs(key)
    curve = _cost_curve(desk.scored.key, costs, rows)
    summary = CostSummary.of(rows, curve, desk.decision.threshold, costs.review, costs.factor)
    show_figures(
        [
            _figure("chosen", summary.chosen, desk.decision.threshold),
            _figure("best", summary.best, summary.best_threshold),
            _figure("nothing", summary.nothing),
        ]
    )
    told = t(
        "fraud_rnn.curves.cost_alt",
        chosen=summary.chosen,
        best=summary.best,
        threshold=summary.best_threshold,
    )
    st.plotly_chart(
        cost_chart(curve, desk.decision.threshold, summary),
        key="fraud.curves.cost",
        config=CHART,
        alt=told,
    )
    if desk.chosen.way != COST:
        st.button(
            t("fraud_rnn.curves.use_best"),
            icon=":material/target:",
            key="fraud.curves.use_best",
            on_click=_use_cost,
            args=(f"{key}.way",),
        )


def _use_cost(key: str) -> None:
    st.session_state[key] = COST


def _figure(name: str, value: float, threshold: float | None = None) -> Figure:
    note = "" if threshold is None else t("fraud_rnn.curves.at", threshold=threshold)
    label, help_ = t(f"fraud_rnn.curves.cost_{name}"), t(f"fraud_rnn.curves.cost_{name}_help")
    return Figure(label, f"{value:,.2f}", note, help_)


def _show_precision_recall(desk: Desk, rows: JudgedRows) -> None:
    from .dashboard_charts_curves import precision_recall_chart

    st.subheader(t("fraud_rnn.curves.precision_recall"), anchor=False)
    curve = _precision_recall(desk.scored.key, rows)
    precision, recall = rows.at(desk.decision.threshold)
    st.plotly_chart(
        precision_recall_chart(curve, precision, recall),
        key="fraud.curves.precision_recall",
        config=CHART,
        alt=t("fraud_rnn.curves.precision_recall_alt", precision=precision or 0.0, recall=recall),
    )


def _show_capacity(desk: Desk, rows: JudgedRows) -> None:
    from .dashboard_charts_curves import capacity_chart

    st.subheader(t("fraud_rnn.curves.capacity"), anchor=False)
    curve = _capacity_curve(desk.scored.key, desk)
    at: Any = np.interp(desk.decision.threshold, curve.threshold, curve.per_day)
    st.plotly_chart(
        capacity_chart(curve, float(at)),
        key="fraud.curves.capacity",
        config=CHART,
        alt=t("fraud_rnn.curves.capacity_alt", cards=float(at)),
    )


def _show_reliability(desk: Desk, rows: JudgedRows) -> None:
    st.subheader(t("fraud_rnn.curves.reliability"), anchor=False)
    chart = reliability_chart(rows.known, rows.probability, bins=10, top=_TOP)
    if chart is None:
        st.info(t("fraud_rnn.empty.reliability", n=rows.n), icon=":material/balance:")
        return
    expected, observed, count = reliability_summary(rows, _TOP)
    told = t(
        "fraud_rnn.curves.reliability_told",
        top=_TOP,
        n=count,
        expected=expected,
        observed=observed,
    )
    st.markdown(told)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        alt = told.replace("*", "")
        st.plotly_chart(chart, key="fraud.curves.reliability", config=CHART, alt=alt)
    with right:
        groups = reliability_groups(rows, _TOP)
        st.dataframe(
            groups,
            hide_index=True,
            height="content",
            column_config=_group_columns(),
            alt=t("fraud_rnn.curves.reliability"),
        )


def _group_columns() -> dict[str, Any]:
    config = st.column_config
    name = {
        key: t(f"fraud_rnn.curves.group.{key}")
        for key in ("count", "probability", "rate", "expected", "observed")
    }
    return {
        "count": config.NumberColumn(name["count"], format="localized"),
        "probability": config.NumberColumn(name["probability"], format="%.1f%%"),
        "rate": config.NumberColumn(name["rate"], format="%.1f%%"),
        "expected": config.NumberColumn(name["expected"], format="%.1f"),
        "observed": config.NumberColumn(name["observed"], format="%.0f"),
    }


@st.cache_data(show_spinner=False, max_entries=50)
def _cost_curve(key: str, costs: Costs, _rows: JudgedRows) -> CostCurve:
    return cost_curve(
        _rows.probability, _rows.known, _rows.amount, costs.review, costs.factor, points=300
    )


@st.cache_data(show_spinner=False, max_entries=8)
def _precision_recall(key: str, _rows: JudgedRows) -> PrecisionRecall:
    return precision_recall_curve(_rows.probability, _rows.known)


@st.cache_data(show_spinner=False, max_entries=8)
def _capacity_curve(key: str, _desk: Desk) -> CapacityCurve:
    book, usable = _desk.book, _desk.usable
    # Days without a usable label would dilute what is caught a day; without any, all days count.
    judged = np.isin(book.day, np.unique(book.day[usable >= 0]))
    rows = judged if judged.any() else np.ones(len(book), bool)
    return capacity_curve(
        _desk.marks.probability[rows],
        book.day[rows],
        book.card[rows],
        usable[rows],
        book.amount[rows],
    )
