"""Control charts, Pareto, histograms and operating characteristics as Plotly figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import INK, NEGATIVE, POSITIVE, THRESHOLD, UNKNOWN, layout, safe

from .quality.history import BASELINE, LABELS, OUT_OF_CONTROL
from .quality.rules import points_of

if TYPE_CHECKING:
    from .dashboard_quality_chart import Chart
    from .quality.capability import Capability
    from .quality.pareto import Bar

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


def pareto_chart(bars: list[Bar], weighted: bool) -> go.Figure:
    """Bars by cost with the cumulative share above them."""
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
        **layout(340),
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
