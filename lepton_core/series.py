"""Values of many series over time: each one's recent past, and what comes a few steps later.

Time is counted in whole steps (an hour, a shift, a day), so that a gap in a series is seen as a
gap and the value of a week ago always stands at the same place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lepton_core.entities import EntityTable, StateArray
from lepton_core.rejects import Rejects

_US_A_MINUTE = 60_000_000
_NEVER = -(2**62)


def step_numbers(times: pa.Array | pa.ChunkedArray, step_minutes: float) -> np.ndarray:
    """Times as whole steps since 1970, each rounded to the nearest.

    Args:
        times: timestamps in UTC [n].
        step_minutes: length of a step, above 0.

    Returns:
        int64 [n].

    Raises:
        ValueError: the step is not above 0.

    Example:
        >>> times = pa.array([0, 7_190_000_000], pa.timestamp("us", tz="UTC"))  # 2 h less 10 s
        >>> step_numbers(times, 60).tolist()
        [0, 2]
    """
    if not step_minutes > 0:
        raise ValueError(f"step_minutes is above 0. Received: {step_minutes}")
    step = round(step_minutes * _US_A_MINUTE)
    moments = times.cast(pa.timestamp("us", tz=times.type.tz)).cast(pa.int64())
    return (moments.to_numpy() + step // 2) // step


def values_ahead(
    series: pa.Array | pa.ChunkedArray, steps: np.ndarray, values: np.ndarray, horizon: int
) -> np.ndarray:
    """What each record's series is ``horizon`` steps later.

    Args:
        series: ids [n].
        steps: int64 [n], from :func:`step_numbers`; where a series has two records on one step,
            the first counts.
        values: float64 [n].
        horizon: steps ahead.

    Returns:
        float64 [n], NaN where there is no record on that step.

    Example:
        >>> values_ahead(pa.array(["a", "b", "a"]), np.array([0, 0, 1]), np.array([5., 6., 7.]), 1)
        array([ 7., nan, nan])
    """
    found = np.full(len(steps), np.nan)
    if not len(steps):
        return found
    keys = _keys(series, steps, abs(horizon))
    order = np.argsort(keys, kind="stable")
    place = np.minimum(np.searchsorted(keys[order], keys + horizon), len(keys) - 1)
    there = keys[order][place] == keys + horizon
    found[there] = values[order][place][there]
    return found


def first_on_step(series: pa.Array | pa.ChunkedArray, steps: np.ndarray) -> np.ndarray:
    """Which records [n] are the first of their series on their step, as bool.

    Example:
        >>> first_on_step(pa.array(["a", "b", "a"]), np.array([0, 0, 0])).tolist()
        [True, True, False]
    """
    is_first = np.zeros(len(steps), bool)
    if len(steps):
        is_first[np.unique(_keys(series, steps, 0), return_index=True)[1]] = True
    return is_first


def _keys(series: pa.Array | pa.ChunkedArray, steps: np.ndarray, room: int) -> np.ndarray:
    """One number int64 [n] for series and step, with ``room`` free behind each series' last."""
    whole = pa.chunked_array([series]) if isinstance(series, pa.Array) else series
    codes = whole.combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    first = int(steps.min())
    return codes * (int(steps.max()) - first + room + 1) + (steps - first)


def calendar(steps: np.ndarray, step_minutes: float) -> np.ndarray:
    """Hour of day and day of week of each step as points on two circles, in UTC.

    Args:
        steps: int64 [n], from :func:`step_numbers`.
        step_minutes: length of a step.

    Returns:
        float32 [n, 4]: sine and cosine of the part of the day that is over, then of the week,
        which begins on Monday.
    """
    days = steps * step_minutes / 1440.0
    # 1 January 1970 was a Thursday, the fourth day of the week.
    angles = 2 * np.pi * np.stack([days, (days + 3) / 7], axis=1)
    both = np.stack([np.sin(angles), np.cos(angles)], axis=2)
    return both.reshape(len(steps), 4).astype(np.float32)


@dataclass(frozen=True)
class Windows:
    """The pasts of a batch's records.

    Args:
        past: float64 [k, length, columns], the record's own values last; NaN for a step without a
            record.
        kept: int64 [k], positions of these records in the batch, ascending.
        late: int64, positions of records before an earlier one of their series.
        latest: int64, for each late one, the latest step of its series until then.
        repeated: int64, positions of records on the same step as an earlier one.
        since: int64 [k], steps from the series' last remembered record before each to it; 0 where
            there is none.
    """

    past: np.ndarray
    kept: np.ndarray
    late: np.ndarray
    latest: np.ndarray
    repeated: np.ndarray
    since: np.ndarray


class SeriesHistory:
    """The last values of every series; a record's past is the same however a file is cut.

    Args:
        length: steps that are remembered, at least 1.
        columns: values a step.

    Example:
        >>> history = SeriesHistory(3)
        >>> names, steps = pa.array(["a", "b", "a"]), np.array([0, 0, 2])
        >>> history.step(names, steps, np.array([[5.0], [6.0], [7.0]])).past[:, :, 0]
        array([[nan, nan,  5.],
               [nan, nan,  6.],
               [ 5., nan,  7.]])
    """

    def __init__(self, length: int, columns: int = 1) -> None:
        self._length = length
        self._table = EntityTable(
            StateArray("last", dtype="int64", initial=_NEVER),
            StateArray("past", (length, columns), "float64", np.nan),
        )

    def step(
        self,
        series: pa.Array,
        steps: np.ndarray,
        values: np.ndarray,
        asks: np.ndarray | None = None,
    ) -> Windows:
        """Takes records in and gives each its past, itself included.

        Args:
            series: strings or integers [n].
            steps: int64 [n], from :func:`step_numbers`.
            values: float64 [n, columns].
            asks: bool [n], records that only ask what was known before their step, as those of
                weeks to come do: they are not remembered, and their past is NaN from the first
                step after the series' last record on. None for none.

        Example:
            >>> history = SeriesHistory(3)
            >>> steps, asks = np.array([0, 2, 1]), np.array([False, True, False])
            >>> values = np.array([[5.0], [np.nan], [6.0]])
            >>> history.step(pa.array(["a", "a", "a"]), steps, values, asks).past[:, :, 0]
            array([[nan, nan,  5.],
                   [ 5., nan, nan],
                   [nan,  5.,  6.]])
        """
        slots = self._table.slots(series)
        order = np.argsort(slots, kind="stable")
        only_asks = np.zeros(len(steps), bool) if asks is None else asks[order]
        key, before, is_new = self._in_order(slots[order], steps[order], only_asks)
        fresh = key > before
        late = np.flatnonzero(key < before)
        late = late[np.argsort(order[late])]
        latest = steps[order[late]] + (before - key)[late]
        rows = order[fresh]
        # A gap longer than what is remembered leaves nothing of the past, however long it is.
        moved = np.minimum(key - before, self._length)[fresh]
        past = self._advance(slots[rows], steps[rows], moved, values[rows], only_asks[fresh])
        arrival = np.argsort(rows)
        repeated = np.sort(order[key == before])
        since = np.where(is_new, 0, key - before)[fresh]
        return Windows(past[arrival], rows[arrival], order[late], latest, repeated, since[arrival])

    def _in_order(
        self, slots: np.ndarray, steps: np.ndarray, asks: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each row's step, the latest remembered one before it in its series, on one axis for all
        series, and whether there is none.

        Rows are grouped by series, in order of arrival within each.
        """
        if not len(slots):
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool)
        series = np.cumsum(np.diff(slots, prepend=slots[0]) != 0)
        last = self._table["last"][slots]
        known = last[last > _NEVER]
        first = min(steps.min(), known.min(initial=steps.min())) - 1
        span = max(steps.max(), known.max(initial=steps.max())) - first + 1
        key = series * span + (steps - first)
        stored = series * span + np.maximum(last - first, 0)
        reached = np.maximum.accumulate(np.where(asks, -1, key))
        before = np.maximum(np.concatenate([[-1], reached[:-1]]), stored)
        return key, before, before == series * span

    def _advance(
        self,
        slots: np.ndarray,
        steps: np.ndarray,
        moved: np.ndarray,
        values: np.ndarray,
        asks: np.ndarray,
    ) -> np.ndarray:
        """The pasts [k, length, columns] of rows grouped by series, which move the series on.

        All series are laid out one behind the other on one line, what was stored before what came,
        so that every past is a stretch of it. A row that asks stands on the line without moving it.
        """
        stored, back = self._table["past"], np.arange(1 - self._length, 1)
        if not len(slots):
            return np.zeros((0, *stored.shape[1:]))
        is_first = np.concatenate([[True], slots[1:] != slots[:-1]])
        ends = np.append(np.flatnonzero(is_first)[1:], len(slots)) - 1
        reached = np.cumsum(is_first) * self._length - 1 + np.cumsum(np.where(asks, 0, moved))
        place = reached + np.where(asks, moved, 0)
        line = np.full((place.max() + 1, stored.shape[2]), np.nan)
        line[(place - moved)[is_first][:, None] + back] = stored[slots[is_first]]
        line[place[~asks]] = values[~asks]
        stored[slots[ends]] = line[reached[ends][:, None] + back]
        np.maximum.at(self._table["last"], slots[~asks], steps[~asks])
        past = line[place[:, None] + back]
        # What stands there on the line came later, or is of another series.
        past[asks[:, None] & (back > -moved[:, None])] = np.nan
        return past

    def export(self) -> dict[str, np.ndarray]:
        """The whole memory as plain arrays."""
        return self._table.export()

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes what :meth:`export` gave."""
        self._table.restore(arrays)


def refuse_unordered(
    records: pa.Table, windows: Windows, *, series: str, time: str, step_minutes: float
) -> Rejects:
    """What :meth:`SeriesHistory.step` could not take, with reasons: the past cannot be changed.

    Args:
        records: the batch.
        windows: what came of it.
        series: the column that names the series.
        time: the time column.
        step_minutes: length of a step.
    """
    rejects = Rejects()
    latest = windows.latest * round(step_minutes * _US_A_MINUTE)
    known = pa.array(latest, pa.timestamp("us", tz="UTC")).cast(pa.string()).to_pylist()
    late = [{"last": last, "days": 0.0} for last in known]
    nothing: list[dict[str, Any]] = [{}] * len(windows.repeated)
    for key, rows, more in (
        ("late", windows.late, late),
        ("same_step", windows.repeated, nothing),
    ):
        some = records.select(["record_id", series, time]).take(pa.array(rows))
        moments = some.column(time).cast(pa.string()).to_pylist()
        ids, names = some.column("record_id").to_pylist(), some.column(series).to_pylist()
        told = zip(rows.tolist(), ids, names, moments, more, strict=True)
        for row, record_id, name, moment, also in told:
            rejects.add(row, record_id, key, column=series, entity=name, received=moment, **also)
    return rejects
