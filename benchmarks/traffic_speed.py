"""Speeds of vehicles on rendered roads against the exact ones, by kind of scene.

    python benchmarks/traffic_speed.py [BUNDLE] [--kinds day,shadow] [--first 830001] [--scenes 4]

Scenes are drawn by seeds from --first on, none chosen; 320x240 at 25 frames/s, 14 s, calibrated by
four points of the road, as a person marks them. Two speeds are told: of a vehicle's whole way
(speeds.csv: the median over stretches of it; true is the same of its exact places in the frames in
which it was followed) and at a line across the road (the column crossings; true is its exact speed
at that moment, of the crossings that are right). Vehicles slower than 5 km/h are left out, and so
are tracks that follow none. Prints the median relative error with its 95% interval (vehicles drawn
again), and the share of vehicles whose true speed lies within two of the errors that speeds.csv
tells.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from traffic_truth import Clip, counted, rendered

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.solution import find_task
from solutions.traffic_video.counting.event_scoring import Event, score_events
from solutions.traffic_video.counting.measures.geometry import apply
from solutions.traffic_video.counting.measures.speed import speeds
from solutions.traffic_video.counting.rows import tracks_in
from solutions.traffic_video.counting.scenes.scene import KINDS
from solutions.traffic_video.counting.tracks import Tracks

SECONDS, LEAST_KMH, LEAST_OVERLAP = 14.0, 5.0, 0.3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    task = find_task("traffic_video/counting")
    parser.add_argument("bundle", nargs="?", type=Path)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--first", type=int, default=830_001)
    parser.add_argument("--scenes", type=int, default=4)
    asked = parser.parse_args()
    pipeline = load_bundle(asked.bundle or task.bundle(task.default_bundle))
    print("            whole way                                     at the line")
    print(
        "kind        vehicles  error  95% interval   in 2 errors   crossings  error  95% interval"
    )
    every: list[np.ndarray] = [np.empty((0, 3)), np.empty((0, 3))]
    for kind in asked.kinds.split(","):
        seeds = range(asked.first, asked.first + asked.scenes)
        clips = [judged(pipeline, rendered(seed, kind, SECONDS)) for seed in seeds]
        both = [np.concatenate([clip[at] for clip in clips]) for at in (0, 1)]
        every = [np.concatenate([old, new]) for old, new in zip(every, both, strict=True)]
        print(told(kind, *both))
    print(told("all", *every))


def judged(pipeline: Pipeline, clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """True, told and its error, of vehicles [n, 3] and of crossings [m, 3]; km/h."""
    ground = clip.calibration.matrix.ravel().tolist()
    pipeline = pipeline.with_decision(pipeline.decision.with_lines([clip.line], ground))
    rows, found = counted(pipeline, clip.records)
    tracks = tracks_in(rows)
    driven = followed(tracks, clip)
    whole = [
        (true, one.kmh, one.error_kmh)
        for track, one in speeds(tracks, clip.calibration).items()
        if (true := driven.get(track, 0.0)) > LEAST_KMH
    ]
    told = [one for one in found if one["speed_kmh"] is not None]
    events = [Event(o["frame"], o["frame"], "gate", o["direction"], o["x"]) for o in told]
    pairs = score_events(events, clip.events()).pairs
    line = [
        (true, told[at]["speed_kmh"], 0.0)
        for at, to in pairs
        if (true := clip.crossings[to].speed_kmh) > LEAST_KMH
    ]
    return np.array(whole).reshape(-1, 3), np.array(line, float).reshape(-1, 3)


def followed(tracks: Tracks, clip: Clip) -> dict[int, float]:
    """Track -> the exact speed, km/h, of the vehicle that it follows: the one that most of its
    boxes lie on, of those that no other track lies on more often.
    """
    lies: dict[tuple[int, int], list[tuple[int, int, float, float]]] = {}
    columns = tracks.frame.tolist(), tracks.time_us.tolist(), tracks.track.tolist()
    for frame, time_us, track, box in zip(*columns, tracks.box_xyxy, strict=True):
        others = [one for one in clip.seen[frame] if not one.is_parked]
        if not others:
            continue
        shares = overlaps(box, np.array([one.box_xyxy for one in others]))
        best = others[int(shares.argmax())]
        if shares.max() >= LEAST_OVERLAP:
            row = frame, time_us, best.x_m, best.y_m
            lies.setdefault((track, best.id), []).append(row)
    found: dict[int, float] = {}
    taken: set[int] = set()
    to_pixels = np.linalg.inv(clip.calibration.matrix)
    for (track, vehicle), rows in sorted(lies.items(), key=lambda one: -len(one[1])):
        if track in found or vehicle in taken:
            continue
        frames, times, *metres = zip(*rows, strict=True)
        feet = apply(to_pixels, np.array(metres, float).T)
        boxes, named = np.zeros((len(rows), 4)), [track] * len(rows)
        own = speeds(Tracks.of(frames, times, named, boxes, feet), clip.calibration)
        found[track] = own[track].kmh if track in own else 0.0
        taken.add(vehicle)
    return found


def overlaps(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of a box with others [n, 4]."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    common = np.maximum(high - low, 0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    return np.asarray(common / (areas - common))


def told(kind: str, whole: np.ndarray, line: np.ndarray) -> str:
    """A row of the table."""
    inside = np.abs(whole[:, 1] - whole[:, 0]) <= 2 * whole[:, 2]
    share = f"{inside.mean():8.0%}" if len(whole) else "       -"
    return f"{kind:10}{_error(whole)}{share}      {_error(line)}"


def _error(rows: np.ndarray) -> str:
    if not len(rows):
        return f"{0:9}      -               "
    errors = np.abs(rows[:, 1] / rows[:, 0] - 1)
    drawn = np.random.default_rng(0).integers(0, len(errors), (2000, len(errors)))
    low, high = np.quantile(np.median(errors[drawn], axis=1), [0.025, 0.975])
    return f"{len(errors):9}{np.median(errors):8.1%}  {low:6.1%} to {high:5.1%}"


if __name__ == "__main__":
    main()
