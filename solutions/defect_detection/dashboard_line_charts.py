"""The chart of a line: verdicts over time."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import layout

from .dashboard_line_seen import Seen
from .dashboard_part_drawing import COLORS


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
