"""The charts of the disease page: facts that raise and lower a risk, and its course over visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import INK, POSITIVE, THRESHOLD, UNKNOWN, layout

if TYPE_CHECKING:
    import pyarrow as pa

    from lepton_core.explain.base import Reason

_PAGE = "medical_imaging.disease_page"
_LOWERS = "#3f9a6b"


def facts_chart(reasons: Sequence[Reason]) -> go.Figure:
    """Bars by contribution, the strongest at the top; what raises the risk goes to the right.

    Args:
        reasons: the strongest first.
    """
    values = [reason.contribution for reason in reasons]
    # Sentences may be alike for two facts; bars of one name would be stacked.
    places = list(range(len(reasons)))
    figure = go.Figure(
        go.Bar(
            x=values,
            y=places,
            orientation="h",
            marker={
                "color": [POSITIVE if value > 0 else _LOWERS for value in values],
                "line": {"width": 0},
            },
            hovertemplate="%{x:+.2f}<extra></extra>",
        )
    )
    for place, reason in zip(places, reasons, strict=True):
        figure.add_annotation(
            x=0,
            y=place - 0.42,
            text=reason.text(),
            showarrow=False,
            xref="paper",
            xanchor="left",
            yanchor="middle",
            font={"size": 12, "color": INK},
        )
    figure.update_layout(**layout(46 * len(reasons) + 40), bargap=0.62, showlegend=False)
    figure.update_yaxes(
        autorange=False,
        range=[len(reasons) - 0.5, -0.85],
        showticklabels=False,
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_xaxes(fixedrange=True, zeroline=True, zerolinecolor=INK, nticks=5)
    return figure


def course_chart(visits: pa.Table, threshold: float, line: Sequence[float] | None) -> go.Figure:
    """One patient's risk over visits, with what a single visit may be off, and the trend.

    Args:
        visits: ``visit risk low high``, in order of time.
        threshold: from which a risk is called raised.
        line: the trend at the first and the last visit; None where there is none.
    """
    days = visits["visit"].to_pylist()
    risk, low, high = (
        visits[name].combine_chunks().to_numpy(zero_copy_only=False)
        for name in ("risk", "low", "high")
    )
    figure = go.Figure()
    if line is not None:
        figure.add_scatter(
            x=[days[0], days[-1]],
            y=list(line),
            mode="lines",
            line={"color": UNKNOWN, "width": 2, "dash": "dot"},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=days,
        y=risk,
        mode="lines+markers",
        line={"color": INK, "width": 1},
        marker={"color": np.where(risk >= threshold, POSITIVE, _LOWERS).tolist(), "size": 11},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - risk,
            "arrayminus": risk - low,
            "color": INK,
            "thickness": 1.4,
            "width": 5,
        },
        hovertemplate="%{x|%Y-%m-%d}: %{y:.0%}<extra></extra>",
    )
    figure.add_hline(y=threshold, line={"color": THRESHOLD, "width": 1.2, "dash": "dash"})
    figure.update_layout(**layout(280), showlegend=False)
    figure.update_yaxes(
        range=[-0.04, 1.04],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        tickformat=".0%",
        fixedrange=True,
        title_text=t(f"{_PAGE}.patient.risk"),
    )
    # Half a year on both sides: a single visit alone would be drawn with a scale of hours.
    ends = [days[0] - timedelta(days=180), days[-1] + timedelta(days=180)]
    figure.update_xaxes(fixedrange=True, range=ends, tickformat="%Y-%m", nticks=6)
    return figure
