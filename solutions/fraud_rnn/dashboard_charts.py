"""The charts of the fraud page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lepton_core.messages import t

from .dashboard_book import Book, Marks

FRAUD, GENUINE, UNKNOWN = "#c0392b", "#b9c4ce", "#1f5f8b"
THRESHOLD, INK = "#7a4b00", "#1d2733"
# Pale where nothing is the matter, so that the few that matter stand out.
PROBABILITY = [
    [0.0, "#c9d6e2"],
    [0.15, "#8fb3cf"],
    [0.4, "#f0b35e"],
    [0.7, "#e0703f"],
    [1.0, FRAUD],
]
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
    ticks = _dates() if len(days) > 14 else {"dtick": 86_400_000, "tickformat": "%m-%d"}
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
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.07)
    time = book.time_us[rows].astype("datetime64[us]")
    probability, amount = marks.probability[rows], book.amount[rows]
    colors: dict[str, Any] = {
        "color": probability,
        "colorscale": PROBABILITY,
        "cmin": 0.0,
        "cmax": 1.0,
        "line": {"width": 0.5, "color": "white"},
    }
    custom = np.stack([amount, probability], axis=1)
    hover = t("fraud_rnn.chart.hover")
    for line, values in ((1, amount), (2, probability)):
        _stems(figure, time, values, line)
        figure.add_scatter(
            x=time,
            y=values,
            mode="markers",
            marker={**colors, "size": 8},
            customdata=custom,
            hovertemplate=hover,
            showlegend=False,
            row=line,
            col=1,
        )
        _rings(figure, time, values, book.known[rows] == 1, line)
        if selected is not None:
            _pointer(figure, time, values, rows == selected, line)
    figure.add_hline(
        y=threshold,
        line={"color": THRESHOLD, "width": 1.2, "dash": "dash"},
        annotation_text=t("fraud_rnn.chart.threshold", threshold=threshold),
        annotation_position="top left" if threshold < 0.85 else "bottom left",
        annotation_font_color=THRESHOLD,
        row=2,
        col=1,
    )
    figure.update_layout(**_layout(380), hovermode="closest")
    figure.update_xaxes(showgrid=False, **_dates())
    top = float(amount.max(initial=1.0))
    # A little below zero, or the marks of tiny amounts would be cut in half.
    figure.update_yaxes(
        title_text=t("fraud_rnn.column.amount"), range=[-0.07 * top, 1.12 * top], row=1, col=1
    )
    figure.update_yaxes(
        title_text=t("fraud_rnn.column.probability"),
        range=[-0.07, 1.12],
        tickformat=".0%",
        row=2,
        col=1,
    )
    return figure


def _stems(figure: go.Figure, time: np.ndarray, values: np.ndarray, line: int) -> None:
    """Thin lines from zero, in one trace with gaps: quicker to draw than a bar each."""
    x = np.repeat(time, 3)
    y = np.column_stack([np.zeros_like(values), values, np.full_like(values, np.nan)]).ravel()
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": "#dbe3ea", "width": 1},
        hoverinfo="skip",
        showlegend=False,
        row=line,
        col=1,
    )


def _rings(
    figure: go.Figure, time: np.ndarray, values: np.ndarray, fraud: np.ndarray, line: int
) -> None:
    """A ring around each known fraud; in the legend once."""
    if not fraud.any():
        return
    figure.add_scatter(
        x=time[fraud],
        y=values[fraud],
        mode="markers",
        name=t("fraud_rnn.chart.known_fraud"),
        marker={"symbol": "circle-open", "size": 14, "color": FRAUD, "line": {"width": 2}},
        hoverinfo="skip",
        showlegend=line == 1,
        row=line,
        col=1,
    )


def _pointer(
    figure: go.Figure, time: np.ndarray, values: np.ndarray, at: np.ndarray, line: int
) -> None:
    figure.add_scatter(
        x=time[at],
        y=values[at],
        mode="markers",
        name=t("fraud_rnn.chart.selected"),
        marker={"symbol": "diamond-open", "size": 19, "color": INK, "line": {"width": 1.6}},
        hoverinfo="skip",
        showlegend=line == 1,
        row=line,
        col=1,
    )


def _dates() -> dict[str, Any]:
    # Numbers alone: month names would stay English on a Chinese page.
    return {
        "tickformatstops": [
            {"dtickrange": [None, 86_400_000 - 1], "value": "%H:%M\n%m-%d"},
            {"dtickrange": [86_400_000, "M1"], "value": "%m-%d"},
            {"dtickrange": ["M1", None], "value": "%Y-%m"},
        ],
    }


def _layout(height: int) -> dict[str, Any]:
    return {
        "height": height,
        "margin": _MARGIN,
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "title": None},
        "plot_bgcolor": "rgba(0,0,0,0)",
    }
