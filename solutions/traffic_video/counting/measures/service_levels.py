"""Levels of service by interval: of roads at lines, by density; before signals, by delay.

Density is flow by speed and lane: flow counted at the line, the space mean speed of the vehicles
that crossed. Control delay is the time that vehicles were in a zone above what it takes a vehicle
that nothing holds up. What is missing for a level is said in ``why``; no level is made up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from ..size_classes import HEAVY
from .scene_file import CountLine, SceneFile, Zone
from .service import density, freeway_level, signal_level, space_mean_speed, stop_level
from .service_given import SIGNAL, RoadService
from .watching import Watched

LEAST_S = 60.0
"""A level wants so many seconds of an interval that can be trusted; the manual's are 15 minutes."""

NO_LANES, NO_SPEED = "lanes not given", "speed not known"
SHORT, NONE_CROSSED, NONE_LEFT = "watched too short", "none crossed", "none went through"
AT_BEST, DOUBTED = "at best", "count in doubt"
"""Reasons: of a missing level; ``AT_BEST`` of one that rests on the speed of a free road, and
``DOUBTED`` of one at a line at which vehicles are not seen well enough."""

LEVELS = pa.schema(
    [
        pa.field("start", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("end", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("place", pa.string(), nullable=False),
        pa.field("direction", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("level", pa.string()),
        pa.field("density_per_km_lane", pa.float64()),
        pa.field("delay_s", pa.float64()),
        pa.field("flow_per_h", pa.float64()),
        pa.field("speed_kmh", pa.float64()),
        pa.field("speed_from", pa.string(), nullable=False),
        pa.field("lanes", pa.int64()),
        pa.field("heavy_share", pa.float64()),
        pa.field("vehicles", pa.int64(), nullable=False),
        pa.field("watched_s", pa.float64(), nullable=False),
        pa.field("why", pa.string(), nullable=False),
    ]
)


def service_levels(
    found: pa.Table,
    stays: pa.Table,
    scene: SceneFile,
    trusted: Watched,
    interval_s: float,
    doubted: Collection[str] = (),
) -> pa.Table:
    """Level of every direction of every line, and of every zone before a signal or a stop sign.

    Args:
        found: crossings, the columns of ``CROSSINGS``.
        stays: the columns of ``DWELLS``; those that are cut are left out.
        scene: whose lines and zones say what no camera sees (``service``).
        trusted: when counts could be trusted; only vehicles of those times are used.
        interval_s: length of an interval; intervals begin at whole multiples of it.
        doubted: names of lines whose counts are not to be relied on.

    Returns:
        the columns of ``LEVELS``. ``level`` is A to F, or empty, and ``why`` says what is missing.
        ``speed_from`` is ``measured``, ``given`` or "". Nothing crossed is no level: an empty road
        and a queue that stands look the same at a line.
    """
    if not len(trusted.spans_us):
        return LEVELS.empty_table()
    step = round(interval_s * 1_000_000)
    first = int(trusted.spans_us[:, 0].min()) // step
    last = max(-(-int(trusted.spans_us[:, 1].max()) // step), first + 1)
    rows: list[dict[str, Any]] = []
    for number in range(first, last):
        span = number * step, (number + 1) * step
        watched_s = trusted.seconds_in(*span)
        shared = {"start": span[0], "end": span[1], "watched_s": round(watched_s, 3)}
        there = _within(found, "time", span, trusted)
        for line in scene.lines:
            rows += [shared | one for one in _roads(there, line, watched_s, line.name in doubted)]
        left = _within(stays, "leave", span, trusted)
        rows += [shared | _approach(left, zone, watched_s) for zone in scene.zones if zone.service]
    arrays = [pa.array([row.get(field.name) for row in rows], field.type) for field in LEVELS]
    return pa.table(arrays, schema=LEVELS)


def _within(table: pa.Table, name: str, span: tuple[int, int], trusted: Watched) -> pa.Table:
    times = np.asarray(table[name].cast(pa.int64()).to_numpy())
    kept = (times >= span[0]) & (times < span[1]) & trusted.holds(times)
    return table.filter(pa.array(kept))


def _roads(
    there: pa.Table, line: CountLine, watched_s: float, is_doubted: bool
) -> Iterator[dict[str, Any]]:
    given = line.service or RoadService()
    of_line = np.array(there["line"].to_pylist(), object) == line.name
    ways = np.array(there["direction"].to_pylist(), object)
    sizes = np.array(there["size"].to_pylist(), object)
    speeds = np.array(there["speed_kmh"].to_numpy(zero_copy_only=False), float)
    for name, lanes in (
        (line.to_right, given.lanes_to_right),
        (line.to_left, given.lanes_to_left),
    ):
        if not name:
            continue
        own = of_line & (ways == name)
        n = int(own.sum())
        speed = space_mean_speed(speeds[own])
        source = "measured" if speed is not None else ""
        if speed is None and given.free_speed_kmh is not None:
            speed, source = given.free_speed_kmh, "given"
        heavy = given.heavy_share
        if heavy is None:
            heavy = _heavy_share(sizes[own])
        flow = n / watched_s * 3600 if watched_s > 0 else None
        row: dict[str, Any] = {
            "place": line.name,
            "direction": name,
            "kind": "road",
            "flow_per_h": flow,
            "speed_kmh": speed,
            "speed_from": source,
            "lanes": lanes,
            "heavy_share": heavy,
            "vehicles": n,
            "why": _why(watched_s, lanes, n, speed),
        }
        if not row["why"] and flow is not None and speed is not None and lanes is not None:
            row["density_per_km_lane"] = density(flow, speed, lanes, heavy)
            row["level"] = freeway_level(row["density_per_km_lane"])
            # In a jam vehicles are slower than on a free road, and the level is worse.
            row["why"] = AT_BEST if source == "given" else ""
        if is_doubted:
            row["why"] = "; ".join(one for one in (row["why"], DOUBTED) if one)
        yield row


def _heavy_share(sizes: np.ndarray) -> float:
    """Of vehicles [n] whose size is known; 0 where none is."""
    known = sizes[sizes != ""]
    return float((known == HEAVY).mean()) if len(known) else 0.0


def _why(watched_s: float, lanes: int | None, n: int, speed: float | None) -> str:
    reasons = {
        NO_LANES: lanes is None,
        SHORT: watched_s < LEAST_S,
        NONE_CROSSED: n == 0,
        NO_SPEED: n > 0 and speed is None,
    }
    return "; ".join(reason for reason, holds in reasons.items() if holds)


def _approach(left: pa.Table, zone: Zone, watched_s: float) -> dict[str, Any]:
    service = zone.service
    assert service is not None  # others are not asked for
    of_zone = np.array(left["zone"].to_pylist(), object) == zone.name
    whole = of_zone & ~left["is_cut"].to_numpy(zero_copy_only=False).astype(bool)
    lasted = left["dwell_s"].to_numpy()[whole]
    row: dict[str, Any] = {
        "place": zone.name,
        "direction": "",
        "kind": service.control,
        "speed_from": "",
        "vehicles": len(lasted),
        "why": "; ".join(
            reason
            for reason, holds in {SHORT: watched_s < LEAST_S, NONE_LEFT: not len(lasted)}.items()
            if holds
        ),
    }
    if not row["why"]:
        row["delay_s"] = float(np.maximum(lasted - service.free_s, 0).mean())
        level = signal_level if service.control == SIGNAL else stop_level
        row["level"] = level(row["delay_s"])
    return row
