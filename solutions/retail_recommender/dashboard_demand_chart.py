"""Charts of the demand: a product with what comes, and what an order makes of its stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import INK, NEGATIVE, POSITIVE, layout

if TYPE_CHECKING:
    from .dashboard_demand_data import Demand

VIEW = "retail_recommender.demand.view"
_FORECAST, _BAND = "#d9822b", "rgba(217, 130, 43, 0.22)"
_HOLIDAY, _PROMOTION = "rgba(120, 120, 160, 0.16)", "#3a7d44"


def demand_chart(demand: Demand, name: str, shown: int, before: int) -> go.Figure:
    """One product: what was sold, what had been forecast of it, and what is to come with its band.

    Args:
        demand: of scored records.
        name: the series.
        shown: how many periods of the past.
        before: how many periods before each past one its forecast is of.
    """
    rows = demand.rows(name)
    past, coming = rows[demand.ahead[rows] == 0][-shown:], demand.coming(name)
    both = np.concatenate([past, coming])
    time = demand.time[both]
    figure = go.Figure()
    low, value, high = (
        demand.told(v, both, before) for v in (demand.low, demand.value, demand.high)
    )
    share = demand.decision.coverage
    for ends, label, fill in ((high, "", None), (low, "band", "tonexty")):
        figure.add_scatter(
            x=time,
            y=ends,
            mode="lines",
            name=t("ui.forecast.band", share=share) if label else "",
            showlegend=bool(label),
            line={"width": 0, "color": _FORECAST},
            fill=fill,
            fillcolor=_BAND,
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=time,
        y=value,
        mode="lines",
        name=t("ui.forecast.forecast"),
        line={"color": _FORECAST, "width": 2},
        customdata=np.stack([low, high], axis=1),
        hovertemplate="%{x|%Y-%m-%d}: %{y:,.4~g} (%{customdata[0]:,.4~g} – %{customdata[1]:,.4~g})"
        "<extra></extra>",
    )
    figure.add_scatter(
        x=demand.time[past],
        y=demand.sold[past],
        mode="lines",
        name=t(f"{VIEW}.sold"),
        line={"color": INK, "width": 1.6},
        hovertemplate="%{x|%Y-%m-%d}: %{y:,.4~g}<extra></extra>",
    )
    out = past[demand.is_bound[past]]
    _marks(figure, demand.time[out], demand.sold[out], t(f"{VIEW}.out"), "x", POSITIVE)
    promoted = both[demand.column("promotion")[both] > 0]
    top = np.where(
        np.isfinite(demand.sold[promoted]),
        demand.sold[promoted],
        demand.told(demand.value, promoted, before),
    )
    label = t("retail_recommender.demand.column.promotion")
    _marks(figure, demand.time[promoted], top, label, "triangle-up", _PROMOTION)
    _holidays(figure, demand, both)
    if len(coming) and len(past):
        now = demand.time[past[-1]].astype("datetime64[ms]").item()
        figure.add_vline(x=now, line={"color": NEGATIVE, "dash": "dash"})
    figure.update_layout(**layout(380))
    # Numbers alone: month names would stay English on a Chinese page.
    figure.update_xaxes(showgrid=False, tickformat="%m-%d\n%Y", fixedrange=True, nticks=10)
    figure.update_yaxes(fixedrange=True, nticks=6, rangemode="tozero")
    return figure


def stock_chart(time: np.ndarray, stock: np.ndarray, risk: np.ndarray) -> go.Figure:
    """What is expected to be left at the end of each period, and how sure that it suffices.

    Args:
        time: datetime64 [periods].
        stock: float64 [periods], units.
        risk: float64 [periods], probability that they do not suffice, 0 to 1.
    """
    figure = go.Figure()
    figure.add_bar(
        x=time,
        y=stock,
        name=t("retail_recommender.orders.column.stock"),
        marker={"color": INK, "opacity": 0.55},
        hovertemplate="%{x|%Y-%m-%d}: %{y:,.4~g}<extra></extra>",
    )
    figure.add_scatter(
        x=time,
        y=risk,
        name=t("retail_recommender.orders.column.out_risk"),
        yaxis="y2",
        mode="lines+markers",
        line={"color": POSITIVE, "width": 2},
        hovertemplate="%{x|%Y-%m-%d}: %{y:.0%}<extra></extra>",
    )
    right = {"overlaying": "y", "side": "right", "range": [0, 1.02], "tickformat": ".0%"}
    figure.update_layout(**layout(260), yaxis2={**right, "fixedrange": True, "showgrid": False})
    figure.update_xaxes(showgrid=False, tickformat="%m-%d\n%Y", fixedrange=True, nticks=8)
    figure.update_yaxes(fixedrange=True, rangemode="tozero")
    return figure


def _marks(
    figure: go.Figure, x: np.ndarray, y: np.ndarray, name: str, symbol: str, color: str
) -> None:
    if len(x):
        marker = {"symbol": symbol, "size": 9, "color": color}
        figure.add_scatter(x=x, y=y, mode="markers", name=name, marker=marker, hoverinfo="skip")


def _holidays(figure: go.Figure, demand: Demand, rows: np.ndarray) -> None:
    """A stripe behind each period with a holiday."""
    half = np.timedelta64(round(demand.config.data.step_minutes * 30), "s")
    for row in rows[demand.column("holiday")[rows] > 0]:
        ends = [(demand.time[row] + way * half).astype("datetime64[ms]").item() for way in (-1, 1)]
        figure.add_vrect(x0=ends[0], x1=ends[1], fillcolor=_HOLIDAY, line_width=0, layer="below")
    if (demand.column("holiday")[rows] > 0).any():
        label = t("retail_recommender.demand.column.holiday")
        marker = {"symbol": "square", "size": 10, "color": _HOLIDAY}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=label, marker=marker)
