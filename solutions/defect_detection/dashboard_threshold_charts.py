"""Escape against overkill along the threshold, and what it costs."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from lepton_core.decision.outlier import Outlier
from lepton_core.messages import t
from lepton_core.ui.charts import INK, THRESHOLD, UNKNOWN, layout

from .dashboard_part_drawing import COLORS
from .dashboard_threshold_ladder import Ladder

_CHART = "defect_detection.threshold.chart"


def cost_chart(found: Ladder, cost: np.ndarray, best: int) -> go.Figure:
    """Money per 1,000 parts by threshold, with the place of now and the cheapest."""
    x, figure = _axis(found), go.Figure()
    figure.add_scatter(
        x=x,
        y=cost,
        mode="lines",
        line={"color": UNKNOWN, "width": 2.4},
        hovertemplate="%{x}: %{y:,.2f}<extra></extra>",
        showlegend=False,
    )
    marks = ((found.now, THRESHOLD, "now", "circle"), (best, COLORS["pass"], "cheapest", "star"))
    for at, color, word, symbol in marks:
        figure.add_scatter(
            x=[x[at]],
            y=[cost[at]],
            mode="markers",
            name=t(f"{_CHART}.{word}"),
            marker={"color": color, "size": 13, "symbol": symbol},
            hovertemplate=f"{t(f'{_CHART}.{word}')}: %{{y:,.2f}}<extra></extra>",
        )
    figure.update_layout(**layout(270))
    _style(figure, found)
    figure.update_yaxes(title_text=t(f"{_CHART}.cost"), rangemode="tozero", fixedrange=True)
    return figure


def outcome_chart(found: Ladder, best: int) -> go.Figure:
    """Shares that escape, are overkill and go to a person, by threshold."""
    x, figure = _axis(found), go.Figure()
    n = found.good + found.defective
    lines = (
        ("escape", found.escapes / max(found.defective, 1), COLORS["fail"], "solid"),
        ("overkill", found.overkill / max(found.good, 1), UNKNOWN, "solid"),
        ("look", found.looks.sum(axis=1) / max(n, 1), COLORS["unsure"], "dot"),
    )
    for word, share, color, dash in lines:
        name = t(f"{_CHART}.{word}")
        figure.add_scatter(
            x=x,
            y=share,
            mode="lines",
            name=name,
            line={"color": color, "width": 2, "dash": dash},
            hovertemplate=f"{name}: %{{y:.1%}}<extra></extra>",
        )
    for at, color in ((found.now, THRESHOLD), (best, COLORS["pass"])):
        figure.add_vline(x=x[at], line={"color": color, "width": 1.3, "dash": "dash"})
    figure.update_layout(**layout(270))
    _style(figure, found)
    figure.update_yaxes(range=[-0.02, 1.02], tickformat=".0%", fixedrange=True, nticks=6)
    return figure


def null_chart(decision: Outlier, scores: np.ndarray, known: np.ndarray) -> go.Figure:
    """Where good parts score, held-out ones and those here, with the threshold.

    Args:
        decision: with the held-out good parts.
        scores: of the parts here [n].
        known: 1 defective, 0 good, -1 not known, [n].
    """
    held = np.asarray(decision.good.scores, np.float64)
    groups = (
        (t(f"{_CHART}.held_out"), held, INK, np.asarray(decision.good.weights, np.float64)),
        (t(f"{_CHART}.good"), scores[known == 0], COLORS["pass"], None),
        (t(f"{_CHART}.defective"), scores[known == 1], COLORS["fail"], None),
        (t(f"{_CHART}.not_known"), scores[known < 0], UNKNOWN, None),
    )
    every = np.concatenate([values for _, values, _, _ in groups])
    ends = np.linspace(every.min(), every.max() + 1e-9, 41) if len(every) else np.linspace(0, 1, 3)
    figure = go.Figure()
    for name, values, color, weights in groups:
        if not len(values):
            continue
        count, _ = np.histogram(values, ends, weights=weights)
        figure.add_scatter(
            x=(ends[1:] + ends[:-1]) / 2,
            y=count / max(count.sum(), 1e-9),
            name=name,
            mode="lines",
            line={"color": color, "width": 1.8, "shape": "hvh"},
            hovertemplate=f"%{{x:.3g}}<br>{name}: %{{y:.1%}}<extra></extra>",
        )
    if decision.threshold is not None:
        figure.add_vline(x=decision.threshold, line={"color": THRESHOLD, "width": 1.4})
    if decision.unsure_from is not None:
        style = {"color": COLORS["unsure"], "width": 1.2, "dash": "dot"}
        figure.add_vline(x=decision.unsure_from, line=style)
    figure.update_layout(**layout(270))
    figure.update_xaxes(title_text=t(f"{_CHART}.strange"), fixedrange=True)
    figure.update_yaxes(tickformat=".0%", fixedrange=True, nticks=5)
    return figure


def _axis(found: Ladder) -> np.ndarray:
    """Places to draw at; one at minus infinity stands left of the others."""
    x = found.place.copy()
    finite = x[np.isfinite(x)]
    if len(finite) and not np.isfinite(x[0]):
        x[0] = finite[0] - 0.02 * max(float(np.ptp(finite)), 1e-6)
    return x


def _style(figure: go.Figure, found: Ladder) -> None:
    is_score = isinstance(found.decisions[0], Outlier)
    word = t(f"{_CHART}.{'score' if is_score else 'probability'}")
    figure.update_xaxes(title_text=word, fixedrange=True)
    if not is_score:
        figure.update_xaxes(range=[0, 1], tickformat=".0%")
