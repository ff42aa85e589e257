"""What an alarm would have done: who is warned in time, who too early, and how long ahead."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lepton_core.decision import Remaining
from lepton_core.decision.remaining import ALARM_BY

# An alarm with more than so many times the asked cycles left comes too early to be of use.
TOO_EARLY = 2.0
AHEAD = tuple(range(5, 61, 5))


class Alarms(NamedTuple):
    """What one setting of the alarm did on units that ran to failure.

    Args:
        units: how many they are.
        warned: share that had an alarm with at least the asked cycles left, 0 to 1.
        early: share whose first alarm came with more than ``TOO_EARLY`` times as many left, 0 to 1.
        lead: median of the cycles left at the first alarm; NaN without one.
    """

    units: int
    warned: float
    early: float
    lead: float


def judge(unit: np.ndarray, left: np.ndarray, alarm: np.ndarray, ahead: float) -> Alarms:
    """What the alarms of some units were worth.

    Args:
        unit: int64 [n], the unit of each record, in order of its cycles.
        left: float64 [n], cycles truly left, not capped; units that have no record with ``ahead``
            left, or whose failure is not known (NaN), are not judged.
        alarm: bool [n].
        ahead: how many cycles before its failure a unit shall be warned.

    Example:
        >>> left = np.arange(50.0, -1.0, -1.0)
        >>> judge(np.zeros(51, int), left, left <= 23, ahead=20)
        Alarms(units=1, warned=1.0, early=0.0, lead=23.0)
    """
    judged = [
        code
        for code in np.unique(unit[left >= ahead])
        # What is still running was not followed to the end.
        if np.isfinite(left[unit == code]).all() and left[unit == code].min() < ahead
    ]
    first = []
    for code in judged:
        rows = np.flatnonzero((unit == code) & alarm)
        first.append(left[rows].max() if len(rows) else -np.inf)
    lead = np.array(first)
    if not len(lead):
        return Alarms(0, np.nan, np.nan, np.nan)
    there = lead[np.isfinite(lead)]
    return Alarms(
        len(lead),
        float((lead >= ahead).mean()),
        float((lead > TOO_EARLY * ahead).mean()),
        float(np.median(there)) if len(there) else float("nan"),
    )


def table(
    unit: np.ndarray, left: np.ndarray, scores: np.ndarray, decision: Remaining
) -> np.ndarray:
    """What each setting of the alarm would do on held-out units, float64 [k, 6].

    Args:
        unit: int64 [n], the unit of each record.
        left: float64 [n], cycles truly left.
        scores: quantiles [n, levels] by networks that do not know the unit.
        decision: with the interval that will be used.

    Returns:
        a row a setting: the place of ``alarm_by`` in ``ALARM_BY``, cycles ahead, and the figures of
        :class:`Alarms`.
    """
    columns = decision.apply({"score": scores})
    rows = []
    for place, by in enumerate(ALARM_BY):
        for ahead in AHEAD:
            rows.append([place, ahead, *judge(unit, left, columns[by] <= ahead, ahead)])
    return np.array(rows, np.float64)
