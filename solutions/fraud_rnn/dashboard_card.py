"""A card's past on the fraud page."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.plain import plain

from .dashboard_book import Book, Marks
from .dashboard_table import queue_table, table_columns, table_height

_CHART = {"displayModeBar": False}
# Days before and after the chosen transaction; a burst of an hour needs the short one.
_SPAN_DAYS = {"days": 1, "month": 30}


def show_card(book: Book, marks: Marks, chosen: int | None, threshold: float) -> None:
    """A card's past: its amounts, probabilities and known frauds, as chart and list."""
    if chosen is None:
        st.subheader(t("fraud_rnn.card.title"), anchor=False)
        st.info(t("fraud_rnn.empty.card"), icon=":material/credit_card:")
        return
    from .dashboard_charts import card_timeline

    card = book.take("card", np.array([chosen]))[0].as_py()
    rows = book.rows_of_card(card)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.subheader(t("fraud_rnn.card.name", card=plain(card)), anchor=False, width="content")
        spans = {name: t(f"fraud_rnn.card.{name}") for name in ("days", "month", "all")}
        span = st.segmented_control(
            t("fraud_rnn.card.span"),
            list(spans),
            default="month",
            required=True,
            format_func=spans.__getitem__,
            key="fraud.span",
            label_visibility="collapsed",
        )
    st.caption(_about(book, marks, rows))
    if span in _SPAN_DAYS:
        near = np.abs(book.day[rows] - book.day[chosen]) <= _SPAN_DAYS[span]
        rows = rows[near]
    st.plotly_chart(
        card_timeline(book, marks, rows, chosen, threshold),
        key="fraud.timeline",
        config=_CHART,
        alt=t("fraud_rnn.card.name", card=card),
    )
    with st.expander(t("fraud_rnn.card.list", n=len(rows))):
        st.dataframe(
            queue_table(book, marks, rows[::-1], with_day=True),
            hide_index=True,
            height=table_height(len(rows), 300),
            column_config=table_columns(book, with_day=True),
        )


def _about(book: Book, marks: Marks, rows: np.ndarray) -> str:
    parts = [
        t("fraud_rnn.card.count", n=len(rows)),
        t("fraud_rnn.card.usual", amount=float(np.median(book.amount[rows]))),
        t("fraud_rnn.card.alerts", n=int(marks.alert[rows].sum())),
    ]
    if (book.known[rows] >= 0).any():
        parts.append(t("fraud_rnn.card.frauds", n=int((book.known[rows] == 1).sum())))
    return " · ".join(parts)
