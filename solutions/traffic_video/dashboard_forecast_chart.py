"""Charts of the forecast: a station with what comes, and errors by time ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from lepton_core.messages import t
from lepton_core.ui.charts import INK, NEGATIVE, layout

if TYPE_CHECKING:
    from .dashboard_forecast_data import Forecasts

VIEW = "traffic_video.forecast.view"
_FORECAST, _BAND = "#d9822b", "rgba(217, 130, 43, 0.25)"


def station_chart(forecasts: Forecasts, rows: np.ndarray, place: int, hours: int) -> go.Figure:
    """One station: what was counted until now, what is forecast with its band, and what came.

    Args:
        forecasts: of scored records.
        rows: of the station, in order of time.
        place: of the record that forecasts, in ``rows``.
        hours: how much of the past is shown.
    """
    row = int(rows[place])
    now = forecasts.time[row]
    times = forecasts.time[rows]
    past = (times <= now) & (times > now - np.timedelta64(hours, "h"))
    ahead = forecasts.ahead(row)
    came = (times >= now) & (times <= ahead[-1])
    figure = go.Figure()
    x, count = _broken(forecasts, rows[past])
    figure.add_scatter(
        x=x,
        y=count,
        mode="lines",
        name=t(f"{VIEW}.count"),
        line={"color": INK, "width": 1.6},
        connectgaps=False,
        hovertemplate="%{x|%H:%M}: %{y:,.4~g}<extra></extra>",
    )
    # From the last count on, so that the band opens where knowledge ends.
    whole = np.concatenate([[now], ahead])
    ends = [
        np.concatenate([[forecasts.count[row]], part[row]])
        for part in (forecasts.low, forecasts.value, forecasts.high)
    ]
    share = forecasts.decision.coverage
    for values, name, fill in ((ends[2], "", None), (ends[0], "band", "tonexty")):
        figure.add_scatter(
            x=whole,
            y=values,
            mode="lines",
            name=t("ui.forecast.band", share=share) if name else "",
            showlegend=bool(name),
            line={"width": 0, "color": _FORECAST},
            fill=fill,
            fillcolor=_BAND,
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=whole,
        y=ends[1],
        mode="lines+markers",
        name=t("ui.forecast.forecast"),
        line={"color": _FORECAST, "width": 2},
        marker={"size": [0, *([8] * len(ahead))], "color": _FORECAST},
        customdata=np.stack([ends[0], ends[2]], axis=1),
        hovertemplate="%{x|%H:%M}: %{y:,.4~g} (%{customdata[0]:,.4~g} – %{customdata[1]:,.4~g})"
        "<extra></extra>",
    )
    if came.sum() > 1:
        x, count = _broken(forecasts, rows[came])
        figure.add_scatter(
            x=x,
            y=count,
            mode="lines",
            name=t(f"{VIEW}.came"),
            line={"color": INK, "width": 1.6, "dash": "dot"},
            connectgaps=False,
            hovertemplate="%{x|%H:%M}: %{y:,.4~g}<extra></extra>",
        )
    figure.add_vline(
        x=now.astype("datetime64[ms]").item(), line={"color": NEGATIVE, "dash": "dash"}
    )
    figure.update_layout(**layout(360))
    # Numbers alone: month names would stay English on a Chinese page.
    figure.update_xaxes(showgrid=False, tickformat="%H:%M\n%m-%d", fixedrange=True, nticks=8)
    figure.update_yaxes(fixedrange=True, nticks=6, rangemode="tozero", title_text=forecasts.unit)
    return figure


def ahead_chart(forecasts: Forecasts) -> go.Figure:
    """Mean error by time ahead, beside that of the last count taken as forecast."""
    table = forecasts.by_ahead()
    minutes = table.column("minutes").to_numpy()
    figure = go.Figure()
    for name, color, dash in (("last", NEGATIVE, "dot"), ("mae", _FORECAST, "solid")):
        figure.add_scatter(
            x=minutes,
            y=table.column(name).to_numpy(),
            mode="lines+markers",
            name=t(f"{VIEW}.column.{name}"),
            line={"color": color, "width": 2, "dash": dash},
            marker={"size": 7, "color": color},
            hovertemplate="%{x:g} min: %{y:.2f}<extra></extra>",
        )
    figure.update_layout(**layout(230))
    figure.update_xaxes(title_text=t(f"{VIEW}.column.minutes"), tickvals=minutes, fixedrange=True)
    figure.update_yaxes(rangemode="tozero", fixedrange=True, nticks=5, title_text=forecasts.unit)
    return figure


def _broken(forecasts: Forecasts, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times and counts with a hole wherever intervals are missing, so that no line crosses it."""
    time, count = forecasts.time[rows], forecasts.count[rows]
    step = np.timedelta64(round(forecasts.config.data.step_minutes * 60), "s")
    after = np.flatnonzero(np.diff(time) > step) + 1
    x = np.insert(time, after, time[after] - step) if len(after) else time
    return x, np.insert(count.astype(np.float64), after, np.nan)
