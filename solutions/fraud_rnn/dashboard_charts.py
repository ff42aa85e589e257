"""The charts of the fraud page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.timeline import Timeline, date_ticks

from .dashboard_book import Book, Marks

FRAUD, GENUINE, UNKNOWN = "#c0392b", "#b9c4ce", "#1f5f8b"
INK = "#1d2733"
_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}


def alerts_by_day(book: Book, counts: dict[str, np.ndarray], chosen: date) -> go.Figure:
    """Alerts a day, by what is known of them, with the frauds that were missed.

    Args:
        book: the transactions.
        counts: from ``by_day``.
        chosen: the day that is marked.
    """
    figure = go.Figure()
    days = book.days
    layers = (("fraud", FRAUD), ("genuine", GENUINE), ("unknown", UNKNOWN))
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
    # Any other hover mode keeps clicks from reaching Python.
    figure.update_layout(
        **_layout(210), barmode="stack", bargap=0.25, hovermode="closest", dragmode=False
    )
    # A few days would get ticks at hours.
    ticks = date_ticks() if len(days) > 14 else {"dtick": 86_400_000, "tickformat": "%m-%d"}
    figure.update_xaxes(fixedrange=True, showgrid=False, hoverformat="%Y-%m-%d", **ticks)
    figure.update_yaxes(fixedrange=True, rangemode="tozero", nticks=5)
    return figure


def card_timeline(
    book: Book, marks: Marks, rows: np.ndarray, selected: int | None, threshold: float
) -> go.Figure:
    """A card's amounts and probabilities over time.

    Args:
        book: the transactions.
        marks: at the threshold.
        rows: the card's rows, in order of time.
        selected: the row that a person chose; None for none.
        threshold: probability in 0..1.
    """
    return Timeline(
        time_us=book.time_us[rows],
        value=book.amount[rows],
        value_name=t("fraud_rnn.column.amount"),
        probability=marks.probability[rows],
        positive=book.known[rows] == 1,
        positive_name=t("fraud_rnn.chart.known_fraud"),
        selected=rows == (-1 if selected is None else selected),
        threshold=threshold,
    ).figure()


def _layout(height: int) -> dict[str, Any]:
    return {
        "height": height,
        "margin": _MARGIN,
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "title": None},
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
