"""The view of the forecast: one station now and ahead, how right it was, and all stations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task

if TYPE_CHECKING:
    from .dashboard_forecast_data import Forecasts

VIEW = "traffic_video.forecast.view"
TASK = "traffic_video/forecast"
_HOURS = (3, 6, 12, 24, 72)


def view() -> None:
    """Draw the view below a heading that stands already."""
    st.caption(t(f"{VIEW}.caption"))
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.settings import from_dict
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.figures import show_figures
    from lepton_core.ui.plain import plain

    from .dashboard_forecast_data import Forecasts

    task = find_task(TASK)
    chosen = choose_scored(task, datasets=True)
    if chosen is None:
        return
    scored, source = chosen
    config = from_dict(task.hook(task.config), scored.card["settings"])
    kept = st.session_state.setdefault("forecast.kept", {})
    if scored.key not in kept:
        kept.clear()
        kept[scored.key] = Forecasts.of(task, scored, config)
    forecasts: Forecasts = kept[scored.key]
    show_figures(forecasts.figures())
    judged = int(forecasts.judged.any(axis=1).sum())
    if not judged:
        st.caption(t("ui.forecast.no_truth"))
    elif forecasts.learned:
        st.caption(t(f"{VIEW}.learned", bundle=plain(scored.address), n=judged))
    _one(forecasts, source.key)
    _past(forecasts)
    _all(forecasts)


def _one(forecasts: Forecasts, key: str) -> None:
    """One station at one time: what is forecast from it, in words and drawn."""
    from lepton_core.ui.figures import CHART
    from lepton_core.ui.forecasts import short

    from .dashboard_forecast_chart import station_chart

    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = str(
            st.selectbox(t(f"{VIEW}.station"), forecasts.names, key=f"forecast.station.{key}")
        )
        hours = st.segmented_control(
            t(f"{VIEW}.hours"), _HOURS, default=12, required=True, key="forecast.hours"
        )
    rows = forecasts.rows(name)
    place = len(rows) - 1
    if len(rows) > 1:
        # The slider counts records: a gap is no place at which something was counted.
        place = int(
            st.select_slider(
                t(f"{VIEW}.now"),
                range(len(rows)),
                value=place,
                format_func=lambda at: _moment(forecasts.time[rows[at]]),
                key=f"forecast.now.{key}.{name}",
                help=t(f"{VIEW}.now_help"),
            )
        )
    row = int(rows[place])
    unit = forecasts.unit
    count = forecasts.count[row]
    counted = {"time": _moment(forecasts.time[row]), "count": short(count) if count >= 0 else "–"}
    told = [t(f"{VIEW}.counted", **counted, unit=unit)]
    for at, minutes in enumerate(forecasts.config.data.ahead_minutes):
        ends = (forecasts.value, forecasts.low, forecasts.high)
        value, low, high = (short(values[row, at]) for values in ends)
        told.append(t(f"{VIEW}.said", minutes=minutes, value=value, low=low, high=high))
    st.markdown(" · ".join(told))
    reasons = [flag for flag in forecasts.reason[row].split("; ") if flag]
    if reasons:
        words = "; ".join(t(f"traffic_video.forecast.reason.{flag}") for flag in reasons)
        st.warning(t(f"{VIEW}.doubt", reasons=words), icon=":material/visibility:")
    figure = station_chart(forecasts, rows, place, int(hours))
    st.plotly_chart(figure, key="forecast.chart", config=CHART)


def _past(forecasts: Forecasts) -> None:
    """How right the forecasts were, by time ahead."""
    from lepton_core.ui.figures import CHART

    from .dashboard_forecast_chart import ahead_chart

    st.subheader(t(f"{VIEW}.past"), anchor=False)
    table = forecasts.by_ahead()
    if not forecasts.judged.any():
        st.caption(t("ui.forecast.no_truth"))
        return
    names = {name: t(f"{VIEW}.column.{name}") for name in table.column_names}
    formats = {
        "minutes": "%g",
        "mae": "%.2f",
        "last": "%.2f",
        "coverage": "%.0f%%",
        "width": "%.1f",
    }
    config: dict[str, Any] = {
        name: st.column_config.NumberColumn(title, format=formats.get(name))
        for name, title in names.items()
    }
    left, right = st.columns([5, 7], gap="medium", vertical_alignment="center")
    with left:
        st.plotly_chart(ahead_chart(forecasts), key="forecast.ahead", config=CHART)
    with right:
        st.dataframe(table, hide_index=True, column_config=config, placeholder="–")


def _all(forecasts: Forecasts) -> None:
    """Every station at its latest record, and all forecasts to take away."""
    from lepton_core.ui.csv_button import csv_button
    from lepton_core.ui.figures import table_height

    st.subheader(t(f"{VIEW}.all"), anchor=False)
    minutes = forecasts.config.data.ahead_minutes
    place = st.segmented_control(
        t(f"{VIEW}.ahead"),
        range(len(minutes)),
        default=0,
        required=True,
        format_func=lambda at: t(f"{VIEW}.minutes", minutes=minutes[at]),
        key=f"forecast.ahead_of.{len(minutes)}",
    )
    table = forecasts.stations(int(place))
    names = {name: t(f"{VIEW}.column.{name}") for name in table.column_names}
    config: dict[str, Any] = {name: st.column_config.Column(title) for name, title in names.items()}
    config["time"] = st.column_config.DatetimeColumn(names["time"], format="MM-DD HH:mm")
    for name in ("count", "value", "low", "high"):
        config[name] = st.column_config.NumberColumn(names[name], format="%.0f", width="small")
    for name, form in (("mae", "%.2f"), ("coverage", "%.0f%%")):
        config[name] = st.column_config.NumberColumn(names[name], format=form, width="small")
    config["look"] = st.column_config.TextColumn(names["look"], width="large")
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows, 420),
        column_config=config,
        placeholder="–",
    )
    n = forecasts.value.size
    csv_button(t("ui.forecast.download", n=n), forecasts.table, "forecasts.csv", "forecast.csv")


def _moment(time: np.datetime64) -> str:
    moment: datetime = time.astype("datetime64[s]").item()
    return f"{moment:%Y-%m-%d %H:%M}"
