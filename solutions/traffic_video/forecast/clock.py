"""Intervals by the clock on the wall: time of day and kind of day where the stations stand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.errors import UsageError

_US_A_MINUTE = 60_000_000
_US_A_DAY = 86_400_000_000
# Monday to Friday, and the days on which few people go to work.
KINDS_OF_DAY = 2


class Clock(NamedTuple):
    """The local time of some intervals.

    Args:
        slot: int64 [...], which interval of the day it is, from 0.
        weekday: int64 [...], 0 for Monday.
        kind: int64 [...], 0 from Monday to Friday, 1 else.
    """

    slot: np.ndarray
    weekday: np.ndarray
    kind: np.ndarray


def slots_a_day(step_minutes: float) -> int:
    """How many intervals a day has.

    Example:
        >>> slots_a_day(5.0), slots_a_day(7.0)
        (288, 206)
    """
    return int(np.ceil(1440.0 / step_minutes))


def local_clock(steps: np.ndarray, step_minutes: float, timezone: str) -> Clock:
    """The local time of intervals that are counted since 1970 in UTC.

    Args:
        steps: int64 [...], from :func:`lepton_core.series.step_numbers`.
        step_minutes: length of an interval.
        timezone: name of the zone, ``Europe/Berlin``.

    Raises:
        UsageError: ``traffic_video.forecast.timezone`` for a name that nobody knows.

    Example:
        >>> noon = np.array([1_790_000_000 // 300])  # 2026-09-21 14:13 UTC
        >>> [int(part[0]) * 5 // 60 for part in (local_clock(noon, 5.0, "Europe/Berlin").slot,)]
        [16]
    """
    step = round(step_minutes * _US_A_MINUTE)
    flat = np.asarray(steps, np.int64).ravel() * step
    try:
        moments = pa.array(flat, pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us", timezone))
        local = pc.local_timestamp(moments).cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise UsageError("traffic_video.forecast.timezone", received=timezone) from error
    day, within = np.divmod(local, _US_A_DAY)
    # 1 January 1970 was a Thursday, day 3 of the week that begins on Monday.
    weekday = (day + 3) % 7
    kind = (weekday >= 5).astype(np.int64)
    return Clock(*(part.reshape(np.shape(steps)) for part in (within // step, weekday, kind)))
