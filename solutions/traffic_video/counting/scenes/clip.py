"""A rendered scene as files: a clip, what is true of it as CSV, and lines drawn on it as YAML."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..measures.scene_file import Calibration, CountLine, Point, SceneFile, Zone, write_scene
from .camera import Camera, Road
from .frames import Frame
from .rendering import render
from .scene import Scene
from .truth import calibration_points, crossings, mask_crossings

SAMPLE = Scene(
    seed=53,
    kind="shadow",
    seconds=10.0,
    fps=25.0,
    camera_height_m=8.5,
    tilt_deg=19.0,
    yaw_deg=-9.0,
    view_deg=46.0,
    lanes_towards=2,
    lanes_away=2,
    median_m=1.5,
    flow_per_lane_h=1100.0,
    speed_kmh=62.0,
    heavy_share=0.08,
    slow_share=0.0,
    shadow=0.45,
    sun_height_deg=38.0,
    sun_azimuth_deg=70.0,
    trees=16,
    sway_px=0.4,
    noise=1.5,
    jpeg=100,
)
"""The scene of the sample that is shipped."""


def write_clip(path: Path, pictures: Iterable[np.ndarray], fps: float) -> None:
    """Write pictures as MPEG-4, which OpenCV reads everywhere (browsers do not play it).

    Args:
        path: of the ``.mp4``; it appears whole or not at all.
        pictures: uint8 [h, w, 3], blue first, all of one size.
        fps: frames a second.
    """
    part = path.with_name(f".part-{path.name}")
    writer: Any = None
    try:
        for picture in pictures:
            if writer is None:
                size = picture.shape[1], picture.shape[0]
                code = cv2.VideoWriter.fourcc(*"mp4v")
                writer = cv2.VideoWriter(str(part), code, fps, size)
            writer.write(picture)
    finally:
        if writer is not None:
            writer.release()
    os.replace(part, path)


def write_sample(folder: Path, scene: Scene = SAMPLE, row: int = 130) -> None:
    """Write ``clip.mp4``, ``crossings.csv``, ``vehicles.csv`` and ``scene.yaml``.

    Args:
        folder: made where it is not.
        scene: what is rendered.
        row: of the counting line, pixels from the top.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames = list(render(scene))
    write_clip(folder / "clip.mp4", (frame.picture for frame in frames), scene.fps)
    drawn = drawn_scene(scene, row)
    write_scene(drawn, folder / "scene.yaml")
    line = drawn.lines[0]
    stays = {stay.vehicle: stay for stay in mask_crossings(frames, row)}
    found = [
        [
            line.name,
            line.direction(crossing.direction),
            stays[crossing.vehicle].first_frame,
            stays[crossing.vehicle].last_frame,
            round(stays[crossing.vehicle].x_px),
            round(crossing.time_s, 3),
            crossing.vehicle,
            crossing.kind,
            drawn.lanes[crossing.lane].name,
            round(crossing.speed_kmh, 1),
        ]
        for crossing in crossings(scene, (line.start, line.end))
        if crossing.vehicle in stays
    ]
    head = "line direction first_frame last_frame x_px time_s vehicle class lane speed_kmh"
    _write_csv(folder / "crossings.csv", head.split(), found)
    head = "frame time_s vehicle class lane x0 y0 x1 y1 foot_x foot_y x_m y_m speed_kmh visible"
    _write_csv(folder / "vehicles.csv", head.split(), _vehicle_rows(frames))


def drawn_scene(scene: Scene, row: int) -> SceneFile:
    """A counting line across the picture, the lanes and the calibration of a rendered scene.

    Args:
        scene: what is rendered.
        row: of the line, pixels from the top.
    """
    width, height = scene.width, scene.height
    pixels, metres = calibration_points(scene)
    road = Road.of(scene, Camera.of(scene))
    camera = Camera.of(scene)
    lanes = []
    ys = np.linspace(metres[:, 1].min(), metres[:, 1].max(), 5)
    for lane in road.lanes:
        sides = []
        for side in (-1, 1):
            x = np.asarray(road.middle(ys)) + lane.offset_m + side * scene.lane_width_m / 2
            spots, _ = camera.project(np.column_stack([x, ys, np.zeros(len(ys))]))
            sides.append(spots)
        polygon = np.clip(np.concatenate([sides[0], sides[1][::-1]]), 0, [width, height])
        lanes.append(Zone(f"lane {lane.index + 1}", _points(polygon.round(1))))
    line = CountLine("gate", (0.0, float(row)), (float(width), float(row)), "towards", "away")
    corners = _points(pixels.round(2)), _points(metres.round(3))
    return SceneFile(width, height, (line,), tuple(lanes), (), Calibration(*corners))  # type: ignore[arg-type]


def _points(rows: np.ndarray) -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in rows)


def _vehicle_rows(frames: Sequence[Frame]) -> list[list[Any]]:
    return [
        [
            frame.index,
            round(frame.time_s, 3),
            seen.id,
            seen.kind,
            seen.lane + 1,
            *np.round([*seen.box_xyxy, *seen.foot_xy], 1).tolist(),
            round(seen.x_m, 2),
            round(seen.y_m, 2),
            round(seen.speed_ms * 3.6, 1),
            round(seen.visible, 2),
        ]
        for frame in frames
        for seen in frame.vehicles
        if not seen.is_parked
    ]


def _write_csv(path: Path, head: list[str], rows: list[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
