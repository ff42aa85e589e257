"""Counts by interval, with what the camera says of each, and where the true count lies."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .camera import TRUSTED
from .measures.count_interval import Checked, count_interval
from .measures.watching import Watched
from .size_classes import SIZES

# As in `counts`: an interval that was watched less is "partly".
_ENOUGH = 0.95


def times_us(rows: pa.Table) -> np.ndarray:
    """The time of each row, int64 [n], microseconds since 1970."""
    return np.asarray(rows["time"].cast(pa.int64()).to_numpy())


def judged(table: pa.Table, rows: pa.Table, trusted: Watched, interval_s: float) -> pa.Table:
    """Counts with what the camera says of each interval.

    ``watched_share`` becomes the share in which counts can be trusted, and an interval in which
    none can has no count: what was crossed there stays among the events.

    Args:
        table: the columns of ``COUNTS``.
        rows: of the scored frames.
        trusted: when counts could be trusted.
        interval_s: length of an interval.
    """
    starts = table["start"].cast(pa.int64()).to_pylist()
    ends = table["end"].cast(pa.int64()).to_pylist()
    step = round(interval_s * 1_000_000)
    unsure: dict[int, dict[str, None]] = {}
    for number, state in zip(
        (times_us(rows) // step).tolist(), rows["camera"].to_pylist(), strict=True
    ):
        if state not in TRUSTED:
            unsure.setdefault(number, {})[state] = None
    shares = [trusted.share(start, end) for start, end in zip(starts, ends, strict=True)]
    told = ["; ".join(unsure.get(start // step, {})) for start in starts]
    was_seen = pa.array([share > 0 for share in shares], pa.bool_())
    flags = ["" if s >= _ENOUGH else "partly" if s > 0 else "not watched" for s in shares]
    new = {
        **{name: pc.if_else(was_seen, table[name], None) for name in ("count", *SIZES)},
        "watched_share": pa.array(shares, pa.float64()),
        "flag": pa.array(flags, pa.string()),
    }
    for name, column in new.items():
        table = table.set_column(table.column_names.index(name), table.schema.field(name), column)
    return table.append_column("camera", pa.array(told, pa.string()))


def with_ends(table: pa.Table, checked: Checked | None) -> pa.Table:
    """Counts with ``low`` and ``high`` of the true count; empty without a checked sample."""
    low: list[float | None] = []
    high: list[float | None] = []
    ends: dict[int, tuple[float, float]] = {}
    for count in table["count"].to_pylist():
        if checked is None or count is None:
            low.append(None)
            high.append(None)
            continue
        if count not in ends:
            found = count_interval(count, checked)
            ends[count] = (found.low, found.high)
        low.append(ends[count][0])
        high.append(ends[count][1])
    table = table.append_column("low", pa.array(low, pa.float64()))
    return table.append_column("high", pa.array(high, pa.float64()))


def for_forecast(table: pa.Table) -> pa.Table:
    """Counts under the names that the forecast takes: ``time``, ``station``, ``count``.

    Intervals without a count are left out; one that was partly watched keeps its flag.
    """
    kept = table.filter(pc.is_valid(table["count"]))
    return pa.table(
        {
            "time": kept["start"],
            "station": kept["line"],
            "count": kept["count"].cast(pa.float64()),
            **{name: kept[name] for name in ("direction", "lane", "flag")},
        }
    )
