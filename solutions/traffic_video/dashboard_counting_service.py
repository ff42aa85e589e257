"""The level of service of each direction of a line, and of zones before a signal or a stop sign."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.figures import table_height

from .counting.measures.service_levels import NO_LANES
from .counting.report import Report
from .dashboard_counting import PAGE

_SHOWN = (
    *("start", "place", "direction", "level", "density_per_km_lane", "delay_s", "flow_per_h"),
    *("speed_kmh", "lanes", "vehicles", "why"),
)
_NUMBERS = {
    **{"density_per_km_lane": "%.1f", "delay_s": "%.0f"},
    **{"flow_per_h": "%.0f", "speed_kmh": "%.0f"},
}


def show_service(report: Report, time_format: str) -> None:
    """Draw the table by interval; a sentence where nobody said how many lanes there are.

    Args:
        report: of a run.
        time_format: of the start of an interval.
    """
    table = report.levels
    if not table.num_rows:
        return
    st.subheader(t(f"{PAGE}.service.title"), anchor=False)
    if all(NO_LANES in why for why in table["why"].to_pylist()):
        st.caption(t(f"{PAGE}.service.no_lanes"))
        return
    st.caption(t(f"{PAGE}.service.about"))
    words = f"{PAGE}.service.why"
    reasons = [
        "; ".join(t(f"{words}.{one.replace(' ', '_')}") for one in why.split("; ") if one)
        for why in table["why"].to_pylist()
    ]
    names = [name for name in _SHOWN if table[name].null_count < table.num_rows]
    table = table.set_column(table.column_names.index("why"), "why", [reasons]).select(names)
    titles = {name: t(f"{PAGE}.column.{name}") for name in names}
    config: dict[str, Any] = {
        name: st.column_config.NumberColumn(title, format=_NUMBERS[name])
        if name in _NUMBERS
        else st.column_config.Column(title)
        for name, title in titles.items()
    }
    config["start"] = st.column_config.DatetimeColumn(
        titles["start"], format=time_format, timezone="UTC"
    )
    st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows, 260),
        column_config=config,
        placeholder="–",
    )
