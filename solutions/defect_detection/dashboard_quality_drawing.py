"""Control charts as Plotly figures: points between limits, violations marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import INK, NEGATIVE, POSITIVE, THRESHOLD, UNKNOWN, layout, safe

from .quality.history import BASELINE, LABELS, OUT_OF_CONTROL
from .quality.rules import points_of

if TYPE_CHECKING:
    from .dashboard_quality_chart_choice import Chart

_PAGE = "defect_detection.quality.page"


def control_chart(chart: Chart, rows: np.ndarray) -> go.Figure:
    """Points with centre, limits and zones; violations marked, what they looked at shaded.

    Args:
        chart: the chart.
        rows: of one line's points.
    """
    from .dashboard_quality_chart import name_of, words_of

    column = {n: chart.predictions[n][rows] for n in ("point", "value", "centre", "lower", "upper")}
    label = chart.predictions["label"][rows]
    figure = _lines(column, "value", t(f"{_PAGE}.kind.{chart.kind}"))
    names = [safe(name_of(chart, row)) for row in rows]
    for code, color, symbol in (
        (None, UNKNOWN, "circle"),
        (BASELINE, NEGATIVE, "circle-open"),
        (OUT_OF_CONTROL, POSITIVE, "diamond"),
    ):
        marked = LABELS[code] if code is not None else LABELS[0]
        some = np.flatnonzero(label == marked)
        if not len(some):
            continue
        why = [words_of(str(chart.predictions["rules"][row])) for row in rows[some]]
        figure.add_scatter(
            x=column["point"][some],
            y=column["value"][some],
            mode="markers",
            name=t(f"defect_detection.quality.class.{marked}"),
            marker={"color": color, "size": 9 if code == OUT_OF_CONTROL else 6, "symbol": symbol},
            customdata=[[names[place], text] for place, text in zip(some, why, strict=True)],
            hovertemplate="%{customdata[0]}<br>%{y:.4g}<br>%{customdata[1]}<extra></extra>",
        )
    _shade(figure, chart, rows)
    _mark_baseline(figure, chart, rows)
    figure.update_layout(**layout(360))
    figure.update_xaxes(title_text=t("defect_detection.quality.column.point"), fixedrange=True)
    kind = "percent" if chart.kind == "p" else "number"
    figure.update_yaxes(
        title_text=t(f"{_PAGE}.axis.{chart.kind}"),
        tickformat=".1%" if kind == "percent" else None,
        fixedrange=True,
        nticks=7,
    )
    return figure


def spread_chart(chart: Chart, rows: np.ndarray) -> go.Figure | None:
    """The R, s or moving range chart; None for charts of counts."""
    spread = chart.predictions["spread"][rows]
    if not np.isfinite(spread).any():
        return None
    column = {
        "point": chart.predictions["point"][rows],
        "spread": spread,
        **{n: chart.predictions[f"spread_{n}"][rows] for n in ("centre", "lower", "upper")},
    }
    figure = _lines(column, "spread", t(f"{_PAGE}.chart.spread"))
    beyond = (spread > column["upper"]) | (spread < column["lower"])
    for some, color, symbol, label in (
        (~beyond, UNKNOWN, "circle", "in_control"),
        (beyond, POSITIVE, "diamond", "out_of_control"),
    ):
        if some.any():
            figure.add_scatter(
                x=column["point"][some],
                y=spread[some],
                mode="markers",
                name=t(f"defect_detection.quality.class.{label}"),
                marker={"color": color, "size": 6, "symbol": symbol},
                hovertemplate="%{x}<br>%{y:.4g}<extra></extra>",
            )
    figure.update_layout(**layout(240))
    figure.update_xaxes(title_text=t("defect_detection.quality.column.point"), fixedrange=True)
    figure.update_yaxes(
        title_text=t(f"{_PAGE}.axis.{chart.kind}_spread"), fixedrange=True, nticks=5
    )
    return figure


def _lines(column: dict[str, np.ndarray], value: str, name: str) -> go.Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=column["point"],
        y=column[value],
        mode="lines",
        line={"color": NEGATIVE, "width": 1},
        showlegend=False,
        hoverinfo="skip",
        name=name,
    )
    for end, color in (("upper", THRESHOLD), ("centre", INK), ("lower", THRESHOLD)):
        figure.add_scatter(
            x=column["point"],
            y=column[end],
            mode="lines",
            # Limits of subgroups of different size are steps, and not slopes between them.
            line={"color": color, "width": 1.2, "shape": "hvh"},
            name=t(f"defect_detection.quality.column.{end}"),
            showlegend=end != "lower",
            hovertemplate="%{y:.4g}<extra></extra>",
        )
    return figure


def _shade(figure: go.Figure, chart: Chart, rows: np.ndarray) -> None:
    """A band behind the points that run rules looked at, each stretch once."""
    point = chart.predictions["point"][rows]
    looked = np.zeros(len(rows), bool)
    for place, row in enumerate(rows):
        for rule in str(chart.predictions["rules"][row]).split("; "):
            if rule and rule not in ("beyond_limit", "spread_beyond"):
                looked[list(points_of(rule, place))] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[False], looked, [False]]).astype(int)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        figure.add_vrect(
            x0=point[begin] - 0.5,
            x1=point[end - 1] + 0.5,
            fillcolor=POSITIVE,
            opacity=0.08,
            line_width=0,
            layer="below",
        )


def _mark_baseline(figure: go.Figure, chart: Chart, rows: np.ndarray) -> None:
    """Where the baseline ends and monitoring begins, if that lies within the line's points."""
    before = int((chart.predictions.rows[rows] < chart.baseline).sum())
    if 0 < before < len(rows):
        figure.add_vline(
            x=float(chart.predictions["point"][rows[before - 1]]) + 0.5,
            line={"color": INK, "width": 1.2, "dash": "dot"},
            annotation_text=t(f"{_PAGE}.chart.monitored"),
            annotation_position="top right",
            annotation_font_color=INK,
        )
