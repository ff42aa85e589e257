"""The page of the maintenance team: the machines of a day to look at, and a machine's past."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task
from lepton_core.spreadsheet import to_csv
from lepton_core.ui.frame import header

if TYPE_CHECKING:
    from lepton_core.ui.outcomes import Outcomes

_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)
_MOST_ROWS = 500
# What the queue shows of an event, beside its probability.
_COLUMNS = ("time", "machine", "kind", "load", "vibration")


def page() -> None:
    """Draw the page."""
    header(t("my_solution.title"), t("my_solution.dashboard.caption"))
    # Imported below the heading, so that it is on the screen while the rest loads.
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.days import choose_day
    from lepton_core.ui.figures import show_figures
    from lepton_core.ui.outcomes import Outcomes

    task = find_task("my_solution/events")
    chosen = choose_scored(task)
    if chosen is None:
        return
    scored, source = chosen
    with st.container(border=True):
        outcomes = Outcomes.choose(task, scored)
    show_figures(outcomes.figures())
    time_us = scored.records.column("time").cast(pa.int64()).to_numpy()
    numbers = time_us // _DAY_US
    left, right = st.columns([7, 5], gap="medium")
    with left:
        days = [_EPOCH + timedelta(days=int(number)) for number in np.unique(numbers)]
        day = choose_day(days, f"my_solution.day.{source.key}")
        rows = np.flatnonzero(numbers == (day - _EPOCH).days)
        picked = _queue(outcomes, rows, day)
    with right:
        _machine(outcomes, time_us, picked)


def _queue(outcomes: Outcomes, rows: np.ndarray, day: date) -> int:
    """The events of a day, the most probable first; gives the row that a person chose."""
    from lepton_core.ui.columns import word
    from lepton_core.ui.figures import table_height

    task, records = outcomes.task.name, outcomes.scored.records
    ranked = rows[np.argsort(-outcomes.probability[rows], kind="stable")]
    shown = ranked[:_MOST_ROWS]
    some = records.select(list(_COLUMNS)).take(pa.array(shown))
    known = [t(f"my_solution.dashboard.known.{value}") for value in outcomes.known[shown]]
    some = some.append_column("probability", pa.array(100.0 * outcomes.probability[shown]))
    some = some.append_column("known", pa.array(known))
    names = {name: word(task, "column", name) for name in some.column_names}
    config: dict[str, Any] = {name: st.column_config.Column(title) for name, title in names.items()}
    config["time"] = st.column_config.DatetimeColumn(names["time"], format="HH:mm", timezone="UTC")
    config["probability"] = st.column_config.ProgressColumn(
        names["probability"], format="%.1f%%", min_value=0.0, max_value=100.0
    )
    alerts = ranked[outcomes.positive[ranked]]
    st.subheader(t("my_solution.dashboard.queue", n=len(alerts), of=len(rows)), anchor=False)
    event: Any = st.dataframe(
        some,
        hide_index=True,
        height=table_height(len(shown)),
        column_config=config,
        key=f"my_solution.queue.{outcomes.scored.key}.{day}",
        on_select="rerun",
        selection_mode="single-row",
    )
    every = np.flatnonzero(outcomes.positive)
    with st.container(horizontal=True):
        for name, some_rows in (("day", alerts), ("every", every)):
            st.download_button(
                t(f"my_solution.dashboard.download_{name}", n=len(some_rows)),
                partial(_csv, outcomes, some_rows),
                file_name=f"alerts_{day if name == 'day' else 'all'}.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
                disabled=not len(some_rows),
            )
    picked = [row for row in event.selection.rows if row < len(shown)]
    return int(shown[picked[0] if picked else 0])


def _machine(outcomes: Outcomes, time_us: np.ndarray, picked: int) -> None:
    """The whole past of the chosen event's machine, with what is known of it."""
    from lepton_core.ui.columns import word
    from lepton_core.ui.figures import CHART
    from lepton_core.ui.plain import plain
    from lepton_core.ui.timeline import Timeline

    records = outcomes.scored.records
    machine = records.column("machine")[picked].as_py()
    rows = np.flatnonzero(pc.equal(records.column("machine"), machine).to_numpy())
    rows = rows[np.argsort(time_us[rows], kind="stable")]
    st.subheader(t("my_solution.dashboard.machine", machine=plain(machine)), anchor=False)
    alerts, past = int(outcomes.positive[rows].sum()), len(rows)
    st.caption(t("my_solution.dashboard.machine_line", n=past, alerts=alerts))
    timeline = Timeline(
        time_us=time_us[rows],
        value=records.column("vibration").to_numpy()[rows],
        value_name=word(outcomes.task.name, "column", "vibration"),
        probability=outcomes.probability[rows],
        positive=outcomes.known[rows] == 1,
        positive_name=t("my_solution.dashboard.failed"),
        selected=rows == picked,
        threshold=outcomes.decision.threshold,
    )
    st.plotly_chart(timeline.figure(), key="my_solution.timeline", config=CHART)


def _csv(outcomes: Outcomes, rows: np.ndarray) -> bytes:
    return to_csv(outcomes.table(rows))
