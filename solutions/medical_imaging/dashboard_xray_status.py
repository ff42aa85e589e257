"""How far each picture is read: by what people said of it, beside what the model says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from .dashboard_xray_readings import Readings

REVIEW, UNREAD, AGREED, OVERRIDDEN = "review", "unread", "agreed", "overridden"
STATUSES = (REVIEW, UNREAD, AGREED, OVERRIDDEN)
OPEN = (REVIEW, UNREAD)


@dataclass(frozen=True)
class Said:
    """The verdict that counts of a picture.

    Args:
        verdict: the class that a person named.
        who: the person.
        when: in UTC.
        note: why, where it contradicts the model.
    """

    verdict: str
    who: str
    when: datetime
    note: str


@dataclass(frozen=True)
class Statuses:
    """What people said of the pictures, and what that makes of their status.

    Args:
        said: row -> the verdict that counts; rows without one are absent.
        status: strings [n], of ``STATUSES``: nobody read it and the model is unsure, nobody read
            it, a person agrees with what it is taken for, or says otherwise.
    """

    said: dict[int, Said]
    status: np.ndarray

    @classmethod
    def of(cls, readings: Readings, verdicts: pa.Table | None) -> Statuses:
        """The statuses of readings.

        Args:
            readings: at the chosen operating point.
            verdicts: ``record_id``, ``verdict``, ``who``, ``when``, ``note`` in order of time, as
                ``Store.verdicts`` gives them; the last of a picture counts. None for no store.
        """
        status = np.where(readings.review, REVIEW, UNREAD).astype(object)
        said: dict[int, Said] = {}
        row_of = {name: row for row, name in enumerate(readings.ids)}
        classes = readings.decision.classes
        for one in verdicts.to_pylist() if verdicts is not None else []:
            row = row_of.get(one["record_id"])
            if row is None:
                continue
            # A verdict that was taken back, or of another model's classes, leaves it unread.
            said.pop(row, None)
            if one["verdict"] in classes:
                said[row] = Said(one["verdict"], one["who"], one["when"], one["note"] or "")
        for row, one_said in said.items():
            agrees = one_said.verdict == classes[readings.codes[row]]
            status[row] = AGREED if agrees else OVERRIDDEN
        return cls(said, status)

    def count(self, *names: str) -> int:
        """How many pictures have one of some statuses."""
        return int(np.isin(self.status, names).sum())

    def is_open(self, rows: np.ndarray) -> np.ndarray:
        """bool [m], which of some rows nobody has read."""
        return np.isin(self.status[rows], OPEN)
