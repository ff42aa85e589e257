"""Plans of all intersections and periods of a file: one line each, and a file to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import streamlit as st

from lepton_core.messages import t

if TYPE_CHECKING:
    from lepton_core.predictions import Predictions

    from .dashboard_signals_data import Units
    from .signals.config import Config

PAGE = "traffic_video.signals.page"
_SLOT = "traffic_video.signals.all"


def show_all(units: Units, config: Config) -> None:
    """A button that plans everything, and what came of it; of the file as it is, without edits."""
    from lepton_core.ui.csv_button import csv_button
    from lepton_core.ui.plain import plain

    from .dashboard_signals_plan import predict

    n = len(units.names())
    if n < 2:
        return
    st.subheader(t(f"{PAGE}.all"), anchor=False)
    kept: dict[str, Any] = st.session_state.get(_SLOT, {})
    is_asked = st.button(
        t(f"{PAGE}.prepare_all", n=n), icon=":material/play_arrow:", key=f"{_SLOT}.button"
    )
    if is_asked:
        with st.spinner(t(f"{PAGE}.prepare_all", n=n)):
            found = predict(units.table, config)
        kept = {"key": units.key, "config": config, "found": found}
        st.session_state[_SLOT] = kept
    if kept.get("key") != units.key or kept.get("config") != config:
        return
    found = kept["found"]
    if len(found.rejects):
        reject = next(iter(found.rejects))
        key, values = reject.reasons[0]
        first = f"{plain(reject.record_id)}: {plain(t(f'reject.{key}', **values))}"
        text = t(f"{PAGE}.all_refused", n=len(found.rejects), first=first)
        st.warning(text, icon=":material/block:")
    _table(units, found)
    table = found.to_arrow()
    csv_button(t(f"{PAGE}.download_all", n=n), lambda: table, "signal_plans.csv", f"{_SLOT}.csv")


def _table(units: Units, found: Predictions) -> None:
    from lepton_core.ui.figures import table_height

    columns = ("cycle", "plan_delay", "plan_equal", "reserve")
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    places = units.table.take(pa.array(found.rows)).select(["intersection", "period"]).to_pylist()
    for at, place in enumerate(places):
        unit = (place["intersection"], place["period"] or "")
        row = rows.setdefault(unit, {**place, "review": False})
        row |= {name: found[name][at].item() for name in columns}
        row["reserve"] *= 100
        row["review"] = row["review"] or bool(found["review"][at])
    if not rows:
        return
    column = st.column_config
    titles = {
        name: t(f"traffic_video.signals.column.{name}")
        for name in ("intersection", "period", "review", *columns)
    }
    config: dict[str, Any] = {
        name: column.TextColumn(titles[name]) for name in ("intersection", "period")
    }
    config["review"] = column.CheckboxColumn(titles["review"])
    for name in columns:
        form = {"reserve": "%+.0f%%", "cycle": "%d"}.get(name, "%.1f")
        config[name] = column.NumberColumn(titles[name], format=form)
    ordered = ["intersection", "period", *columns, "review"]
    table = pa.Table.from_pylist(list(rows.values())).select(ordered)
    st.dataframe(
        table, hide_index=True, height=table_height(table.num_rows, 420), column_config=config
    )
