"""The charts of a line: verdicts over time, and which defects cause most of the trouble."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import INK, layout, safe

from .dashboard_line_seen import Seen
from .dashboard_part_drawing import COLORS
from .quality.pareto import pareto

_MOST_CLASSES = 10


def yield_chart(seen: Seen) -> go.Figure:
    """Share of parts that pass, are unsure and fail, in stretches of the line."""
    ends, counts = seen.shares()
    first = np.concatenate([[0], ends[:-1]])
    names = [f"{a + 1}–{b}" for a, b in zip(first.tolist(), ends.tolist(), strict=True)]
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = go.Figure()
    for place, verdict in enumerate(("pass", "unsure", "fail")):
        word = t(f"defect_detection.verdict.{verdict}")
        figure.add_bar(
            x=list(range(len(ends))),
            y=share[:, place],
            name=word,
            customdata=np.stack([names, counts[:, place].astype(str)], axis=1),
            marker={"color": COLORS[verdict], "line": {"width": 0}},
            hovertemplate="%{customdata[0]}<br>"
            + f"{word}: %{{customdata[1]}} (%{{y:.0%}})<extra></extra>",
        )
    figure.update_layout(**layout(250), barmode="stack", bargap=0.12)
    every = max(len(ends) // 6, 1)
    figure.update_xaxes(
        tickvals=list(range(0, len(ends), every)),
        ticktext=[str(end) for end in ends[::every].tolist()],
        title_text=t("defect_detection.line.until_part"),
        fixedrange=True,
    )
    figure.update_yaxes(range=[0, 1], tickformat=".0%", fixedrange=True, nticks=6)
    return figure


def pareto_chart(counts: dict[str, int], names: dict[str, str]) -> go.Figure:
    """Defect classes by how many parts they stopped, with the running share.

    Args:
        counts: class -> parts.
        names: class -> its name on the page.
    """
    bars = pareto(counts)[:_MOST_CLASSES]
    places = list(range(len(bars)))
    figure = go.Figure()
    figure.add_bar(
        x=places,
        y=[bar.count for bar in bars],
        marker={"color": COLORS["fail"], "line": {"width": 0}},
        customdata=[safe(names.get(bar.name, bar.name)) for bar in bars],
        hovertemplate="%{customdata}: %{y}<extra></extra>",
        text=[bar.count for bar in bars],
        textposition="outside",
        cliponaxis=False,
    )
    figure.add_scatter(
        x=places,
        y=[bar.cumulative for bar in bars],
        yaxis="y2",
        mode="lines+markers",
        line={"color": INK, "width": 1.4},
        marker={"size": 6, "color": INK},
        hovertemplate="%{y:.0%}<extra></extra>",
    )
    most = max(bar.count for bar in bars)
    figure.update_layout(
        **layout(250),
        showlegend=False,
        bargap=0.35,
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "range": [0, 1.12],
            "tickformat": ".0%",
            "showgrid": False,
            "fixedrange": True,
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
        },
    )
    figure.update_xaxes(
        tickvals=places,
        ticktext=[safe(_short(names.get(bar.name, bar.name))) for bar in bars],
        fixedrange=True,
        showgrid=False,
    )
    figure.update_layout(yaxis={"range": [0, 1.18 * most], "fixedrange": True, "nticks": 5})
    return figure


def _short(name: str) -> str:
    return name if len(name) <= 18 else name[:17] + "…"
