"""Charts of counting: counts by interval, speeds, movements, how full zones are."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import layout

from .counting.report import Report
from .dashboard_counting import PAGE

_COLORS = ("#1f5f8b", "#d9822b", "#2e8b6f", "#8b5fbf", "#b0413e", "#7a8288")


def counts_chart(report: Report) -> go.Figure:
    """Bars of each line and direction by interval, with their intervals where a sample was checked.

    Args:
        report: of a run with lines.
    """
    figure = go.Figure()
    table = report.counts
    keys = list(zip(table["line"].to_pylist(), table["direction"].to_pylist(), strict=True))
    starts = table["start"].to_pylist()
    columns = {name: table[name].to_pylist() for name in ("count", "low", "high", "flag")}
    for number, key in enumerate(dict.fromkeys(keys)):
        rows = [row for row, one in enumerate(keys) if one == key]
        count = [columns["count"][row] for row in rows]
        error = None
        if report.checked is not None:
            ends = [(columns["low"][row], columns["high"][row]) for row in rows]
            pairs = list(zip(ends, count, strict=True))
            error = {
                "type": "data",
                "symmetric": False,
                "array": [None if n is None else max(high - n, 0) for (_, high), n in pairs],
                "arrayminus": [None if n is None else max(n - low, 0) for (low, _), n in pairs],
                "thickness": 1.2,
            }
        unsure = [columns["flag"][row] != "" for row in rows]
        figure.add_bar(
            x=[starts[row] for row in rows],
            y=count,
            name=" · ".join(key),
            error_y=error,
            marker={
                "color": _COLORS[number % len(_COLORS)],
                "opacity": [0.55 if one else 1.0 for one in unsure],
            },
            hovertemplate="%{x|%H:%M:%S}: %{y}<extra>" + " · ".join(key) + "</extra>",
        )
    figure.update_layout(**layout(280), barmode="group")
    # A bar stands over the middle of its interval; the axis must not show fractions of a vehicle.
    step_ms = report.interval_s * 1000
    figure.update_traces(xperiod=step_ms, xperiodalignment="middle")
    figure.update_yaxes(title=t(f"{PAGE}.chart.count"), rangemode="tozero", tickformat=",d")
    figure.update_xaxes(tickformat="%H:%M:%S", title=None, nticks=8)
    return figure


def speed_chart(report: Report) -> go.Figure:
    """Histogram of the speeds of vehicles."""
    values = report.speeds["speed_kmh"].to_numpy()
    error = report.speeds["error_kmh"].to_numpy()
    figure = go.Figure()
    figure.add_histogram(
        x=values,
        xbins={"start": 0, "size": 5},
        marker={"color": _COLORS[0]},
        hovertemplate="%{x} km/h: %{y}<extra></extra>",
    )
    middle = float(np.median(values))
    figure.add_vline(x=middle, line={"color": _COLORS[1], "width": 2, "dash": "dash"})
    figure.update_layout(**layout(280), bargap=0.05)
    title = t(f"{PAGE}.chart.speed", median=middle, n=len(values), error=float(np.median(error)))
    figure.update_layout(title={"text": title, "font": {"size": 14}, "x": 0}, margin={"t": 40})
    figure.update_xaxes(title="km/h", rangemode="tozero")
    figure.update_yaxes(title=t(f"{PAGE}.chart.vehicles"), tickformat=",d")
    return figure


def od_chart(report: Report) -> go.Figure:
    """The origin-destination matrix as numbers on colours."""
    names = [name for name in report.od.column_names if name != "origin"]
    values = np.array([report.od[name].to_numpy() for name in names]).T
    figure = go.Figure()
    figure.add_heatmap(
        z=values,
        x=names,
        y=report.od["origin"].to_pylist(),
        text=values,
        texttemplate="%{text}",
        colorscale="Blues",
        showscale=False,
        hovertemplate="%{y} → %{x}: %{z}<extra></extra>",
    )
    figure.update_layout(**layout(max(220, 60 + 44 * len(names))))
    title = {"text": t(f"{PAGE}.chart.od"), "font": {"size": 14}, "x": 0}
    figure.update_layout(title=title, margin={"t": 40})
    figure.update_yaxes(autorange="reversed", title=t(f"{PAGE}.chart.origin"), type="category")
    figure.update_xaxes(title=t(f"{PAGE}.chart.destination"), type="category")
    return figure


def zone_chart(report: Report) -> go.Figure:
    """Vehicles that stand in each zone over time, and the share of time that it is occupied."""
    figure = go.Figure()
    table = report.queues
    zones = np.array(table["zone"].to_pylist(), object)
    times, queued = table["time"].to_numpy(), table["queued"].to_numpy()
    occupied = report.occupancy
    told = dict.fromkeys(zone.name for zone in report.scene.zones)
    for number, name in enumerate(told):
        own = zones == name
        mask = np.array(occupied["zone"].to_pylist(), object) == name
        shares = occupied["occupancy"].to_numpy(zero_copy_only=False)[mask]
        shares = shares[~np.isnan(shares.astype(float))]
        share = float(shares.mean()) if len(shares) else 0.0
        figure.add_scatter(
            x=times[own],
            y=queued[own],
            mode="lines",
            name=t(f"{PAGE}.chart.zone", zone=name, share=share),
            line={"color": _COLORS[number % len(_COLORS)], "width": 1.6, "shape": "hv"},
            hovertemplate="%{x|%H:%M:%S}: %{y}<extra></extra>",
        )
    figure.update_layout(**layout(260))
    title = {"text": t(f"{PAGE}.chart.queue"), "font": {"size": 14}, "x": 0, "y": 0.98}
    figure.update_layout(title=title, margin={"t": 70}, showlegend=True)
    figure.update_yaxes(title=t(f"{PAGE}.chart.queued"), rangemode="tozero", tickformat=",d")
    if not len(queued) or queued.max() <= 5:
        figure.update_yaxes(dtick=1)  # else halves of a vehicle
    figure.update_xaxes(tickformat="%H:%M:%S", nticks=8)
    return figure
