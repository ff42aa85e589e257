"""The rows of the worklist: a small picture, status, probability, and what is known."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.columns import word

from .dashboard_viewer_picture import thumbnail
from .dashboard_xray_desk import TASK, Desk
from .dashboard_xray_status import STATUSES

ROW_HEIGHT = 48
_STATUS_COLORS = ["orange", "blue", "green", "red"]
_CLASS_COLORS = ["gray", "red", "violet", "blue", "green", "orange", "yellow"]


def worklist_table(desk: Desk, rows: np.ndarray) -> pa.Table:
    """What is shown of some rows, in their order."""
    readings, statuses = desk.readings, desk.statuses
    words = {name: t(f"medical_imaging.worklist.status.{name}") for name in STATUSES}
    at = rows.tolist()
    columns: dict[str, Any] = {
        "picture": [thumbnail(desk.image_key(row), partial(desk.image, row)) for row in at],
        "status": _badges([words[statuses.status[row]] for row in at]),
        # Never certain: 100.0% would say that nothing can be wrong.
        "probability": np.clip(100.0 * readings.probability[rows], 0.1, 99.9),
        "label": _badges([readings.classes[readings.codes[row]] for row in at]),
        "record_id": [readings.ids[row] for row in at],
    }
    if any(readings.patients):
        columns["patient"] = [readings.patients[row] for row in at]
    if (readings.known >= 0).any():
        names = dict(enumerate(readings.classes))
        columns["known"] = _badges([names.get(code) for code in readings.known[rows].tolist()])
    if statuses.said:
        columns["who"] = [statuses.said[row].who if row in statuses.said else None for row in at]
    return pa.table(columns)


def _badges(words: list[str | None]) -> pa.Array:
    return pa.array([[word] if word else [] for word in words], pa.list_(pa.string()))


def table_columns(desk: Desk) -> dict[str, Any]:
    """How Streamlit shows the columns of :func:`worklist_table`."""
    config, classes = st.column_config, list(desk.readings.classes)
    name = {
        key: t(f"medical_imaging.worklist.column.{key}")
        for key in ("picture", "status", "probability", "label", "known", "who")
    }
    colors: Any = [_CLASS_COLORS[at % len(_CLASS_COLORS)] for at in range(len(classes))]
    statuses = [t(f"medical_imaging.worklist.status.{status}") for status in STATUSES]
    status_colors: Any = _STATUS_COLORS
    return {
        "picture": config.ImageColumn(name["picture"], width=64),
        "status": config.MultiselectColumn(
            name["status"], options=statuses, color=status_colors, width=112
        ),
        "probability": config.ProgressColumn(
            name["probability"], format="%.1f%%", min_value=0.0, max_value=100.0, width=120
        ),
        "label": config.MultiselectColumn(name["label"], options=classes, color=colors, width=104),
        "record_id": config.TextColumn(word(TASK, "column", "record_id")),
        "patient": config.TextColumn(word(TASK, "column", "patient")),
        "known": config.MultiselectColumn(name["known"], options=classes, color=colors, width=104),
        "who": config.TextColumn(name["who"], width=90),
    }
