"""The parts of the fraud page that show a day: its figures, its queue, the days around it."""

from __future__ import annotations

import io
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.scored import Scored

from .dashboard_book import Book, DayFigures, Marks, export, ranked
from .dashboard_table import queue_table, table_columns, table_height

_CHART = {"displayModeBar": False}
_MOST_ROWS = 5000


def book_of(scored: Scored) -> Book:
    """The book of scored transactions, put in order once."""
    return _book(scored.key, scored)


@st.cache_resource(show_spinner=False, max_entries=4, scope="session")
def _book(key: str, _scored: Scored) -> Book:
    return Book.of(_scored.records, _scored.score)


def show_figures(figures: DayFigures) -> None:
    """The day's figures in a row that wraps on a narrow window."""
    share = figures.alerts / figures.transactions if figures.transactions else 0.0
    parts: list[tuple[str, str, str | None]] = [
        ("transactions", f"{figures.transactions:,}", None),
        ("alerts", f"{figures.alerts:,}", f"{share:.2%}"),
        ("cards", f"{figures.cards:,}", None),
        ("amount", f"{figures.amount:,.2f}", None),
    ]
    if figures.frauds is not None:
        of = t("fraud_rnn.figure.of_known", n=figures.frauds)
        parts.append(("caught", f"{figures.caught:,}", of))
        precision = f"{figures.caught / figures.judged:.0%}" if figures.judged else "–"
        parts.append(("precision", precision, None))
    with st.container(horizontal=True, gap="small"):
        for name, value, note in parts:
            st.metric(
                t(f"fraud_rnn.figure.{name}"),
                value,
                delta=note,
                delta_color="off",
                delta_arrow="off",
                border=True,
                width="stretch",
                height="stretch",
                help=t(f"fraud_rnn.figure_help.{name}"),
            )


def show_alerts_by_day(book: Book, counts: dict[str, np.ndarray], day: date, key: str) -> None:
    """The chart of alerts a day; a click on a bar goes to its day."""
    from .dashboard_charts import alerts_by_day

    widget = f"{key}.chart"

    def pick() -> None:
        points = st.session_state[widget].selection.points
        clicked = date.fromisoformat(str(points[0]["x"])[:10]) if points else None
        if clicked in book.days:
            st.session_state[key] = clicked

    st.plotly_chart(
        alerts_by_day(book, counts, day),
        key=widget,
        on_select=pick,
        selection_mode="points",
        config=_CHART,
        alt=t("fraud_rnn.chart.title"),
    )


def show_queue(book: Book, marks: Marks, day: date, scored: Scored) -> int | None:
    """The day's alerts with the most probable first.

    Returns:
        the row a person chose, the first one at first; None where there is none.
    """
    all_rows = book.rows_of_day(day)
    views = {
        "alerts": all_rows[marks.alert[all_rows]],
        "review": all_rows[marks.review[all_rows]],
        "all": all_rows,
    }
    names = {name: t(f"fraud_rnn.queue.{name}", n=len(rows)) for name, rows in views.items()}
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.subheader(t("fraud_rnn.queue.title"), anchor=False, width="content")
        view = st.segmented_control(
            t("fraud_rnn.queue.view"),
            list(views),
            default="alerts",
            required=True,
            format_func=names.__getitem__,
            key="fraud.view",
            label_visibility="collapsed",
        )
    rows = ranked(views[view or "alerts"], marks)[:_MOST_ROWS]
    if not len(rows):
        st.info(t(f"fraud_rnn.empty.{view}", day=day.isoformat()), icon=":material/task_alt:")
        return None
    event: Any = st.dataframe(
        queue_table(book, marks, rows),
        hide_index=True,
        height=table_height(len(rows)),
        key=f"fraud.queue.{scored.key}.{day}.{view}",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        column_config=table_columns(book),
    )
    _downloads(book, marks, views["alerts"], day, scored)
    return int(rows[_picked(event.selection, len(rows))])


def _picked(selection: Any, count: int) -> int:
    rows = [*selection.rows, *(row for row, _ in selection.cells)]
    return rows[0] if rows and rows[0] < count else 0


def _downloads(book: Book, marks: Marks, alerts: np.ndarray, day: date, scored: Scored) -> None:
    every = np.flatnonzero(marks.alert)
    with st.container(horizontal=True):
        for name, rows, stem in (("day", alerts, f"alerts_{day}"), ("every", every, "alerts_all")):
            st.download_button(
                t(f"fraud_rnn.queue.download_{name}", n=len(rows)),
                partial(_csv, book, marks, rows, scored.address),
                file_name=f"{stem}.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
                disabled=not len(rows),
                key=f"fraud.download.{name}",
            )


def _csv(book: Book, marks: Marks, rows: np.ndarray, address: str) -> bytes:
    import pyarrow.csv

    sink = io.BytesIO()
    pyarrow.csv.write_csv(export(book, marks, ranked(rows, marks), address), sink)
    return sink.getvalue()
