"""What every view of the X-ray page works on, and what the session remembers between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import streamlit as st

from lepton_core.ui.scored import Scored
from lepton_core.ui.uploader import Source

from .dashboard_xray_readings import Readings
from .dashboard_xray_status import STATUSES, Statuses

TASK = "medical_imaging/xray"
VIEWS = ("worklist", "viewer", "quality")
VIEW_KEY = "xray.view"
_PICTURE = "picture"

# Keys of the worklist's filters, which the viewer's "next" obeys too.
STATUS_KEY, CLASS_KEY, SEARCH_KEY, ORDER_KEY = (
    f"xray.list.{name}" for name in ("status", "class", "search", "order")
)
ALL, TO_READ = "all", "to_read"
SHOWN = (ALL, TO_READ, *STATUSES[:1], *STATUSES[2:])
ORDERS = ("urgency", "probability", "given")


@dataclass(frozen=True)
class Desk:
    """Scored pictures, the readings at the chosen operating point, and what people said.

    Args:
        scored: the pictures with their raw scores.
        source: where they came from.
        folder: of the bundle.
        readings: at the operating point.
        statuses: how far each is read.
    """

    scored: Scored
    source: Source
    folder: Path
    readings: Readings
    statuses: Statuses

    def listed(self) -> np.ndarray:
        """The rows that the worklist's filters leave, in its order, int64."""
        state, readings = st.session_state, self.readings
        order = state.get(ORDER_KEY, ORDERS[0])
        if order == "probability":
            rows = np.argsort(-readings.probability, kind="stable")
        else:
            rows = readings.urgency if order == "urgency" else np.arange(len(readings))
        keep = np.ones(len(readings), bool)
        status = state.get(STATUS_KEY, ALL)
        if status == TO_READ:
            keep &= self.statuses.is_open(np.arange(len(readings)))
        elif status in STATUSES:
            keep &= self.statuses.status == status
        number = state.get(CLASS_KEY, -1)
        if number in range(len(readings.classes)):
            keep &= readings.codes == number
        wanted = str(state.get(SEARCH_KEY) or "").strip().lower()
        if wanted:
            names = zip(readings.ids, readings.patients, strict=True)
            keep &= np.array([wanted in f"{name}\n{patient}".lower() for name, patient in names])
        return rows[keep[rows]]

    def next_open(self, row: int | None) -> int | None:
        """The next picture that nobody has read, after ``row`` in the list's order.

        Where the list has none after it, the first of the list; then any by urgency; None where
        all are read.
        """
        listed = self.listed()
        at = np.flatnonzero(listed == row)
        behind = listed[at[0] + 1 :] if len(at) else listed
        for rows in (behind, listed, self.readings.urgency):
            waiting = rows[self.statuses.is_open(rows) & (rows != row)]
            if len(waiting):
                return int(waiting[0])
        return None

    def opened(self) -> int | None:
        """The row that a person chose last, else the one that the address names, if it is here."""
        for name in (st.session_state.get(self._opened_key), st.query_params.get(_PICTURE)):
            if name in self._row_of:
                return self._row_of[name]
        return None

    def open(self, row: int) -> None:
        """Remember the row that a person chose."""
        st.session_state[self._opened_key] = self.readings.ids[row]

    def put_in_address(self, row: int) -> None:
        """Let the address name a picture, for a reload or a colleague."""
        if st.query_params.get(_PICTURE) != self.readings.ids[row]:
            st.query_params[_PICTURE] = self.readings.ids[row]

    def image(self, row: int) -> bytes:
        """The stored picture, de-identified where it is DICOM."""
        return bytes(self.scored.records.column("image")[row]["bytes"].as_py())

    def image_key(self, row: int) -> str:
        """Differs between any two pictures of any two sources."""
        return f"{self.scored.key}|{self.readings.ids[row]}"

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.readings.ids)}

    @property
    def _opened_key(self) -> str:
        return f"xray.opened.{self.source.key}"


def go_to(view: str) -> None:
    """Show a view at the next run; for buttons."""
    st.session_state[VIEW_KEY] = view


def read(desk: Desk, row: int) -> None:
    """Open a picture in the viewer at the next run; for buttons."""
    desk.open(row)
    go_to("viewer")
