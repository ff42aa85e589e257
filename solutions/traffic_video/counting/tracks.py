"""The table of tracks: where each vehicle was in each frame; a tracker fills it, measures read it.

One row a vehicle and frame. A vehicle that has no id yet (not confirmed) is left out, or stands
with ``track`` -1 and ``confirmed`` false; no measure ever looks at such a row. At confirmation the
tracker adds the earlier rows of the vehicle (its backlog) under its id, so rows need not come in
order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError

SIZES = ("small", "medium", "large")
"""Size classes: motorcycles and alike; cars and vans; trucks and buses. "" where not known."""

TRACKS = pa.schema(
    [
        pa.field("frame", pa.int64(), nullable=False),
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("track", pa.int64(), nullable=False),
        pa.field("x0", pa.float32(), nullable=False),
        pa.field("y0", pa.float32(), nullable=False),
        pa.field("x1", pa.float32(), nullable=False),
        pa.field("y1", pa.float32(), nullable=False),
        pa.field("foot_x", pa.float32(), nullable=False),
        pa.field("foot_y", pa.float32(), nullable=False),
        pa.field("confirmed", pa.bool_(), nullable=False),
        pa.field("size", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Tracks:
    """Rows of tracks as arrays, in order of track, then time.

    Args:
        frame: int64 [n], number of the frame from 0.
        time_us: int64 [n], microseconds since 1970, UTC.
        track: int64 [n], at least 0.
        box_xyxy: float32 [n, 4], pixels of the original picture.
        foot_xy: float32 [n, 2], where the vehicle stands on the road, pixels of the original.
        size: str [n], one of ``SIZES`` or "".

    Example:
        >>> one = Tracks.of([0, 1], [0, 40_000], [7, 7], [[0, 0, 4, 4]] * 2, [[2, 4], [2, 5]])
        >>> one.n, one.to_table()["foot_y"].to_pylist()
        (2, [4.0, 5.0])
    """

    frame: np.ndarray
    time_us: np.ndarray
    track: np.ndarray
    box_xyxy: np.ndarray
    foot_xy: np.ndarray
    size: np.ndarray

    @classmethod
    def of(
        cls,
        frame: object,
        time_us: object,
        track: object,
        box_xyxy: object,
        foot_xy: object,
        size: object = None,
    ) -> Tracks:
        """Put arrays (or lists) in order; a later row of the same track and time is left out."""
        track_id = np.asarray(track, np.int64).reshape(-1)
        time = np.asarray(time_us, np.int64).reshape(-1)
        sizes = np.full(len(track_id), "") if size is None else np.asarray(size, str)
        order = np.lexsort((time, track_id))
        same = (np.diff(track_id[order]) == 0) & (np.diff(time[order]) == 0)
        order = order[np.concatenate([[True], ~same])] if len(order) else order
        return cls(
            np.asarray(frame, np.int64).reshape(-1)[order],
            time[order],
            track_id[order],
            np.asarray(box_xyxy, np.float32).reshape(-1, 4)[order],
            np.asarray(foot_xy, np.float32).reshape(-1, 2)[order],
            sizes[order],
        )

    @classmethod
    def from_table(cls, table: pa.Table) -> Tracks:
        """The confirmed rows of an Arrow table with the columns of ``TRACKS``.

        Raises:
            DataError: ``traffic_video.tracks.*``: a column is missing, of another type or has
                empty cells, or a position is not a number.
        """
        rows = check_tracks(table)
        rows = rows.filter(rows["confirmed"])

        def stacked(*names: str) -> np.ndarray:
            return np.stack([rows[name].to_numpy() for name in names], axis=1)

        return cls.of(
            rows["frame"].to_numpy(),
            rows["time"].cast(pa.int64()).to_numpy(),
            rows["track"].to_numpy(),
            stacked("x0", "y0", "x1", "y1"),
            stacked("foot_x", "foot_y"),
            rows["size"].to_pylist(),
        )

    def to_table(self) -> pa.Table:
        """The rows as an Arrow table of the schema ``TRACKS``."""
        corners = [pa.array(column) for column in self.box_xyxy.T.copy()]
        feet = [pa.array(column) for column in self.foot_xy.T.copy()]
        confirmed = pa.array(np.ones(self.n, bool))
        time = pa.array(self.time_us, pa.timestamp("us", tz="UTC"))
        size = pa.array(self.size.tolist(), pa.string())
        columns = [self.frame, time, self.track, *corners, *feet, confirmed, size]
        return pa.table(columns, schema=TRACKS)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.track)

    def each(self) -> Iterator[tuple[int, slice]]:
        """Each track's id and the slice of its rows, which lie together in order of time."""
        starts = np.flatnonzero(np.diff(self.track, prepend=-1)).tolist()
        for start, end in zip(starts, [*starts, self.n][1:], strict=True):
            yield int(self.track[start]), slice(start, end)


def check_tracks(table: pa.Table) -> pa.Table:
    """The table with the columns of ``TRACKS`` in their order and types; ``size`` may be missing.

    Raises:
        DataError: ``traffic_video.tracks.missing``, ``.type``, ``.empty`` or ``.position``.
    """
    if "size" not in table.column_names:
        table = table.append_column("size", pa.array([""] * table.num_rows, pa.string()))
    missing = [name for name in TRACKS.names if name not in table.column_names]
    if missing:
        raise DataError(
            "traffic_video.tracks.missing",
            columns=", ".join(missing),
            known=", ".join(table.column_names),
        )
    columns = []
    for field in TRACKS:
        column = table[field.name]
        if column.null_count:
            raise DataError("traffic_video.tracks.empty", column=field.name, n=column.null_count)
        try:
            columns.append(column.cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(
                "traffic_video.tracks.type",
                column=field.name,
                expected=str(field.type),
                received=str(column.type),
            ) from error
        if pa.types.is_floating(field.type) and not np.isfinite(columns[-1].to_numpy()).all():
            raise DataError("traffic_video.tracks.position", column=field.name)
    return pa.table(columns, schema=TRACKS)
