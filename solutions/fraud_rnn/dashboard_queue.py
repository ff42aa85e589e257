"""The day's queue: its figures, the days around it, who is to be looked at, and downloads."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from lepton_core.messages import t
from lepton_core.spreadsheet import to_csv
from lepton_core.ui.figures import CHART, Figure, show_figures, table_height
from lepton_core.ui.verdict_store import show_store_error

from .dashboard_book import export, ranked
from .dashboard_book_day import DayFigures, by_day, day_figures, likeliest_cards
from .dashboard_desk import Desk, go_to
from .dashboard_past import show_past
from .dashboard_table import queue_table, table_columns

_MOST_ROWS = 5000


def show_day(desk: Desk, day: date) -> None:
    """The whole view of a day."""
    figures = day_figures(desk.book, desk.marks, day, desk.outcome)
    show_figures(_figures(desk, figures))
    if desk.unseen is not None and day < desk.unseen and figures.frauds is not None:
        text = t(
            "fraud_rnn.dashboard.learned", bundle=desk.scored.address, day=desk.unseen.isoformat()
        )
        st.caption(text)
    show_store_error()
    st.subheader(t("fraud_rnn.chart.title"), anchor=False)
    _show_alerts_by_day(desk, day)
    left, right = st.columns([8, 5], gap="medium")
    with left:
        row = _show_queue(desk, day)
    with right:
        if row is None:
            st.subheader(t("fraud_rnn.card.title"), anchor=False)
            st.info(t("fraud_rnn.empty.card"), icon=":material/credit_card:")
            return
        show_past(desk, "card", row, "fraud.queue.past")


def _figures(desk: Desk, day: DayFigures) -> list[Figure]:
    able = desk.chosen.cases
    cards = t("fraud_rnn.figure.able" if able else "fraud_rnn.figure.cards", n=day.cards, able=able)
    parts = [
        ("transactions", f"{day.transactions:,}", ""),
        ("alerts", f"{day.alerts:,}", cards),
        ("amount", f"{day.amount:,.2f}", ""),
        (
            "expected",
            f"{day.expected_amount:,.2f}",
            t("fraud_rnn.figure.expected_frauds", n=day.expected_frauds),
        ),
    ]
    if day.frauds is not None:
        of = t("fraud_rnn.figure.of_known", n=day.frauds)
        parts.append(("caught", f"{day.caught:,}", of))
        of = t("fraud_rnn.figure.of_amount", amount=day.fraud_amount)
        parts.append(("caught_amount", f"{day.caught_amount:,.2f}", of))
        precision = f"{day.caught / day.judged:.0%}" if day.judged else "–"
        parts.append(("precision", precision, ""))
    return [
        Figure(t(f"fraud_rnn.figure.{name}"), value, note, t(f"fraud_rnn.figure_help.{name}"))
        for name, value, note in parts
    ]


def _show_alerts_by_day(desk: Desk, day: date) -> None:
    """The chart of alerts a day; a click on a bar goes to its day."""
    from .dashboard_charts import alerts_by_day

    widget = f"{desk.day_key}.chart"

    def pick() -> None:
        points = st.session_state[widget].selection.points
        clicked = date.fromisoformat(str(points[0]["x"])[:10]) if points else None
        if clicked in desk.book.days:
            st.session_state[desk.day_key] = clicked

    st.plotly_chart(
        alerts_by_day(desk.book, by_day(desk.book, desk.marks, desk.outcome), day),
        key=widget,
        on_select=pick,
        selection_mode="points",
        config=CHART,
        alt=t(
            "fraud_rnn.chart.alerts_alt", n=int(desk.marks.alert.sum()), days=len(desk.book.days)
        ),
    )


def _views(desk: Desk, day: date) -> dict[str, np.ndarray]:
    """What the queue can show: name -> rows."""
    every = desk.book.rows_of_day(day)
    alerts = every[desk.marks.alert[every]]
    views = {"alerts": alerts, "review": every[desk.marks.review[every]], "all": every}
    if desk.chosen.cases is None:
        return views
    # A threshold holds for all days; a team has so many hours on this one, whatever it brings.
    likeliest = likeliest_cards(desk.book, every, desk.marks, desk.chosen.cases)
    return {"capacity": likeliest, **views}


def _show_queue(desk: Desk, day: date) -> int | None:
    """The day's transactions with the most probable first.

    Returns:
        the row a person chose, the first one at first; None where there is none.
    """
    views = _views(desk, day)
    able = desk.chosen.cases
    names = {
        name: t(f"fraud_rnn.queue.{name}", n=len(rows), cards=able) for name, rows in views.items()
    }
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.subheader(t("fraud_rnn.queue.title"), anchor=False, width="content")
        view = st.segmented_control(
            t("fraud_rnn.queue.view"),
            list(views),
            default=next(iter(views)),
            required=True,
            format_func=names.__getitem__,
            key=f"fraud.queue.view.{len(views)}",
            label_visibility="collapsed",
            persist_state="session",
        )
        only_open = st.toggle(
            t("fraud_rnn.queue.only_open"),
            key="fraud.queue.only_open",
            help=t("fraud_rnn.queue.only_open_help"),
            disabled=not desk.has_store,
            persist_state="session",
        )
    chosen_rows = views[view or next(iter(views))]
    rows = ranked(chosen_rows, desk.marks)[:_MOST_ROWS]
    if only_open and desk.has_store:
        rows = desk.cases.open_rows(rows)
    if not len(rows):
        told = "all_judged" if len(chosen_rows) else view
        st.info(t(f"fraud_rnn.empty.{told}", day=day.isoformat()), icon=":material/task_alt:")
        return None
    event: Any = st.dataframe(
        queue_table(desk.book, desk.marks, rows, cases=desk.cases if desk.has_store else None),
        hide_index=True,
        placeholder="–",
        height=table_height(len(rows)),
        key=f"fraud.queue.{desk.scored.key}.{day}.{view}.{only_open}",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        column_config=table_columns(),
        alt=t("fraud_rnn.queue.title"),
    )
    row = _picked(desk, event.selection, rows)
    with st.container(horizontal=True):
        st.button(
            t("fraud_rnn.queue.open"),
            icon=":material/policy:",
            type="primary",
            key="fraud.queue.open",
            on_click=_open,
            args=(desk, row),
        )
        _downloads(desk, views["alerts"], day)
    return row


def _open(desk: Desk, row: int) -> None:
    desk.turn_to(row)
    go_to("alert")


def _picked(desk: Desk, selection: Any, rows: np.ndarray) -> int:
    """The clicked row, else the one that was open before, else the first."""
    clicked = [*selection.rows, *(row for row, _ in selection.cells)]
    opened = desk.opened()
    row = opened if opened is not None and opened in rows else int(rows[0])
    if clicked and clicked[0] < len(rows):
        row = int(rows[clicked[0]])
    # What stands beside the queue is what the alert's view shows next.
    desk.open(row)
    return row


def _downloads(desk: Desk, alerts: np.ndarray, day: date) -> None:
    every = np.flatnonzero(desk.marks.alert)
    for name, rows, stem in (("day", alerts, f"alerts_{day}"), ("every", every, "alerts_all")):
        st.download_button(
            t(f"fraud_rnn.queue.download_{name}", n=len(rows)),
            partial(_csv, desk, rows),
            file_name=f"{stem}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            disabled=not len(rows),
            key=f"fraud.download.{name}",
        )


def _csv(desk: Desk, rows: np.ndarray) -> bytes:
    return to_csv(export(desk.book, desk.marks, ranked(rows, desk.marks), desk.scored.address))
