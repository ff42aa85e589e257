"""How the alerts did, week by week, as far as their labels have arrived."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.figures import CHART, Figure, show_figures, table_height
from lepton_core.ui.verdict_store import show_store_error

from .dashboard_book_weeks import KNOWN, UNLABELLED, WAITING, Week, weekly
from .dashboard_desk import Desk


def show_weeks(desk: Desk) -> None:
    """The whole view."""
    from .dashboard_charts_weeks import caught_chart, weeks_chart

    judged = desk.cases.judged if desk.has_store else None
    weeks = weekly(desk.book, desk.marks, desk.delay_days, judged)
    st.caption(t("fraud_rnn.weeks.how", days=desk.delay_days))
    show_store_error()
    known = [week for week in weeks if week.precision is not None or week.recall is not None]
    if desk.unseen is not None:
        text = t("fraud_rnn.weeks.learned", bundle=desk.scored.address, day=desk.unseen.isoformat())
        st.caption(text)
    if known:
        _show_latest(known[-1])
    elif all(week.state == WAITING for week in weeks):
        st.info(
            t("fraud_rnn.empty.weeks_waiting", days=desk.delay_days), icon=":material/hourglass:"
        )
    else:
        st.info(t("fraud_rnn.empty.weeks_unlabelled"), icon=":material/label_off:")
    st.subheader(t("fraud_rnn.weeks.chart"), anchor=False)
    told = t("fraud_rnn.weeks.alt", n=len(weeks), known=len(known))
    st.plotly_chart(
        weeks_chart(weeks, desk.unseen), key="fraud.weeks.chart", config=CHART, alt=told
    )
    if any(week.fraud_amount is not None for week in weeks):
        st.subheader(t("fraud_rnn.weeks.amounts"), anchor=False)
        st.plotly_chart(caught_chart(weeks), key="fraud.weeks.amounts", config=CHART, alt=told)
    st.dataframe(
        _table(weeks),
        hide_index=True,
        placeholder="–",
        height=table_height(len(weeks), 620),
        column_config=_columns(),
        alt=t("fraud_rnn.weeks.chart"),
    )


def _show_latest(week: Week) -> None:
    """The latest week that can be told, in figures."""
    st.subheader(
        t("fraud_rnn.weeks.latest", first=week.start.isoformat(), last=_last_day(week)),
        anchor=False,
    )
    of = t("fraud_rnn.figure.of_known", n=week.frauds) if week.frauds is not None else ""
    of_amount = (
        t("fraud_rnn.figure.of_amount", amount=week.fraud_amount)
        if week.fraud_amount is not None
        else ""
    )
    cards = t("fraud_rnn.weeks.cards", n=week.cards)
    precision, recall = _percent(week.precision), _percent(week.recall)
    show_figures(
        [
            Figure(t("fraud_rnn.figure.alerts"), f"{week.alerts:,}", cards),
            Figure(
                t("fraud_rnn.figure.precision"), precision, help=t("fraud_rnn.weeks.help.precision")
            ),
            Figure(t("fraud_rnn.weeks.recall"), recall, help=t("fraud_rnn.weeks.help.recall")),
            Figure(t("fraud_rnn.figure.caught"), f"{week.caught:,}", of),
            Figure(t("fraud_rnn.figure.caught_amount"), f"{week.caught_amount:,.2f}", of_amount),
        ]
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _last_day(week: Week) -> str:
    return (week.start + timedelta(days=6)).isoformat()


def _table(weeks: list[Week]) -> pa.Table:
    newest = weeks[::-1]
    words = {state: t(f"fraud_rnn.weeks.state.{state}") for state in (KNOWN, WAITING, UNLABELLED)}
    columns: dict[str, Any] = {
        "week": pa.array([week.start for week in newest], pa.date32()),
        "state": pa.array([[words[week.state]] for week in newest], pa.list_(pa.string())),
        "transactions": [week.transactions for week in newest],
        "alerts": [week.alerts for week in newest],
        "cards": [week.cards for week in newest],
        "judged": [week.judged for week in newest],
        "precision": pa.array([_hundred(week.precision) for week in newest], pa.float64()),
        "recall": pa.array([_hundred(week.recall) for week in newest], pa.float64()),
        "caught_amount": pa.array(
            [week.caught_amount if week.precision is not None else None for week in newest],
            pa.float64(),
        ),
        "fraud_amount": pa.array([week.fraud_amount for week in newest], pa.float64()),
    }
    return pa.table(columns)


def _hundred(share: float | None) -> float | None:
    return None if share is None else 100.0 * share


def _columns() -> dict[str, Any]:
    config = st.column_config
    words = [t(f"fraud_rnn.weeks.state.{state}") for state in (KNOWN, WAITING, UNLABELLED)]
    number = {
        name: t(f"fraud_rnn.weeks.column.{name}")
        for name in ("transactions", "alerts", "cards", "judged", "caught_amount", "fraud_amount")
    }
    counts = ("transactions", "alerts", "cards", "judged")
    return {
        "week": config.DateColumn(t("fraud_rnn.weeks.column.week"), format="YYYY-MM-DD"),
        "state": config.MultiselectColumn(
            t("fraud_rnn.weeks.column.state"), options=words, color=["green", "blue", "gray"]
        ),
        **{name: config.NumberColumn(number[name], format="localized") for name in counts},
        "precision": config.NumberColumn(t("fraud_rnn.weeks.column.precision"), format="%.0f%%"),
        "recall": config.NumberColumn(t("fraud_rnn.weeks.column.recall"), format="%.0f%%"),
        "caught_amount": config.NumberColumn(number["caught_amount"], format="%.2f"),
        "fraud_amount": config.NumberColumn(number["fraud_amount"], format="%.2f"),
    }
