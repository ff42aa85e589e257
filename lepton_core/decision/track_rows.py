"""Raw output of a task that follows things: rows of numbers, and the same as a column of tracks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from lepton_core.box_cells import TRACKS
from lepton_core.decision.base import labels_of
from lepton_core.spec import TRACK_KEYS

# One place of one thing; `time` in seconds from its frame, 0 or, for what is told late, below;
# `fresh` how many steps at the end of its path are new; `size` the number of its size class, below
# 0 where that is not known. Behind these, the path: time (likewise), x and y of points, the last
# one now, those that there are not being NaN, in front.
FIELDS = (
    *("track", "time", "x0", "y0", "x1", "y1", "foot_x", "foot_y", "speed"),
    *("sure", "fresh", "size"),
)
AT = {name: place for place, name in enumerate(FIELDS)}
_NUMBERS = [AT[name] for name in TRACK_KEYS]


def empty_rows(frames: int, most: int, path: int) -> np.ndarray:
    """Rows float32 [frames, most, fields + 3 * path] in which nothing is: ``track`` is -1."""
    rows = np.full((frames, most, len(FIELDS) + 3 * path), np.nan, np.float32)
    rows[:, :, AT["track"]] = -1
    return rows


def paths_of(rows: np.ndarray) -> np.ndarray:
    """The paths in rows [..., fields + 3 * path], [..., path, 3]: time, x, y.

    Raises:
        ValueError: rows of another width.
    """
    rest = rows.shape[-1] - len(FIELDS)
    if rest < 0 or rest % 3:
        expected = f"{len(FIELDS)} + 3 a point of the path"
        raise ValueError(f"tracks have {expected} numbers. Received: {rows.shape[-1]}")
    return rows[..., len(FIELDS) :].reshape(*rows.shape[:-1], rest // 3, 3)


def track_lists(rows: np.ndarray, time_us: np.ndarray, sizes: Sequence[str] = ()) -> pa.ListArray:
    """The column of the dtype ``tracks`` that rows stand for.

    Args:
        rows: float32 [n, K, ...] as :func:`empty_rows`.
        time_us: int64 [n], microseconds since 1970 of each frame.
        sizes: names of what ``size`` numbers stand for.

    Example:
        >>> rows = empty_rows(1, 2, path=4)
        >>> rows[0, 0, :12] = [7, -0.5, 0, 0, 4, 4, 2, 4, 30, 0.9, 0, 1]
        >>> told = track_lists(rows, np.array([1_000_000]), ("small", "large"))[0].as_py()
        >>> [(one["track"], one["time"].microsecond, one["size"]) for one in told]
        [(7, 500000, 'large')]
    """
    row, place = np.nonzero(rows[:, :, AT["track"]] >= 0)
    found = rows[row, place]
    since_us = np.round(found[:, AT["time"]].astype(np.float64) * 1e6).astype(np.int64)
    columns = [
        pa.array(found[:, AT["track"]].astype(np.int64)),
        pa.array(time_us[row] + since_us, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
        *(pa.array(np.ascontiguousarray(found[:, at])) for at in _NUMBERS),
        size_names(found[:, AT["size"]], sizes),
    ]
    kind = TRACKS.value_type
    flat = pa.StructArray.from_arrays(columns, fields=list(kind))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(rows)))])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat).cast(TRACKS)


def size_names(numbers: np.ndarray, sizes: Sequence[str]) -> pa.Array:
    """Names of size classes [n]; "" below 0 and where there are no classes.

    Example:
        >>> size_names(np.array([1.0, -1.0]), ("small", "large")).to_pylist()
        ['large', '']
    """
    known = np.where(numbers >= 0, numbers, -1).astype(np.int64)
    return labels_of(np.where(known < len(sizes), known, -1) + 1, ("", *sizes))
