"""Rendered roads with all that is true of them, for `traffic_speed.py` and `traffic_counts.py`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from lepton_core.decision import Line
from lepton_core.frames import frame_array
from lepton_core.pipeline import Pipeline
from solutions.traffic_video.counting.event_scoring import Event
from solutions.traffic_video.counting.measures.scene_file import Calibration
from solutions.traffic_video.counting.scenes.camera import Camera, Road
from solutions.traffic_video.counting.scenes.frames import Seen
from solutions.traffic_video.counting.scenes.random_scenes import random_scene
from solutions.traffic_video.counting.scenes.rendering import render
from solutions.traffic_video.counting.scenes.scene import Scene
from solutions.traffic_video.counting.scenes.traffic import simulate
from solutions.traffic_video.counting.scenes.truth import (
    Crossing,
    calibration_points,
    crossings,
)

FPS, WARM_S, EDGE_S = 25.0, 2.0, 1.0
NAMES = {1: "towards", -1: "away"}


@dataclass(frozen=True)
class Clip:
    """A rendered road.

    Args:
        scene: what was rendered.
        records: its frames, as counting takes them.
        seen: the vehicles of each frame.
        line: across its road.
        crossings: of that line, in order of time.
        lengths_m: vehicle -> metres.
    """

    scene: Scene
    records: pa.Table
    seen: Sequence[tuple[Seen, ...]]
    line: Line
    crossings: Sequence[Crossing]
    lengths_m: dict[int, float]

    @property
    def calibration(self) -> Calibration:
        """Of four points of the road, as a person would mark them."""
        pixels, metres = calibration_points(self.scene)
        points = [tuple((float(x), float(y)) for x, y in rows) for rows in (pixels, metres)]
        return Calibration(*points)  # type: ignore[arg-type]

    def events(self) -> list[Event]:
        """Each true crossing with its stay: while a part of the vehicle is above the line."""
        found = []
        for one in self.crossings:
            half_s = self.lengths_m[one.vehicle] / 2 / max(one.speed_kmh / 3.6, 1.0)
            first, last = ((one.time_s + way * half_s) * FPS for way in (-1, 1))
            found.append(Event(first, last, "gate", NAMES[one.direction], one.x_px))
        return found


def rendered(seed: int, kind: str, seconds: float, **fixed: float) -> Clip:
    """A road drawn at random, 320x240 at 25 frames/s; see :func:`random_scene`."""
    scene = random_scene(seed, kind, 320, 240, FPS, seconds, **fixed)
    pictures, times, seen = [], [], []
    for frame in render(scene):
        pictures.append(np.ascontiguousarray(frame.picture[..., ::-1]))
        times.append(round(frame.time_s * 1e6))
        seen.append(frame.vehicles)
    records = pa.table(
        {
            "record_id": [f"road#{at:06d}" for at in range(len(times))],
            "time": pa.array(times, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
            "frame": frame_array(np.stack(pictures)),
        }
    )
    line = line_across(scene)
    lengths = {one.id: one.size_m[0] for one in simulate(scene, Road.of(scene, Camera.of(scene)))}
    return Clip(scene, records, seen, line, crossings(scene, (line.start, line.end)), lengths)


def line_across(scene: Scene) -> Line:
    """A line from one edge of the road to the other, as a person draws it: where both are in the
    picture, and nearest to 62% of its height.
    """
    camera = Camera.of(scene)
    road = Road.of(scene, camera)
    ys = np.linspace(*road.y_range, 200)
    ends = []
    for way in (-1, 1):
        x = np.asarray(road.middle(ys)) + way * (road.half_m[0] + 0.5)
        spots, depth = camera.project(np.column_stack([x, ys, np.zeros(len(ys))]))
        ends.append(np.where(depth[:, None] > 0, spots, -1e6))
    size = np.array([scene.width - 1, scene.height - 1])
    outside = sum(np.maximum(-end, 0) + np.maximum(end - size, 0) for end in ends).sum(axis=1)
    off = np.abs((ends[0] + ends[1])[:, 1] / 2 - 0.62 * scene.height)
    best = int(np.argmin(100 * outside + off))
    left, right = sorted((ends[0][best].tolist(), ends[1][best].tolist()))
    # Towards is to the right of who walks from the left end to the right one.
    return Line("gate", tuple(left), tuple(right), NAMES[1], NAMES[-1])


def counted(pipeline: Pipeline, records: pa.Table) -> tuple[pa.Table, list[dict[str, object]]]:
    """The rows of the frames, and the crossings in them, each with ``frame`` for its time."""
    rows = pipeline.score(records).to_arrow()
    found = [one for text in rows["crossings"].to_pylist() for one in json.loads(text)]
    for one in found:
        one["frame"] = datetime.fromisoformat(one["time"]).timestamp() * FPS
    return rows, found
