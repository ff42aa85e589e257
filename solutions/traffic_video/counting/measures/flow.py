"""Headways at lines, occupancy and queues in zones."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..tracks import Tracks
from .geometry import apply, inside
from .scene_file import Calibration, SceneFile, Zone
from .watching import Watched

QUEUED_KMH = 8.0
"""A vehicle slower than this stands in a queue: 5 miles an hour, the usual threshold."""
_SLOW_HEIGHTS = 0.25  # of the box a second: the same without a calibration
_WINDOW_S = 1.0

QUEUES = pa.schema(
    [
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("zone", pa.string(), nullable=False),
        pa.field("vehicles", pa.int64(), nullable=False),
        pa.field("queued", pa.int64(), nullable=False),
        pa.field("length_m", pa.float64()),
    ]
)


def headways(found: pa.Table, watched: Watched, by_lane: bool = True) -> pa.Table:
    """Seconds between vehicles that follow each other at a line.

    Args:
        found: crossings, in order of time.
        watched: no headway reaches over a time that was not watched.
        by_lane: within a lane; otherwise over a direction.

    Returns:
        columns ``time`` (of the follower), ``line``, ``direction``, ``lane``, ``headway_s``.
    """
    times = found["time"].cast(pa.int64()).to_numpy()
    lanes = found["lane"].to_pylist() if by_lane else [""] * len(times)
    keys = list(zip(found["line"].to_pylist(), found["direction"].to_pylist(), lanes, strict=True))
    before: dict[tuple[str, str, str], int] = {}
    rows = []
    for time, key in zip(times.tolist(), keys, strict=True):
        last = before.get(key)
        if last is not None and watched.share(last, time) > 0.999:
            rows.append((time, *key, (time - last) / 1e6))
        before[key] = time
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(5)]
    return pa.table(
        {
            "time": pa.array(columns[0], pa.timestamp("us", tz="UTC")),
            "line": pa.array(columns[1], pa.string()),
            "direction": pa.array(columns[2], pa.string()),
            "lane": pa.array(columns[3], pa.string()),
            "headway_s": pa.array(columns[4], pa.float64()),
        }
    )


def occupancy(tracks: Tracks, zone: Zone, watched: Watched, interval_s: float) -> pa.Table:
    """Which share of the watched time a vehicle stood or drove in a zone.

    A foot point in the zone occupies it from its frame to the track's next one. A loop detector
    is occupied a vehicle's length longer; draw the zone longer by as much to compare with one.

    Returns:
        columns ``start``, ``zone``, ``occupancy`` (0 to 1; empty where nothing was watched).
    """
    step = round(interval_s * 1_000_000)
    spans = []
    for _, part in tracks.each():
        times = tracks.time_us[part]
        is_in = inside(tracks.foot_xy[part].astype(float), zone.polygon)
        spans += [(int(times[k]), int(times[k + 1])) for k in np.flatnonzero(is_in[:-1])]
    occupied = Watched(_joined(spans))
    starts, shares = [], []
    if len(watched.spans_us):
        first = int(watched.spans_us[:, 0].min()) // step
        last = -(-int(watched.spans_us[:, 1].max()) // step)
        for number in range(first, last):
            low, high = number * step, (number + 1) * step
            seen = watched.share(low, high)
            starts.append(low)
            shares.append(min(1.0, occupied.share(low, high) / seen) if seen else None)
    return pa.table(
        {
            "start": pa.array(starts, pa.timestamp("us", tz="UTC")),
            "zone": pa.array([zone.name] * len(starts), pa.string()),
            "occupancy": pa.array(shares, pa.float64()),
        }
    )


def _joined(spans: list[tuple[int, int]]) -> np.ndarray:
    out: list[list[int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([start, end])
    return np.array(out, np.int64).reshape(-1, 2)


def queues(tracks: Tracks, scene: SceneFile, queued_kmh: float = QUEUED_KMH) -> pa.Table:
    """Vehicles that stand in each zone at each time.

    Args:
        tracks: where vehicles were.
        scene: its zones; its calibration, where it has one, makes speeds and lengths metres.
        queued_kmh: a slower vehicle is queued; without a calibration, one that moves less than a
            quarter of its box's height a second.

    Returns:
        the columns of ``QUEUES``; ``length_m`` is from the first queued vehicle's foot to the
        last one's, empty without a calibration or with none queued.
    """
    is_slow = np.zeros(tracks.n, bool)
    metres = np.full((tracks.n, 2), np.nan)
    if scene.calibration is not None:
        metres = apply(scene.calibration.matrix, tracks.foot_xy.astype(float))
    for _, part in tracks.each():
        is_slow[part] = _slow(tracks, part, metres[part], scene.calibration, queued_kmh)
    rows = []
    for zone in scene.zones:
        in_zone = inside(tracks.foot_xy.astype(float), zone.polygon)
        order = np.argsort(tracks.time_us, kind="stable")
        times, starts = np.unique(tracks.time_us[order], return_index=True)
        for time, index in zip(times.tolist(), np.split(order, starts[1:]), strict=True):
            there = index[in_zone[index]]
            stands = there[is_slow[there]]
            rows.append((time, zone.name, len(there), len(stands), _length(metres[stands])))
    columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * len(QUEUES)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, QUEUES, strict=True)]
    return pa.table(arrays, schema=QUEUES)


def _slow(
    tracks: Tracks,
    part: slice,
    metres: np.ndarray,
    calibration: Calibration | None,
    queued_kmh: float,
) -> np.ndarray:
    """bool [n]: whether a track stands at each of its times, judged over a second around it."""
    times = tracks.time_us[part] / 1e6
    low = np.searchsorted(times, times - _WINDOW_S / 2)
    high = np.searchsorted(times, times + _WINDOW_S / 2, side="right") - 1
    # At a track's ends the window reaches one step at least, where there is one.
    high = np.maximum(high, np.minimum(low + 1, len(times) - 1))
    lasted = times[high] - times[low]
    if calibration is not None and np.isfinite(metres).all():
        limit, places = queued_kmh / 3.6, metres
    else:
        boxes = tracks.box_xyxy[part]
        limit, places = _SLOW_HEIGHTS * (boxes[:, 3] - boxes[:, 1]), tracks.foot_xy[part]
    moved = np.hypot(*(places[high] - places[low]).T)
    return np.asarray((lasted > 0) & (moved < limit * lasted))


def _length(metres: np.ndarray) -> float | None:
    if not len(metres) or not np.isfinite(metres).all():
        return None
    apart = np.hypot(*(metres[:, None] - metres[None]).transpose(2, 0, 1))
    return float(apart.max())
