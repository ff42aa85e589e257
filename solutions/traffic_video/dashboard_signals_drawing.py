"""Signal plans as Plotly figures: bars of phases over the cycle, delays before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import INK, NEGATIVE, UNKNOWN, layout, safe

if TYPE_CHECKING:
    from .signals.junction import Junction, Plan

PAGE = "traffic_video.signals.page"
GREEN, AMBER = "#3d9a5f", "#d9a21b"
_RED = "rgba(208, 69, 58, 0.22)"


def phase_chart(junction: Junction, before: Plan, after: Plan) -> go.Figure:
    """Each movement's green over one cycle, in the plan and, thinner above it, before.

    Args:
        junction: the intersection.
        before: the plan it is compared with.
        after: its plan.
    """
    figure = go.Figure()
    m = len(junction.flow)
    rows = np.arange(m, dtype=float)
    plans = (("diagram_before", before, -0.23, 0.2), ("diagram_after", after, 0.16, 0.46))
    for name, plan, shift, width in plans:
        _bars(figure, junction, plan, rows + shift, width, t(f"{PAGE}.{name}"))
    longest = max(before.cycle, after.cycle)
    for at, (start, green) in enumerate(zip(after.starts, after.greens, strict=True)):
        figure.add_annotation(
            x=start + green / 2, y=-0.78, text=f"{at + 1}: {green}", showarrow=False, font_color=INK
        )
        if at:
            figure.add_vline(x=start, line={"color": INK, "width": 1, "dash": "dot"}, layer="below")
    figure.update_layout(**layout(110 + 46 * m), barmode="overlay", bargap=0)
    figure.update_xaxes(
        title_text=t(f"{PAGE}.diagram_time"), range=[0, longest + 1], fixedrange=True, dtick=20
    )
    figure.update_yaxes(
        tickvals=rows,
        ticktext=[safe(name) for name in junction.names],
        range=[m - 0.4, -1.05],
        fixedrange=True,
        showgrid=False,
    )
    return figure


def _bars(
    figure: go.Figure, junction: Junction, plan: Plan, rows: np.ndarray, width: float, name: str
) -> None:
    """Red under green under the amber after it; a green may go over the end of the cycle."""
    starts, shown = plan.movement_starts(junction), plan.shown(junction)
    cycle, gap = plan.cycle, plan.timing.intergreen
    figure.add_bar(
        x=[cycle] * len(rows),
        y=rows,
        orientation="h",
        width=width,
        marker={"color": _RED, "line": {"width": 0}},
        hoverinfo="skip",
        showlegend=False,
    )
    pieces: list[tuple[int, float, float, str]] = []
    for at, (start, green) in enumerate(zip(starts.tolist(), shown.tolist(), strict=True)):
        end = start + green
        pieces += [(at, a, b, GREEN) for a, b in _wrapped(start, end, cycle)]
        if not junction.always[at]:
            # Of the intergreen amber is drawn as three seconds, the rest is red.
            pieces += [(at, a, b, AMBER) for a, b in _wrapped(end, end + min(gap, 3), cycle)]
    words = [t(f"{PAGE}.green", n=g, start=s) for g, s in zip(shown, starts, strict=True)]
    for color in (GREEN, AMBER):
        some = [piece for piece in pieces if piece[3] == color]
        figure.add_bar(
            x=[b - a for _, a, b, _ in some],
            base=[a for _, a, _, _ in some],
            y=[rows[at] for at, *_ in some],
            orientation="h",
            width=width,
            name=name,
            showlegend=False,
            marker={
                "color": color,
                "opacity": 1.0 if width > 0.3 else 0.55,
                "line": {"width": 0},
            },
            customdata=[[words[at]] for at, *_ in some],
            hovertemplate=f"{name}<br>%{{customdata[0]}}<extra></extra>",
        )


def _wrapped(start: float, end: float, cycle: float) -> list[tuple[float, float]]:
    if start >= cycle:
        return [(start - cycle, end - cycle)]
    return [(start, min(end, cycle)), *([(0.0, end - cycle)] if end > cycle else [])]


def delay_chart(
    groups: Sequence[str], series: Mapping[str, np.ndarray], errors: Mapping[str, np.ndarray]
) -> go.Figure:
    """Delays side by side.

    Args:
        groups: what stands along the axis.
        series: name -> delays, s/veh, one a group; the first is before, the second the plan.
        errors: name -> half the interval, one a group, where there is one.
    """
    figure = go.Figure()
    colors = (NEGATIVE, GREEN, UNKNOWN)
    for (name, values), color in zip(series.items(), colors, strict=False):
        half = errors.get(name)
        figure.add_bar(
            x=[safe(group) for group in groups],
            y=values,
            name=name,
            marker={"color": color, "line": {"width": 0}},
            error_y=None if half is None else {"type": "data", "array": half, "thickness": 1},
            hovertemplate=f"{name}: %{{y:.1f}} s<extra></extra>",
        )
    figure.update_layout(**layout(300), barmode="group")
    figure.update_xaxes(fixedrange=True, type="category")
    figure.update_yaxes(
        title_text=t(f"{PAGE}.delay_axis"), fixedrange=True, nticks=5, rangemode="tozero"
    )
    return figure
