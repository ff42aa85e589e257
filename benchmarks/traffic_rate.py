"""Frames a second from a video file to counted rows, beside MOG2 with contours.

    python benchmarks/traffic_rate.py [BUNDLE ...] [--frames 300] [--repeats 3] [--profile]

All in one process and one run, on the same files (a rendered road, MPEG-4, 320x240 and 1280x720):

- lepton: `lepton score` to Parquet with a counting line: decoding, preparation, network or
  background subtraction, tracker, crossings, rows;
- MOG2 with contours: OpenCV's, decoded by the same reader of OpenCV, at the size of the picture;
  shadows dropped, opened and closed once, boxes of contours; nothing is followed or counted;
- the same on pictures shrunk to 320 pixels across, as Lepton does it.

CPU seconds count every thread. The ways take turns, and each one's fewest seconds count: a busy
machine makes some repetitions slower, and none faster. --profile prints where Lepton's time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from lepton_core.bundle import load_bundle
from lepton_core.decision import Line
from lepton_core.pipeline import Pipeline
from lepton_core.scoring.engine import score_files
from lepton_core.solution import find_task
from solutions.traffic_video.counting.scenes.clip import write_clip
from solutions.traffic_video.counting.scenes.random_scenes import random_scene
from solutions.traffic_video.counting.scenes.rendering import render

SEED, FPS = 840_001, 25.0
LEAST_SHARE = 0.001


def main() -> None:
    """Print a table for each size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundles", nargs="*", type=Path)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--sizes", default="320x240,1280x720")
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    task = find_task("traffic_video/counting")
    paths = asked.bundles or [task.bundle(task.default_bundle)]
    with tempfile.TemporaryDirectory() as folder:
        for size in asked.sizes.split(","):
            width, height = map(int, size.split("x"))
            clip = Path(folder, f"{size}.mp4")
            scene = random_scene(SEED, "day", width, height, FPS, asked.frames / FPS)
            write_clip(clip, (frame.picture for frame in render(scene)), FPS)
            ways = {f"lepton score, {path.name}": scored(path, clip, folder) for path in paths}
            ways["MOG2 with contours"] = lambda clip=clip: mog2(clip)
            ways["MOG2 with contours, shrunk"] = lambda clip=clip: mog2(clip, 320)
            print(f"\n{size}, {asked.frames} frames\n")
            tell(measured(ways, asked.repeats), asked.frames)
            if asked.profile:
                profiled(next(iter(ways.values())))


def scored(bundle: Path, clip: Path, folder: str) -> Callable[[], object]:
    """`lepton score` of a clip with a line across it."""
    pipeline: Pipeline = load_bundle(bundle)
    capture = cv2.VideoCapture(str(clip))
    width, height = (
        capture.get(at) for at in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    capture.release()
    row = 0.62 * height
    pipeline = pipeline.with_decision(
        pipeline.decision.with_lines([Line("gate", (0, row), (width, row))])
    )
    out = Path(folder, "rows.parquet")
    return lambda: score_files(pipeline, [clip], out, overwrite=True)


def mog2(clip: Path, width: int = 0) -> list[list[tuple[int, int, int, int]]]:
    """Boxes of what moves in each frame, x, y, width and height; width 0 for the picture's own."""
    subtract = cv2.createBackgroundSubtractorMOG2(500, 16, True)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    capture = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG)
    found = []
    while True:
        there, frame = capture.read()
        if not there:
            return found
        if width:
            size = width, round(frame.shape[0] * width / frame.shape[1])
            frame = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
        mask = cv2.compare(subtract.apply(frame), 200, cv2.CMP_GT)
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
        outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        least = LEAST_SHARE * mask.size
        found.append([cv2.boundingRect(one) for one in outlines if cv2.contourArea(one) >= least])


def measured(ways: dict[str, Callable[[], object]], repeats: int) -> dict[str, tuple[float, float]]:
    """Way -> fewest CPU and wall seconds."""
    seconds: dict[str, list[tuple[float, float]]] = {}
    for _ in range(repeats):
        for name, work in ways.items():
            start = time.process_time(), time.perf_counter()
            work()
            took = time.process_time() - start[0], time.perf_counter() - start[1]
            seconds.setdefault(name, []).append(took)
    least = {name: np.array(took).min(axis=0).tolist() for name, took in seconds.items()}
    return {name: (cpu, wall) for name, (cpu, wall) in least.items()}


def tell(seconds: dict[str, tuple[float, float]], frames: int) -> None:
    """Print a table of all ways, with their rates as times that of MOG2."""
    peer = seconds["MOG2 with contours"][0]
    print("| what | frames a CPU-second | CPU ms a frame | times MOG2's rate | frames a second |")
    print("|---|---|---|---|---|")
    for name, (cpu, wall) in seconds.items():
        print(
            f"| {name} | {frames / cpu:.0f} | {1000 * cpu / frames:.2f} | {peer / cpu:.2f} "
            f"| {frames / wall:.0f} |"
        )


def profiled(work: Callable[[], object]) -> None:
    """Print in which functions the time goes by itself."""
    profile = cProfile.Profile(time.thread_time)
    profile.runcall(work)
    pstats.Stats(profile).sort_stats("tottime").print_stats(28)


if __name__ == "__main__":
    main()
