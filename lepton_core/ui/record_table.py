"""The table of scored records: sorted, filtered by what was predicted, one of them chosen."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.box_cells import flat_boxes, short_text
from lepton_core.list_cells import flat_lists
from lepton_core.messages import t
from lepton_core.ui.columns import word
from lepton_core.ui.csv_button import csv_button
from lepton_core.ui.figures import table_height
from lepton_core.ui.outcomes import Outcomes

# More rows than a person reads; all of them are in the download.
_MOST_ROWS = 2000


def choose_record(outcomes: Outcomes, key: str) -> int | None:
    """Draw the table of records, the most probable first, and the downloads below it.

    Args:
        outcomes: the records at a threshold.
        key: of the widgets; another key forgets the choice.

    Returns:
        the chosen row, the first one at first; None where the table is empty.
    """
    n = len(outcomes.positive)
    views = {
        "called": np.flatnonzero(outcomes.positive),
        "review": np.flatnonzero(outcomes.review),
        "all": np.arange(n),
    }
    first = "called" if len(views["called"]) else "all"
    names = {
        "called": outcomes.classes[1],
        "review": t("ui.outcomes.review"),
        "all": t("ui.table.all"),
    }
    labels = {name: f"{names[name]} {len(rows):,}" for name, rows in views.items()}
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.subheader(t("ui.table.title"), anchor=False, width="content")
        view = st.segmented_control(
            t("ui.table.view"),
            list(views),
            default=first,
            required=True,
            format_func=labels.__getitem__,
            key=f"{key}.view",
            label_visibility="collapsed",
        )
    rows = views[view or first]
    rows = rows[np.argsort(-outcomes.probability[rows], kind="stable")]
    if not len(rows):
        st.info(t("ui.table.empty"), icon=":material/task_alt:")
        return None
    shown = rows[:_MOST_ROWS]
    if len(shown) < len(rows):
        st.caption(t("ui.table.first", n=len(shown), of=len(rows)))
    event: Any = st.dataframe(
        _shown(outcomes, shown),
        hide_index=True,
        height=table_height(len(shown)),
        key=f"{key}.table.{outcomes.scored.key}.{view}",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        column_config=_columns(outcomes),
    )
    _downloads(outcomes, rows, key)
    picked = [*event.selection.rows, *(row for row, _ in event.selection.cells)]
    # A table that became shorter may keep a choice that is gone.
    return int(shown[picked[0] if picked and picked[0] < len(shown) else 0])


def _shown(outcomes: Outcomes, rows: np.ndarray) -> pa.Table:
    """What is shown of some rows: id, probability, outcome, then the columns of the records."""
    records = outcomes.scored.records.take(pa.array(rows))
    columns: dict[str, Any] = {
        "record_id": records["record_id"],
        "ui.probability": 100.0 * outcomes.probability[rows],
    }
    if (outcomes.known[rows] >= 0).any():
        names = dict(enumerate(outcomes.classes))
        known = [[names[k]] if k in names else [] for k in outcomes.known[rows].tolist()]
        columns["ui.known"] = pa.array(known, pa.list_(pa.string()))
    for column in outcomes.task.inputs:
        if column.role not in ("id", "label"):
            values = records[column.name]
            columns[column.name] = short_text(values) if column.dtype == "boxes" else values
    return pa.table(columns)


def _columns(outcomes: Outcomes) -> dict[str, Any]:
    config, task = st.column_config, outcomes.task
    first, second = outcomes.classes
    shown: dict[str, Any] = {
        "record_id": config.TextColumn(word(task.name, "column", "record_id"), pinned=True),
        "ui.probability": config.ProgressColumn(
            t("ui.outcomes.probability"), format="%.1f%%", min_value=0.0, max_value=100.0, width=130
        ),
        "ui.known": config.MultiselectColumn(
            t("ui.outcomes.known"), options=[second, first], color=["red", "gray"], width=100
        ),
    }
    for column in task.inputs:
        title = word(task.name, "column", column.name)
        if column.unit:
            title = f"{title} ({word(task.name, 'unit', column.unit)})"
        if column.dtype == "timestamp":
            shown[column.name] = config.DatetimeColumn(
                title, format="YYYY-MM-DD HH:mm", timezone="UTC"
            )
        elif column.role != "id":
            shown[column.name] = config.Column(title, help=column.description or None)
    return shown


def _downloads(outcomes: Outcomes, rows: np.ndarray, key: str) -> None:
    everyone = np.arange(len(outcomes.positive))
    with st.container(horizontal=True):
        for name, some in (("shown", rows), ("scored", everyone)):
            csv_button(
                t(f"ui.table.download_{name}", n=len(some)),
                partial(_flat, outcomes, some),
                f"{outcomes.task.name.replace('/', '_')}_{name}.csv",
                f"{key}.download.{name}",
            )


def _flat(outcomes: Outcomes, rows: np.ndarray) -> pa.Table:
    return flat_lists(flat_boxes(outcomes.table(rows)))
