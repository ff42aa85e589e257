"""Pareto, capability and operating characteristic as Plotly figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import INK, NEGATIVE, POSITIVE, THRESHOLD, UNKNOWN, layout, safe

if TYPE_CHECKING:
    from .quality.capability import Capability
    from .quality.pareto import Bar

_PAGE = "defect_detection.quality.page"


def pareto_chart(bars: Sequence[Bar], weighted: bool, height: int = 340) -> go.Figure:
    """Bars by cost with the cumulative share above them, where there are several.

    Args:
        bars: the costliest first.
        weighted: whether costs are more than numbers.
        height: in pixels.
    """
    names = [safe(bar.name) for bar in bars]
    figure = go.Figure()
    figure.add_bar(
        x=names,
        y=[bar.cost for bar in bars],
        marker={"color": UNKNOWN},
        name=t(f"{_PAGE}.pareto.{'cost' if weighted else 'count'}"),
        customdata=[bar.count for bar in bars],
        hovertemplate="%{x}<br>%{y:,.4g} (%{customdata:,})<extra></extra>",
    )
    if len(bars) > 1:
        figure.add_scatter(
            x=names,
            y=[bar.cumulative for bar in bars],
            mode="lines+markers",
            yaxis="y2",
            line={"color": THRESHOLD, "width": 2},
            name=t(f"{_PAGE}.pareto.cumulative"),
            hovertemplate="%{x}<br>%{y:.1%}<extra></extra>",
        )
    figure.update_layout(
        **layout(height),
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "range": [0, 1.05],
            "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1.0],
            "tickformat": ".0%",
            "showgrid": False,
            "fixedrange": True,
        },
    )
    figure.update_xaxes(fixedrange=True, type="category")
    figure.update_yaxes(fixedrange=True, rangemode="tozero", selector={"side": None})
    return figure


def capability_chart(
    values: np.ndarray, lower: float, upper: float, found: Capability | None
) -> go.Figure:
    """Histogram of the values with the specification limits and both normal curves."""
    figure = go.Figure()
    edges = _edges(values)
    counts, _ = np.histogram(values, edges)
    width = edges[1] - edges[0]
    figure.add_bar(
        x=(edges[1:] + edges[:-1]) / 2,
        y=counts,
        width=width,
        marker={"color": NEGATIVE, "line": {"width": 0}},
        name=t(f"{_PAGE}.capability.values"),
        hovertemplate="%{x:.4g}: %{y:,}<extra></extra>",
    )
    ends = [values.min(), values.max(), *(e for e in (lower, upper) if np.isfinite(e))]
    x = np.linspace(min(ends) - width, max(ends) + width, 200)
    if found is not None:
        for name, sigma, color in (
            ("within", found.sigma_within, UNKNOWN),
            ("overall", found.sigma_overall, INK),
        ):
            y = np.exp(-(((x - found.mean) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))
            figure.add_scatter(
                x=x,
                y=y * len(values) * width,
                mode="lines",
                line={"color": color, "width": 1.6},
                name=t(f"{_PAGE}.capability.{name}"),
                hoverinfo="skip",
            )
    for end, name in ((lower, "lsl"), (upper, "usl")):
        if np.isfinite(end):
            figure.add_vline(
                x=end,
                line={"color": POSITIVE, "width": 1.6},
                annotation_text=t(f"{_PAGE}.capability.{name}"),
                annotation_font_color=POSITIVE,
            )
    figure.update_layout(**layout(340), bargap=0)
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(title_text=t(f"{_PAGE}.capability.count"), fixedrange=True, nticks=6)
    return figure


def _edges(values: np.ndarray) -> np.ndarray:
    """Edges of a histogram, in whole steps of the gauge: others would comb it."""
    different = np.unique(values)
    step = float(np.diff(different).min()) if len(different) > 1 else 1.0
    wanted = float(np.ptp(values)) / np.clip(np.sqrt(len(values)), 8, 30)
    width = max(round(wanted / step), 1) * step
    count = int(np.ceil(np.ptp(values) / width)) + 1
    return different[0] - step / 2 + width * np.arange(count + 1)


def oc_chart(quality: np.ndarray, accepted: np.ndarray, aql: float, limiting: float) -> go.Figure:
    """Probability of acceptance by quality, with the AQL and the limiting quality."""
    figure = go.Figure()
    figure.add_scatter(
        x=quality,
        y=accepted,
        mode="lines",
        line={"color": UNKNOWN, "width": 2},
        showlegend=False,
        hovertemplate="%{x:.2%}<br>%{y:.1%}<extra></extra>",
    )
    for at, name, color in ((aql, "aql", INK), (limiting, "limiting", POSITIVE)):
        figure.add_vline(
            x=at,
            line={"color": color, "width": 1.3, "dash": "dash"},
            annotation_text=t(f"{_PAGE}.plan.{name}"),
            annotation_font_color=color,
        )
    figure.update_layout(**layout(320))
    figure.update_xaxes(
        title_text=t(f"{_PAGE}.plan.quality"), tickformat=".1%", fixedrange=True, rangemode="tozero"
    )
    figure.update_yaxes(
        title_text=t(f"{_PAGE}.plan.accepted"), tickformat=".0%", range=[0, 1.02], fixedrange=True
    )
    return figure
