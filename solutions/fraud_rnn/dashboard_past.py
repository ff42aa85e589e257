"""The past of a card or of a terminal on the fraud page, around one transaction."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.figures import CHART, table_height
from lepton_core.ui.plain import plain

from .dashboard_desk import Desk
from .dashboard_table import queue_table, table_columns

# Days before and after the chosen transaction; a burst of an hour needs the short one.
_SPAN_DAYS = {"days": 1, "month": 30}
# More dots than a chart of this width can tell apart.
_MOST_DOTS = 1500


def show_past(desk: Desk, kind: str, row: int, key: str) -> None:
    """Amounts, probabilities, alerts and known frauds of one card or terminal, and their list.

    Args:
        desk: the page's state.
        kind: ``card`` or ``terminal``.
        row: the transaction around which it is shown.
        key: of the widgets.
    """
    from .dashboard_charts import past_chart

    book = desk.book
    name = book.records.column(kind)[row].as_py()
    if name is None:
        st.subheader(t(f"fraud_rnn.{kind}.title"), anchor=False)
        st.info(t(f"fraud_rnn.empty.{kind}"), icon=":material/storefront:")
        return
    rows = book.rows_like(kind, row)
    title = t(f"fraud_rnn.{kind}.name", name=plain(name))
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.subheader(title, anchor=False, width="content")
        span = _choose_span(key)
    about = _about(desk, rows)
    st.caption(about)
    if span in _SPAN_DAYS:
        rows = rows[np.abs(book.day[rows] - book.day[row]) <= _SPAN_DAYS[span]]
    if len(rows) > _MOST_DOTS:
        st.caption(t("fraud_rnn.past.nearest", n=_MOST_DOTS, of=len(rows)))
        nearest = np.argsort(np.abs(book.time_us[rows] - book.time_us[row]), kind="stable")
        rows = np.sort(rows[nearest[:_MOST_DOTS]])
    st.plotly_chart(
        past_chart(desk, rows, row),
        key=f"{key}.chart",
        config=CHART,
        alt=f"{t(f'fraud_rnn.{kind}.name', name=name)}: {about}",
    )
    with st.expander(t("fraud_rnn.past.list", n=len(rows))):
        st.dataframe(
            queue_table(
                book,
                desk.marks,
                rows[::-1],
                without=kind,
                cases=desk.cases if desk.has_store else None,
            ),
            hide_index=True,
            placeholder="–",
            height=table_height(len(rows), 300),
            column_config=table_columns(with_day=True),
            alt=t("fraud_rnn.past.list", n=len(rows)),
        )


def _choose_span(key: str) -> str:
    names = {name: t(f"fraud_rnn.past.{name}") for name in ("days", "month", "all")}
    span = st.segmented_control(
        t("fraud_rnn.past.span"),
        list(names),
        default="month",
        required=True,
        format_func=names.__getitem__,
        key=f"{key}.span",
        label_visibility="collapsed",
        persist_state="session",
    )
    return str(span)


def _about(desk: Desk, rows: np.ndarray) -> str:
    book, marks = desk.book, desk.marks
    parts = [
        t("fraud_rnn.past.count", n=len(rows)),
        t("fraud_rnn.past.usual", amount=float(np.median(book.amount[rows]))),
        t("fraud_rnn.past.alerts", n=int(marks.alert[rows].sum())),
    ]
    known = desk.outcome[rows]
    if (known >= 0).any():
        parts.append(t("fraud_rnn.past.frauds", n=int((known == 1).sum())))
    return " · ".join(parts)
