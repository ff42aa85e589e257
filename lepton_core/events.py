"""Events in order of time, entity by entity: how long since the last one, and what comes late."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lepton_core.entities import EntityTable, StateArray, waves
from lepton_core.rejects import Rejects

_LONG_AGO = -(2**62)


class EventTable(EntityTable):
    """An :class:`~lepton_core.entities.EntityTable` that also knows when each entity was last seen.

    Args:
        states: further state arrays to hold.

    Example:
        >>> table = EventTable()
        >>> slots = table.slots(pa.array(["a", "b", "a"]))
        >>> table.gaps(slots, np.array([50_000_000, 20_000_000, 40_000_000])).tolist()
        [nan, nan, -10.0]
    """

    def __init__(self, *states: StateArray) -> None:
        super().__init__(StateArray("last_us", dtype="int64", initial=_LONG_AGO), *states)

    def gaps(self, slots: np.ndarray, time_us: np.ndarray) -> np.ndarray:
        """Time since each event's entity was last seen; then it is seen.

        Args:
            slots: int64 [N], from :meth:`slots`.
            time_us: int64 [N], microseconds since 1970 UTC.

        Returns:
            seconds, float64 [N]: NaN for an entity's first event, below 0 for one that comes late,
            which moves nothing on.
        """
        gap = np.empty(len(slots))
        last = self["last_us"]
        for rows in waves(slots):
            at = slots[rows]
            since = (time_us[rows] - last[at]) / 1e6
            gap[rows] = np.where(last[at] == _LONG_AGO, np.nan, since)
            last[at] = np.maximum(last[at], time_us[rows])
        return gap


def refuse_late(
    records: pa.Table, gaps: np.ndarray, *, entity: str, time: str, most_s: float = 0.0
) -> tuple[np.ndarray, Rejects]:
    """The events that stay, and the late ones refused: the past cannot be changed.

    Args:
        records: checked records [N].
        gaps: float64 [N], from :meth:`EventTable.gaps`.
        entity: the column that names the entity.
        time: the time column.
        most_s: seconds that an event may be late by.

    Returns:
        positions int64 [n] of those that stay, and the refused ones.
    """
    rejects, is_late = Rejects(), gaps < -most_s
    rows = np.flatnonzero(is_late)
    if len(rows):
        late = records.take(pa.array(rows))
        ids, who = late.column("record_id").to_pylist(), late.column(entity).to_pylist()
        came = late.column(time).cast(pa.int64()).to_numpy()
        latest = came - np.rint(gaps[rows] * 1e6).astype(np.int64)
        named = {"column": entity, "days": most_s / 86_400}
        told = zip(rows.tolist(), ids, who, _texts(came), _texts(latest), strict=True)
        for row, record_id, name, moment, last in told:
            rejects.add(row, record_id, "late", **named, entity=name, received=moment, last=last)
    return np.flatnonzero(~is_late), rejects


def _texts(time_us: np.ndarray) -> list[str]:
    """Times [n] as people read them; through Arrow, which needs no pandas and takes every year."""
    texts: list[str] = pa.array(time_us, pa.timestamp("us", tz="UTC")).cast(pa.string()).to_pylist()
    return texts
