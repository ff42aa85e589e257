"""Crossings counted on rendered roads against the truth, each as an event, by kind of scene.

    python benchmarks/traffic_rendered.py [BUNDLE ...] [--kinds day,queue] [--scenes 16]

Without a bundle the one that ships is measured; background subtraction always stands beside it.
Scenes are drawn by seeds from --first on, none chosen, 320x240 at 25 frames/s, 14 s. A line
lies across the traffic: a row at 62% of the height, or the middle column where the road runs from
side to side. A counted crossing is right when it has the direction of a vehicle and lies within 10
frames of its stay on the line; each vehicle once. What is crossed in the first 2 s, while the
background is learned, is left out. F1 has the interval that scenes drawn anew give. A second table
says which size class the right crossings were told to be.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.bundle import load_bundle
from lepton_core.decision import Line
from lepton_core.frames import frame_array
from lepton_core.pipeline import Pipeline
from lepton_core.runtime.no_model import NoModel
from lepton_core.solution import find_task
from solutions.traffic_video.counting.config import CLASSICAL, Config
from solutions.traffic_video.counting.event_scoring import Event, score_events
from solutions.traffic_video.counting.preprocessing import CountingPreprocessor
from solutions.traffic_video.counting.scenes.camera import Camera, Road
from solutions.traffic_video.counting.scenes.frames import Frame
from solutions.traffic_video.counting.scenes.random_scenes import random_scene
from solutions.traffic_video.counting.scenes.rendering import render
from solutions.traffic_video.counting.scenes.scene import KINDS, Scene
from solutions.traffic_video.counting.scenes.truth import crossings, mask_crossings
from solutions.traffic_video.counting.size_classes import OF_KIND, SIZES
from solutions.traffic_video.counting.training import DECISION

WIDTH, HEIGHT, FPS, SECONDS, WARM_S = 320, 240, 25.0, 14.0, 2.0
NAME, ROW, COLUMN = "gate", round(HEIGHT * 0.62), WIDTH // 2
BESIDE = "background subtraction"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    task = find_task("traffic_video/counting")
    parser.add_argument("bundles", nargs="*", type=Path)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--first", type=int, default=810_001)
    parser.add_argument("--scenes", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    bundles = tuple(asked.bundles) or (task.bundle(task.default_bundle),)
    names = [BESIDE, *(str(path.name) for path in bundles)]
    print("| kind | by | true | counted | right | exact scenes | event F1 | trusted frames |")
    print("|---|---|---|---|---|---|---|---|")
    told_as = np.zeros((len(names), len(SIZES) * (len(SIZES) + 1)))
    with ProcessPoolExecutor(asked.workers) as pool:
        for kind in asked.kinds.split(","):
            seeds = range(asked.first, asked.first + asked.scenes)
            rows = np.array(list(pool.map(partial(judged, bundles, kind), seeds)))
            told_as += rows[:, :, 4:].sum(axis=0)
            for at, name in enumerate(names):
                print(line_of_table(kind, name, rows[:, at, :4]), flush=True)
    for name, sizes in zip(names, told_as, strict=True):
        if sizes.reshape(len(SIZES), -1)[:, :-1].any():
            print(f"\n| {name}: true size | {' | '.join((*SIZES, 'not known'))} |")
            print("|---|" + "---|" * (len(SIZES) + 1))
            for size, counts in zip(SIZES, sizes.reshape(len(SIZES), -1), strict=True):
                print(f"| {size} | {' | '.join(f'{n:.0f}' for n in counts)} |")


def line_of_table(kind: str, name: str, rows: np.ndarray) -> str:
    """One line: true, counted, right and trusted of scenes [n, 4]."""
    true, counted, right = rows[:, :3].sum(axis=0).astype(int).tolist()
    exact = int((rows[:, 0] == rows[:, 1]).sum())
    drawn = np.random.default_rng(0).integers(0, len(rows), (1000, len(rows)))
    low, high = np.quantile(f1(rows[drawn].sum(axis=1)), [0.025, 0.975])
    return (
        f"| {kind} | {name} | {true} | {counted} | {right} | {exact} of {len(rows)} | "
        f"{float(f1(rows.sum(axis=0))):.3f} ({low:.2f} to {high:.2f}) | {rows[:, 3].mean():.0%} |"
    )


def f1(sums: np.ndarray) -> np.ndarray:
    """Of true, counted and right ones [..., 4]."""
    return np.asarray(2 * sums[..., 2] / np.maximum(sums[..., 0] + sums[..., 1], 1))


def judged(bundles: tuple[Path, ...], kind: str, seed: int) -> list[tuple[float, ...]]:
    """True, counted, right crossings, trusted share, and how often each size was told as which, of
    one scene, by each pipeline.
    """
    scene = random_scene(seed, kind, WIDTH, HEIGHT, FPS, SECONDS)
    line, truth, sizes, frames = told(scene)
    classical = CountingPreprocessor(Config(detector=CLASSICAL))
    task = find_task("traffic_video/counting")
    pipelines = [Pipeline(task, "counting", classical, NoModel(), DECISION)]
    pipelines += [load_bundle(path) for path in bundles]
    return [score_of(one, line, truth, sizes, frames) for one in pipelines]


def told(scene: Scene) -> tuple[Line, list[Event], list[int], pa.Table]:
    """The line, its true crossings, numbers of their size classes, and the frames as counting takes
    them.
    """
    line, upright = line_across(scene)
    frames = list(render(scene))
    place = COLUMN if upright else ROW
    stays = {stay.vehicle: stay for stay in mask_crossings(frames, place, upright=upright)}
    names = {1: line.to_right, -1: line.to_left}
    truth, sizes = [], []
    for one in crossings(scene, (line.start, line.end)):
        if one.vehicle in stays:
            stay = stays[one.vehicle]
            truth.append(Event(stay.first_frame, stay.last_frame, NAME, names[one.direction]))
            sizes.append(OF_KIND[one.kind])
    return line, truth, sizes, records(frames)


def line_across(scene: Scene) -> tuple[Line, bool]:
    """A line that the traffic crosses, and whether it stands upright."""
    camera = Camera.of(scene)
    road = Road.of(scene, camera)
    ends = np.array([[float(road.middle(y)), y, 0.0] for y in (-1.0, 1.0)])
    across, down = np.abs(np.diff(camera.project(ends)[0], axis=0)[0]).tolist()
    if across > down:
        return Line(NAME, (COLUMN, 0), (COLUMN, HEIGHT)), True
    return Line(NAME, (0, ROW), (WIDTH, ROW)), False


def score_of(
    pipeline: Pipeline, line: Line, truth: list[Event], sizes: list[int], frames: pa.Table
) -> tuple[float, ...]:
    """True, counted and right crossings after the warm-up, the share of trusted frames, and of
    right ones how many of each size were told as each, the last as none.
    """
    pipeline = pipeline.with_decision(pipeline.decision.with_lines([line]))
    rows = pipeline.score(frames).to_arrow()
    counted, told_sizes = [], []
    for one in (one for text in rows["crossings"].to_pylist() for one in json.loads(text)):
        told_sizes.append(SIZES.index(one["size"]) if one["size"] else len(SIZES))
        at = datetime.fromisoformat(one["time"]).timestamp() * FPS
        counted.append(Event(at, at, NAME, one["direction"], one["x"]))
    score = score_events(counted, truth)
    warm = WARM_S * FPS
    right = sum(truth[at].first >= warm for _, at in score.pairs)
    missed = sum(truth[at].first >= warm for at in score.missed)
    false = sum(counted[at].first >= warm for at in score.false)
    trusted = 1 - float(np.mean(rows["review"].to_numpy()))
    told_as = np.zeros((len(SIZES), len(SIZES) + 1))
    for at, to in score.pairs:
        told_as[sizes[to], told_sizes[at]] += truth[to].first >= warm
    return right + missed, right + false, right, trusted, *told_as.ravel().tolist()


def records(frames: list[Frame]) -> pa.Table:
    """Rendered frames as counting takes them."""
    times = pa.array([round(frame.time_s * 1e6) for frame in frames], pa.int64())
    return pa.table(
        {
            "record_id": [f"road#{frame.index:06d}" for frame in frames],
            "time": times.cast(pa.timestamp("us", tz="UTC")),
            "frame": frame_array([np.ascontiguousarray(f.picture[..., ::-1]) for f in frames]),
        }
    )


if __name__ == "__main__":
    main()
