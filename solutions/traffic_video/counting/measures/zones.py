"""Time in zones, turning movements and the origin-destination matrix between zones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ..tracks import Tracks
from .geometry import inside
from .scene_file import SceneFile, Zone

RETURN_S = 1.0

DWELLS = pa.schema(
    [
        pa.field("track", pa.int64(), nullable=False),
        pa.field("zone", pa.string(), nullable=False),
        pa.field("enter", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("leave", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("dwell_s", pa.float64(), nullable=False),
        pa.field("is_cut", pa.bool_(), nullable=False),
    ]
)
MOVEMENTS = pa.schema(
    [
        pa.field("track", pa.int64(), nullable=False),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("destination", pa.string(), nullable=False),
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("travel_s", pa.float64(), nullable=False),
    ]
)


@dataclass(frozen=True)
class _Stay:
    zone: str
    enter_us: int
    leave_us: int
    is_cut: bool


def dwells(tracks: Tracks, scene: SceneFile) -> pa.Table:
    """How long each vehicle was in each zone.

    Returns:
        the columns of ``DWELLS``, in order of track and entry. ``is_cut``: the track began or
        ended within the zone, so that the true stay was longer. A track that leaves a zone for
        less than a second has not left it.
    """
    rows = [
        (
            track,
            stay.zone,
            stay.enter_us,
            stay.leave_us,
            (stay.leave_us - stay.enter_us) / 1e6,
            stay.is_cut,
        )
        for track, part in tracks.each()
        for stay in _stays(tracks, part, scene.zones)
    ]
    return _table(rows, DWELLS)


def movements(tracks: Tracks, scene: SceneFile) -> pa.Table:
    """From which zone to which each vehicle went: its first and its last zone, where they differ.

    Returns:
        the columns of ``MOVEMENTS``; ``time`` is the entry into the destination, ``travel_s`` from
        leaving the origin to it. A vehicle seen in one zone only is left out.
    """
    rows: list[tuple[Any, ...]] = []
    for track, part in tracks.each():
        stays = _stays(tracks, part, scene.zones)
        if len({stay.zone for stay in stays}) < 2 or stays[0].zone == stays[-1].zone:
            continue
        first, last = stays[0], stays[-1]
        travel = max(0.0, (last.enter_us - first.leave_us) / 1e6)
        rows.append((track, first.zone, last.zone, last.enter_us, travel))
    return _table(sorted(rows, key=lambda row: row[3]), MOVEMENTS)


def od_matrix(found: pa.Table, scene: SceneFile) -> pa.Table:
    """The origin-destination matrix.

    Args:
        found: the columns of ``MOVEMENTS``.
        scene: whose zones are rows and columns, in their order.

    Returns:
        column ``origin`` and one int64 column a zone.

    Example:
        >>> zones = tuple(Zone(name, ((0, 0), (9, 0), (9, 9))) for name in ("west", "east"))
        >>> empty = MOVEMENTS.empty_table()
        >>> od_matrix(empty, SceneFile(9, 9, zones=zones)).to_pylist()[0]
        {'origin': 'west', 'west': 0, 'east': 0}
    """
    names = [zone.name for zone in scene.zones]
    often = Counter(zip(found["origin"].to_pylist(), found["destination"].to_pylist(), strict=True))
    columns = {name: pa.array([often[(o, name)] for o in names], pa.int64()) for name in names}
    return pa.table({"origin": pa.array(names, pa.string()), **columns})


def _stays(tracks: Tracks, part: slice, zones: tuple[Zone, ...]) -> list[_Stay]:
    """A track's stays in zones in order of entry."""
    times = tracks.time_us[part]
    feet = tracks.foot_xy[part].astype(float)
    stays = []
    for zone in zones:
        is_in = inside(feet, zone.polygon)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], is_in, [False]]).astype(int)))
        own: list[list[int]] = []
        for first, after in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            back = own and times[first] - times[own[-1][1] - 1] < RETURN_S * 1e6
            if back:
                own[-1][1] = after
            else:
                own.append([first, after])
        for first, after in own:
            is_cut = first == 0 or after == len(times)
            # The border is passed between two frames: halfway.
            enter = times[first] if first == 0 else (times[first - 1] + times[first]) // 2
            last = after - 1
            leave = times[last] if after == len(times) else (times[last] + times[after]) // 2
            stays.append(_Stay(zone.name, int(enter), int(leave), is_cut))
    return sorted(stays, key=lambda stay: (stay.enter_us, stay.leave_us))


def _table(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)
