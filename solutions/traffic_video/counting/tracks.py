"""Tracks as arrays: where each vehicle was in each frame; scoring tells it, measures read it.

At confirmation a vehicle's earlier places (its backlog) are told under its id, so rows need not
come in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tracks:
    """Rows of tracks as arrays, in order of track, then time.

    Args:
        frame: int64 [n], number of the frame from 0.
        time_us: int64 [n], microseconds since 1970, UTC.
        track: int64 [n], at least 0.
        box_xyxy: float32 [n, 4], pixels of the original picture.
        foot_xy: float32 [n, 2], where the vehicle stands on the road, pixels of the original.
        size: str [n], one of ``SIZES`` as far as it was known by then; "" where it was not.

    Example:
        >>> one = Tracks.of([0, 1], [0, 40_000], [7, 7], [[0, 0, 4, 4]] * 2, [[2, 4], [2, 5]])
        >>> one.n, one.foot_xy[:, 1].tolist()
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
        size: object = "",
    ) -> Tracks:
        """Put arrays (or lists) in order; a later row of the same track and time is left out."""
        track_id = np.asarray(track, np.int64).reshape(-1)
        time = np.asarray(time_us, np.int64).reshape(-1)
        order = np.lexsort((time, track_id))
        same = (np.diff(track_id[order]) == 0) & (np.diff(time[order]) == 0)
        order = order[np.concatenate([[True], ~same])] if len(order) else order
        return cls(
            np.asarray(frame, np.int64).reshape(-1)[order],
            time[order],
            track_id[order],
            np.asarray(box_xyxy, np.float32).reshape(-1, 4)[order],
            np.asarray(foot_xy, np.float32).reshape(-1, 2)[order],
            np.broadcast_to(np.asarray(size, str), track_id.shape)[order],
        )

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.track)

    def each(self) -> Iterator[tuple[int, slice]]:
        """Each track's id and the slice of its rows, which lie together in order of time."""
        starts = np.flatnonzero(np.diff(self.track, prepend=-1)).tolist()
        for start, end in zip(starts, [*starts, self.n][1:], strict=True):
            yield int(self.track[start]), slice(start, end)
