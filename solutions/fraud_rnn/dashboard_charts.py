"""The charts of the fraud page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import INK, NEGATIVE, POSITIVE, UNKNOWN, layout
from lepton_core.ui.timeline import Timeline, date_ticks

from .dashboard_book import Book
from .dashboard_book_similar import Similar
from .dashboard_desk import Desk


def alerts_by_day(book: Book, counts: dict[str, np.ndarray], chosen: date) -> go.Figure:
    """Alerts a day, by what is known of them, with the frauds that were missed.

    Args:
        book: the transactions.
        counts: from ``by_day``.
        chosen: the day that is marked.
    """
    figure = go.Figure()
    days = book.days
    layers = (("fraud", POSITIVE), ("genuine", NEGATIVE), ("unknown", UNKNOWN))
    for name, color in layers:
        if counts[name].any():
            label = t(f"fraud_rnn.chart.{name}")
            figure.add_bar(
                x=days,
                y=counts[name],
                name=label,
                marker={"color": color, "line": {"width": 0}},
                # The chosen day is marked behind its bar; the others must not fade.
                unselected={"marker": {"opacity": 1.0}},
                hovertemplate=f"%{{x|%Y-%m-%d}}<br>{label}: %{{y}}<extra></extra>",
            )
    if counts["missed"].any():
        figure.add_scatter(
            x=days,
            y=counts["missed"],
            name=t("fraud_rnn.chart.missed"),
            mode="lines",
            line={"color": INK, "width": 1.2, "dash": "dot"},
            hoverinfo="skip",
        )
    half = timedelta(hours=12)
    noon = np.datetime64(chosen).astype("datetime64[s]").item()
    figure.add_vrect(
        x0=noon - half, x1=noon + half, fillcolor=UNKNOWN, opacity=0.25, line_width=0, layer="below"
    )
    figure.update_layout(**layout(210), barmode="stack", bargap=0.25)
    # A few days would get ticks at hours.
    ticks = date_ticks() if len(days) > 14 else {"dtick": 86_400_000, "tickformat": "%m-%d"}
    figure.update_xaxes(fixedrange=True, showgrid=False, hoverformat="%Y-%m-%d", **ticks)
    figure.update_yaxes(fixedrange=True, rangemode="tozero", nticks=5)
    return figure


def past_chart(desk: Desk, rows: np.ndarray, selected: int) -> go.Figure:
    """Amounts and probabilities of one card or terminal over time.

    Args:
        desk: the page's state.
        rows: of the card or terminal, in order of time.
        selected: the row that a person chose.
    """
    book, marks = desk.book, desk.marks
    return Timeline(
        time_us=book.time_us[rows],
        value=book.amount[rows],
        value_name=t("fraud_rnn.column.amount"),
        probability=marks.probability[rows],
        positive=desk.outcome[rows] == 1,
        positive_name=t("fraud_rnn.chart.known_fraud"),
        selected=rows == selected,
        threshold=desk.decision.threshold,
    ).figure()


def similar_chart(desk: Desk, found: Similar, row: int) -> go.Figure:
    """Similar cases and the one itself: how unusual the amount was, and how probable fraud.

    Args:
        desk: the page's state.
        found: the similar cases.
        row: the one that they are like.
    """
    figure = go.Figure()
    ratio = np.nan_to_num(desk.traits.ratio, nan=1.0)
    layers = (
        (found.rows[~found.fraud], "genuine", {"color": NEGATIVE, "symbol": "circle", "size": 11}),
        (found.rows[found.fraud], "fraud", {"color": POSITIVE, "symbol": "x", "size": 11}),
        (
            np.array([row]),
            "this",
            {"color": UNKNOWN, "symbol": "diamond-open", "size": 17, "line": {"width": 2.5}},
        ),
    )
    for rows, name, marker in layers:
        if not len(rows):
            continue
        label = t(f"fraud_rnn.similar.{name}")
        figure.add_scatter(
            x=np.maximum(ratio[rows], 0.01),
            y=desk.marks.probability[rows],
            mode="markers",
            name=label,
            marker={"line": {"width": 0.6, "color": "white"}, **marker},
            customdata=desk.book.amount[rows],
            hovertemplate=(
                f"{label}<br>%{{customdata:,.2f}} · × %{{x:.1f}} · %{{y:.1%}}<extra></extra>"
            ),
        )
    figure.update_layout(**layout(280))
    shown = np.maximum(ratio[np.append(found.rows, row)], 0.01)
    figure.update_xaxes(title_text=t("fraud_rnn.similar.ratio"), **log_axis(shown))
    figure.update_yaxes(
        title_text=t("fraud_rnn.column.probability"),
        tickformat=".0%",
        rangemode="tozero",
        fixedrange=True,
    )
    return figure


def log_axis(values: np.ndarray) -> dict[str, Any]:
    """A logarithmic axis over some positive values, its ticks plain numbers and not too many."""
    low, high = float(values.min()) / 1.15, float(values.max()) * 1.15
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5), (1,)):
        ticks = [m * 10.0**e for e in decades for m in steps if low <= m * 10.0**e <= high]
        if len(ticks) <= 8:
            break
    return {
        "type": "log",
        "range": [np.log10(low), np.log10(high)],
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [f"{tick:,.10g}" for tick in ticks],
        "fixedrange": True,
    }
