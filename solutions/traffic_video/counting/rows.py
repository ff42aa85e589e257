"""From the rows that scoring writes, one a frame, to the table of tracks that measures read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .tracks import Tracks


def tracks_in(rows: pa.Table) -> Tracks:
    """Where each vehicle was, its past told late in its place.

    Args:
        rows: of scored frames in order, with ``time`` and ``tracks``.

    Returns:
        its frames are positions in ``rows``; those that a vehicle was told of later lie at the
        first frame at or after that time.
    """
    lists = rows.column("tracks").combine_chunks()
    flat = lists.flatten()
    times = rows.column("time").cast(pa.int64()).to_numpy()
    when = pc.struct_field(flat, "time").cast(pa.int64()).to_numpy(zero_copy_only=False)
    last = max(len(times) - 1, 0)
    return Tracks.of(
        np.minimum(np.searchsorted(times, when), last),
        when,
        _numbers(flat, ["track"])[:, 0],
        _numbers(flat, ("x0", "y0", "x1", "y1")),
        _numbers(flat, ("foot_x", "foot_y")),
        pc.struct_field(flat, "size").fill_null("").to_numpy(zero_copy_only=False),
    )


def is_trusted(rows: pa.Table) -> np.ndarray:
    """Of each frame whether counts can be trusted, bool [n]."""
    return ~rows.column("review").to_numpy().astype(bool)


def _numbers(flat: pa.StructArray, names: Sequence[str]) -> np.ndarray:
    columns = [pc.struct_field(flat, name).to_numpy(zero_copy_only=False) for name in names]
    return np.stack(columns, axis=1) if len(flat) else np.empty((0, len(names)))
