"""Charts of scored records of two classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from lepton_core.errors import DataError
from lepton_core.evaluation.calibration import reliability
from lepton_core.explain.base import Reason
from lepton_core.messages import t
from lepton_core.ui.outcomes import Outcomes

# Of middle lightness, so that they can be read on a light page and on a dark one.
POSITIVE, NEGATIVE, UNKNOWN = "#d0453a", "#aab6c2", "#2f7fb5"
THRESHOLD, INK = "#b06a00", "#6c7a89"
_BINS = 40


def score_histogram(outcomes: Outcomes) -> go.Figure:
    """How many records have which probability, by what is known of them.

    Args:
        outcomes: the records at a threshold, which is marked.
    """
    figure = go.Figure()
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    first, second = outcomes.classes
    layers = (
        (second, 1, POSITIVE),
        (first, 0, NEGATIVE),
        (t("ui.outcomes.unknown"), -1, UNKNOWN),
    )
    for name, value, color in layers:
        some = outcomes.probability[outcomes.known == value]
        if len(some):
            figure.add_bar(
                x=(edges[1:] + edges[:-1]) / 2,
                y=np.histogram(some, edges)[0],
                width=1.0 / _BINS,
                name=name,
                marker={"color": color, "line": {"width": 0}},
                hovertemplate=f"%{{x:.1%}}<br>{name}: %{{y:,}}<extra></extra>",
            )
    threshold = outcomes.decision.threshold
    figure.add_vline(
        x=threshold,
        line={"color": THRESHOLD, "width": 1.4, "dash": "dash"},
        annotation_text=t("ui.outcomes.from", threshold=threshold),
        annotation_position="top right" if threshold < 0.6 else "top left",
        annotation_font_color=THRESHOLD,
    )
    figure.update_layout(**layout(), barmode="stack", bargap=0)
    figure.update_xaxes(
        range=[0, 1], tickformat=".0%", title_text=t("ui.outcomes.probability"), fixedrange=True
    )
    figure.update_yaxes(title_text=t("ui.outcomes.records"), fixedrange=True, nticks=5)
    return figure


def calibration_chart(outcomes: Outcomes, bins: int = 10) -> go.Figure | None:
    """Predicted probability against what came of it, in groups of equally many records.

    Args:
        outcomes: the records; only those whose outcome can speak for the bundle count.
        bins: number of groups at most.

    Returns:
        None where too little is known.
    """
    return reliability_chart(outcomes.judged, outcomes.probability, bins)


def reliability_chart(
    known: np.ndarray, probability: np.ndarray, bins: int = 10, top: float = 1.0
) -> go.Figure | None:
    """Predicted probability against the share that came true.

    Args:
        known: int8 [n], 1 positive, 0 negative, -1 not known, which counts for nothing.
        probability: float32 [n], in 0..1.
        bins: number of groups at most, of equally many records.
        top: part of the records to look at, those of highest probability, in 0..1.

    Returns:
        None where too little is known.
    """
    there = known >= 0
    if top * there.sum() < 5 * bins or not (known == 1).any():
        return None
    try:
        curve = reliability(known[there], probability[there], bins=bins, top=top)
    except DataError:
        return None
    end = float(min(1.0, 1.08 * max(curve.probability.max(), curve.rate.max())))
    figure = go.Figure()
    figure.add_scatter(
        x=[0, end],
        y=[0, end],
        mode="lines",
        name=t("ui.outcomes.ideal"),
        line={"color": NEGATIVE, "width": 1.2, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=curve.probability,
        y=curve.rate,
        mode="lines+markers",
        name=t("ui.outcomes.observed"),
        marker={"color": UNKNOWN, "size": 8},
        line={"color": UNKNOWN, "width": 1.6},
        customdata=curve.count,
        hovertemplate="%{x:.1%} → %{y:.1%} (n = %{customdata:,})<extra></extra>",
    )
    figure.update_layout(**layout())
    figure.update_xaxes(
        range=[0, end], tickformat=".0%", title_text=t("ui.outcomes.probability"), fixedrange=True
    )
    figure.update_yaxes(
        range=[0, end], tickformat=".0%", title_text=t("ui.outcomes.observed"), fixedrange=True
    )
    return figure


def reason_bars(reasons: tuple[Reason, ...]) -> go.Figure:
    """The reasons of one record, the strongest on top, by how far each raises the score."""
    texts = [reason.text() for reason in reasons][::-1]
    figure = go.Figure()
    figure.add_bar(
        x=[reason.contribution for reason in reasons][::-1],
        y=list(range(len(texts))),
        orientation="h",
        marker={"color": POSITIVE, "opacity": 0.75},
        text=[f"+{reason.contribution:.1f}" for reason in reasons][::-1],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="skip",
    )
    # Sentences stand above their bars: beside them they would leave no room on a narrow window.
    for place, text in enumerate(texts):
        figure.add_annotation(
            x=0,
            y=place + 0.46,
            xref="x",
            yref="y",
            text=safe(text),
            showarrow=False,
            xanchor="left",
            yanchor="middle",
            font={"size": 12},
        )
    figure.update_layout(**layout(46 * len(texts) + 84), bargap=0.62, showlegend=False)
    # Room on the right for the last bar's number.
    most = max((reason.contribution for reason in reasons), default=1.0)
    figure.update_xaxes(title_text=t("ui.outcomes.raises"), fixedrange=True, range=[0, 1.15 * most])
    figure.update_yaxes(visible=False, fixedrange=True, range=[-0.6, len(texts) - 0.2])
    return figure


def safe(text: str) -> str:
    """A text as a chart shows it: Plotly reads tags in one, and a person's value must not be one.

    Example:
        >>> safe("<1%")
        '&lt;1%'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def layout(height: int = 260) -> dict[str, Any]:
    """What all charts of a page have in common; ``height`` in pixels."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "title": None},
        "plot_bgcolor": "rgba(0,0,0,0)",
        # Any other hover mode keeps clicks from reaching Python.
        "hovermode": "closest",
        "dragmode": False,
    }
