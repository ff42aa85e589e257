"""Charts of scored records of two or more classes."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import NEGATIVE, POSITIVE, THRESHOLD, UNKNOWN, layout
from lepton_core.ui.class_outcomes import ClassOutcomes

_BINS = 25


def confusion_chart(outcomes: ClassOutcomes) -> go.Figure | None:
    """Known class by predicted class, as counts and as shares of the known class.

    Args:
        outcomes: the records; only those whose class can speak for the bundle count.

    Returns:
        None where no class is known.
    """
    there = outcomes.judged >= 0
    if not there.any():
        return None
    n = len(outcomes.classes)
    counts = np.bincount(n * outcomes.judged[there] + outcomes.codes[there], minlength=n * n)
    counts = counts.reshape(n, n)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # By place, with the names as ticks: two classes may have one name in a language.
    places, names = list(range(n)), [_short(name) for name in outcomes.classes]
    figure = go.Figure(
        go.Heatmap(
            z=share,
            x=places,
            y=places,
            text=counts,
            texttemplate="%{text:,}",
            customdata=[[(a, b) for b in names] for a in names],
            hovertemplate="%{customdata[0]} → %{customdata[1]}: %{text} (%{z:.0%})<extra></extra>",
            colorscale=[[0.0, "#f2f5f8"], [1.0, UNKNOWN]],
            zmin=0.0,
            zmax=1.0,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    figure.update_layout(**layout(max(260, 40 * n + 90)))
    ticks = {"tickvals": places, "ticktext": names, "fixedrange": True, "showgrid": False}
    figure.update_xaxes(title_text=t("ui.classes.predicted"), **ticks)
    figure.update_yaxes(title_text=t("ui.classes.known"), autorange="reversed", **ticks)
    return figure


def probability_histogram(outcomes: ClassOutcomes) -> go.Figure:
    """How many records have a label of which probability, right and wrong ones apart.

    Args:
        outcomes: the records at a review limit, which is marked.
    """
    figure = go.Figure()
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    judged, right = outcomes.judged, outcomes.codes == outcomes.judged
    layers = (
        (t("ui.classes.wrong"), (judged >= 0) & ~right, POSITIVE),
        (t("ui.classes.right"), (judged >= 0) & right, UNKNOWN),
        (t("ui.classes.unjudged"), judged < 0, NEGATIVE),
    )
    for name, some, color in layers:
        if some.any():
            figure.add_bar(
                x=(edges[1:] + edges[:-1]) / 2,
                y=np.histogram(np.minimum(outcomes.probability[some], 1.0), edges)[0],
                width=1.0 / _BINS,
                name=name,
                marker={"color": color, "line": {"width": 0}},
                hovertemplate=f"%{{x:.0%}}<br>{name}: %{{y:,}}<extra></extra>",
            )
    limit = outcomes.decision.review_below
    if limit > 0:
        figure.add_vline(
            x=limit,
            line={"color": THRESHOLD, "width": 1.4, "dash": "dash"},
            annotation_text=t("ui.classes.below", limit=limit),
            annotation_position="top left" if limit > 0.4 else "top right",
            annotation_font_color=THRESHOLD,
        )
    figure.update_layout(**layout(), barmode="stack", bargap=0)
    figure.update_xaxes(
        range=[0, 1], tickformat=".0%", title_text=t("ui.classes.probability"), fixedrange=True
    )
    figure.update_yaxes(title_text=t("ui.classes.count"), fixedrange=True, nticks=5)
    return figure


def class_bars(names: tuple[str, ...], probability: np.ndarray, known: int) -> go.Figure:
    """The probability of each class for one record.

    Args:
        names: of the classes.
        probability: float32 [classes].
        known: number of the known class, which is marked; -1 for none.
    """
    order = np.argsort(probability, kind="stable")[-10:]
    marked = [f"{_short(names[at])} ✓" if at == known else _short(names[at]) for at in order]
    figure = go.Figure(
        go.Bar(
            x=probability[order],
            y=list(range(len(order))),
            orientation="h",
            marker={"color": [UNKNOWN if at == order[-1] else NEGATIVE for at in order]},
            text=[f"{probability[at]:.0%}" for at in order],
            textposition="auto",
            hovertemplate="%{x:.1%}<extra></extra>",
        )
    )
    figure.update_layout(**layout(60 + 30 * len(order)))
    figure.update_xaxes(range=[0, 1], tickformat=".0%", fixedrange=True)
    figure.update_yaxes(
        tickvals=list(range(len(order))), ticktext=marked, fixedrange=True, showgrid=False
    )
    return figure


def _short(name: str) -> str:
    # Plotly reads a few tags of HTML in a text; a folder's name must not be one.
    cut = name if len(name) <= 24 else name[:23] + "…"
    return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
