"""The view of maintenance: each unit's remaining life, what drives it, and when to be warned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task

if TYPE_CHECKING:
    from .dashboard_maintenance_fleet import Fleet

VIEW = "defect_detection.maintenance.view"
TASK = "defect_detection/maintenance"


def view() -> None:
    """Draw the view below a heading that stands already."""
    st.caption(t(f"{VIEW}.caption"))
    # Imported here, so that what stands above is on the screen while the rest loads.
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.figures import show_figures
    from lepton_core.ui.loader import load
    from lepton_core.ui.plain import plain

    from .dashboard_maintenance_alarm import choose_alarm
    from .dashboard_maintenance_fleet import Fleet
    from .dashboard_maintenance_unit import show_unit

    chosen = choose_scored(find_task(TASK), datasets=True)
    if chosen is None:
        return
    scored, source = chosen
    pipeline = load(find_task(TASK).bundle(scored.address.partition("@")[2]))
    with st.container(border=True):
        decision = choose_alarm(pipeline)
    fleet = Fleet.of(replace(scored, decision=decision), pipeline)
    show_figures(fleet.figures())
    if scored.card.get("data", {}).get("name") == scored.source:
        st.caption(t(f"{VIEW}.learned", bundle=plain(scored.address)))
    left, right = st.columns([6, 6], gap="medium")
    with left:
        unit = _choose_unit(fleet, source.key)
    with right:
        show_unit(fleet, pipeline, unit)


def _choose_unit(fleet: Fleet, key: str) -> str:
    """The fleet as a table, the soonest first; gives the unit that a person chose."""
    from lepton_core.ui.columns import word
    from lepton_core.ui.figures import table_height

    table = fleet.table()
    st.subheader(t(f"{VIEW}.fleet"), anchor=False)
    names = {name: t(f"{VIEW}.column.{name}") for name in table.column_names}
    config: dict[str, Any] = {name: st.column_config.Column(title) for name, title in names.items()}
    for name in ("cycle", "since"):
        config[name] = st.column_config.NumberColumn(names[name], width="small")
    for name in ("value", "low", "high"):
        config[name] = st.column_config.NumberColumn(names[name], format="%.0f", width="small")
    config["alarm"] = st.column_config.CheckboxColumn(names["alarm"], width="small")
    config["unit"] = st.column_config.TextColumn(word(TASK, "column", "unit"), width="small")
    config["look"] = st.column_config.TextColumn(names["look"], width="large")
    event: Any = st.dataframe(
        table,
        hide_index=True,
        height=table_height(table.num_rows, 560),
        column_config=config,
        placeholder="–",
        key=f"maintenance.fleet.{key}.{fleet.scored.address}",
        on_select="rerun",
        selection_mode="single-row",
    )
    st.download_button(
        t(f"{VIEW}.download", n=len(fleet.unit)),
        fleet.csv,
        file_name="remaining_life.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    picked = [row for row in event.selection.rows if row < table.num_rows]
    return str(table["unit"][picked[0] if picked else 0].as_py())
