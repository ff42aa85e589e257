"""Crossings counted on rendered roads against the truth, each as an event, by kind of scene.

    python benchmarks/traffic_rendered.py [BUNDLE] [--kinds day,queue] [--first 810001] [--scenes 4]

Prints a table. Scenes are drawn by seeds from --first on, none chosen, 320x240 at 25 frames/s,
14 s; a line lies across the picture at 62% of its height. A counted crossing is right when it has
the direction of a vehicle and lies within 10 frames of its stay on the line; each vehicle once.
What is crossed in the first 2 s, while the background is learned, is left out.
"""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from lepton_core.bundle import load_bundle
from lepton_core.decision import Line
from lepton_core.frames import frame_array
from lepton_core.pipeline import Pipeline
from lepton_core.solution import find_task
from solutions.traffic_video.counting.event_scoring import Event, score_events
from solutions.traffic_video.counting.scenes.frames import Frame
from solutions.traffic_video.counting.scenes.random_scenes import random_scene
from solutions.traffic_video.counting.scenes.rendering import render
from solutions.traffic_video.counting.scenes.scene import KINDS
from solutions.traffic_video.counting.scenes.truth import crossings, mask_crossings

WIDTH, HEIGHT, FPS, SECONDS, WARM_S = 320, 240, 25.0, 14.0, 2.0
ROW = round(HEIGHT * 0.62)
LINE = Line("gate", (0, ROW), (WIDTH, ROW))
NAMES = {1: LINE.to_right, -1: LINE.to_left}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    task = find_task("traffic_video/counting")
    parser.add_argument("bundle", nargs="?", type=Path)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--first", type=int, default=810_001)
    parser.add_argument("--scenes", type=int, default=4)
    asked = parser.parse_args()
    pipeline = load_bundle(asked.bundle or task.bundle(task.default_bundle))
    pipeline = pipeline.with_decision(pipeline.decision.with_lines([LINE]))
    print("kind        true  counted  right  event F1  frames to be trusted")
    for kind in asked.kinds.split(","):
        seeds = range(asked.first, asked.first + asked.scenes)
        rows = np.array([judged(pipeline, kind, seed) for seed in seeds])
        true, counted, right = rows[:, :3].sum(axis=0).astype(int).tolist()
        f1 = 2 * right / max(true + counted, 1)
        print(f"{kind:10}{true:6}{counted:9}{right:7}{f1:10.2f}{rows[:, 3].mean():22.0%}")


def judged(pipeline: Pipeline, kind: str, seed: int) -> tuple[int, int, int, float]:
    """True, counted and right crossings of one scene, and the share of trusted frames."""
    scene = random_scene(seed, kind, WIDTH, HEIGHT, FPS, SECONDS)
    frames = list(render(scene))
    rows = pipeline.score(records(frames)).to_arrow()
    counted = []
    for one in (one for text in rows["crossings"].to_pylist() for one in json.loads(text)):
        at = datetime.fromisoformat(one["time"]).timestamp() * FPS
        counted.append(Event(at, at, LINE.name, one["direction"], one["x"]))
    stays = {stay.vehicle: stay for stay in mask_crossings(frames, ROW)}
    true = [
        Event(
            stays[one.vehicle].first_frame,
            stays[one.vehicle].last_frame,
            LINE.name,
            NAMES[one.direction],
        )
        for one in crossings(scene, (LINE.start, LINE.end))
        if one.vehicle in stays
    ]
    score = score_events(counted, true)
    warm = WARM_S * FPS
    right = sum(true[at].first >= warm for _, at in score.pairs)
    missed = sum(true[at].first >= warm for at in score.missed)
    false = sum(counted[at].first >= warm for at in score.false)
    trusted = 1 - float(np.mean(rows["review"].to_numpy()))
    return right + missed, right + false, right, trusted


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
