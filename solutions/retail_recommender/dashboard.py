"""The planner's page: what each series is going to be, how sure that is, and how right it was."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.frame import header

if TYPE_CHECKING:
    from lepton_core.ui.forecasts import Forecasts

_WEEKS = (2, 4, 8, 16, 52)


def page() -> None:
    """Draw the page."""
    header(t("retail_recommender.title"), t("retail_recommender.dashboard.caption"))
    # Imported below the heading, so that it is on the screen while the rest loads.
    from lepton_core.settings import from_dict
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.figures import show_figures
    from lepton_core.ui.forecasts import Forecasts
    from lepton_core.ui.plain import plain

    task = find_task("retail_recommender/demand")
    chosen = choose_scored(task)
    if chosen is None:
        return
    scored, _ = chosen
    settings = from_dict(task.hook(task.config), scored.card["settings"]).series
    forecasts = Forecasts.of(task, scored, settings.step_minutes, settings.horizon)
    hours = settings.step_minutes * settings.horizon / 60
    st.caption(t("retail_recommender.dashboard.horizon", steps=settings.horizon, hours=hours))
    show_figures(forecasts.figures())
    judged = int(forecasts.judged.sum())
    if not judged:
        st.caption(t("ui.forecast.no_truth"))
    elif forecasts.learned:
        st.caption(t("ui.forecast.learned", bundle=plain(scored.address), n=judged))
    _one(forecasts)
    _all(forecasts)


def _one(forecasts: Forecasts) -> None:
    """One series: its latest forecast in words, and its chart."""
    from lepton_core.ui.figures import CHART
    from lepton_core.ui.forecasts import short

    names = forecasts.by_series().column("series").to_pylist()
    left, right = st.columns([6, 6], vertical_alignment="bottom")
    with left:
        name = st.selectbox(
            t("ui.forecast.choose"),
            names,
            key="retail_recommender.series",
            help=t("ui.forecast.choose_help"),
        )
    with right:
        weeks = st.segmented_control(
            t("ui.forecast.weeks"), _WEEKS, default=8, required=True, key="retail_recommender.weeks"
        )
    rows = np.flatnonzero(forecasts.series == name)
    last = rows[np.argmax(forecasts.time[rows])]
    ends = {"value": forecasts.forecast, "low": forecasts.low, "high": forecasts.high}
    said = {end: short(values[last]) for end, values in ends.items()}
    ahead = forecasts.ahead[last].item()
    st.markdown(t("ui.forecast.said", time=f"{ahead:%Y-%m-%d %H:%M}", **said))
    figure = forecasts.chart(name, ahead - timedelta(weeks=weeks))
    st.plotly_chart(figure, key="retail_recommender.chart", config=CHART)


def _all(forecasts: Forecasts) -> None:
    """Every series with its errors, and all forecasts to take away."""
    from lepton_core.ui.figures import table_height

    table = forecasts.by_series()
    titles = {name: t(f"ui.forecast.column.{name}") for name in table.column_names}
    config: dict[str, Any] = {
        name: st.column_config.Column(title) for name, title in titles.items()
    }
    config["ahead"] = st.column_config.DatetimeColumn(titles["ahead"], format="YYYY-MM-DD HH:mm")
    for name, format in {"mae": "%.2f", "wape": "%.1f%%", "coverage": "%.0f%%"}.items():
        config[name] = st.column_config.NumberColumn(titles[name], format=format)
    for name in ("forecast", "low", "high"):
        config[name] = st.column_config.NumberColumn(titles[name], format="%.1f")
    st.subheader(t("ui.forecast.by_series"), anchor=False)
    st.dataframe(table, hide_index=True, height=table_height(table.num_rows), column_config=config)
    csv_button(t("ui.forecast.download", n=len(forecasts.time)), forecasts.table, "forecasts.csv")
