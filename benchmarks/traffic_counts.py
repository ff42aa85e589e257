"""Counts on rendered roads at moderate traffic, by direction, also when frames are left out.

    python benchmarks/traffic_counts.py [BUNDLE] [--first 820001] [--scenes 8] [--seconds 24]

Scenes of the kind `day` with traffic in both directions, drawn by seeds from --first on, none
chosen; 320x240 at 25 frames/s, then every second and every fourth frame alone. A line lies across
the road. What is crossed in the first 2 s, while the background is learned, and in the last second
is left out. Prints, a scene: true and counted towards and away, and at each rate the count of both
and the event F1 (the direction of a vehicle, within 0.4 s of its stay on the line, each once).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from traffic_truth import EDGE_S, FPS, NAMES, WARM_S, Clip, counted, rendered

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.solution import find_task
from solutions.traffic_video.counting.event_scoring import Event, score_events

STEPS = (1, 2, 4)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    task = find_task("traffic_video/counting")
    parser.add_argument("bundle", nargs="?", type=Path)
    parser.add_argument("--first", type=int, default=820_001)
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=24.0)
    asked = parser.parse_args()
    pipeline = load_bundle(asked.bundle or task.bundle(task.default_bundle))
    print("            towards        away           both at 25, 12.5, 6.25 frames/s      to be")
    print("seed        true counted   true counted   true  counted       event F1         trusted")
    total = np.zeros((len(STEPS), 5))
    for seed in range(asked.first, asked.first + asked.scenes):
        lanes = {"lanes_towards": 1 + seed % 2, "lanes_away": 1 + seed // 2 % 2}
        clip = rendered(seed, "day", asked.seconds, **lanes)
        found = [judged(pipeline, clip, step) for step in STEPS]
        total += [row[:5] for row in found]
        print(told(str(seed), np.array(found)[:, :5], f"{found[0][5]:.0%}"))
    print(told("all", total, ""))


def told(name: str, found: np.ndarray, trusted: str) -> str:
    """A row of the table, of true and counted towards and away, and right, at each rate."""
    towards, counted_towards, away, counted_away, _ = found[0].astype(int).tolist()
    true = towards + away
    every = (found[:, 1] + found[:, 3]).astype(int).tolist()
    f1 = [2 * right / max(true + n, 1) for right, n in zip(found[:, 4], every, strict=True)]
    counts = "".join(f"{n:5}" for n in every)
    scores = "".join(f"{one:6.2f}" for one in f1)
    return (
        f"{name:10}{towards:6}{counted_towards:8}{away:7}{counted_away:8}"
        f"{true:7}{counts}{scores}   {trusted}"
    )


def judged(pipeline: Pipeline, clip: Clip, step: int) -> tuple[int, int, int, int, int, float]:
    """True and counted towards, true and counted away, right ones, the share of frames that can
    be trusted; of every step-th frame.
    """
    pipeline = pipeline.with_decision(pipeline.decision.with_lines([clip.line]))
    rows, found = counted(pipeline, clip.records.take(list(range(0, len(clip.seen), step))))
    events = [Event(o["frame"], o["frame"], "gate", o["direction"], o["x"]) for o in found]
    true = clip.events()
    score = score_events(events, true)
    low, high = WARM_S * FPS, len(clip.seen) - EDGE_S * FPS
    pairs = {at: true[to] for at, to in score.pairs}
    # A counted crossing belongs where its true one does.
    own = [one for at, one in enumerate(events) if _within(pairs.get(at, one), low, high)]
    truth = [one for one in true if _within(one, low, high)]
    right = sum(_within(one, low, high) for one in pairs.values())
    numbers = []
    for name in NAMES.values():
        numbers += [sum(one.direction == name for one in part) for part in (truth, own)]
    trusted = 1 - float(np.mean(rows["review"].to_numpy()))
    return (*numbers, right, trusted)  # type: ignore[return-value]


def _within(one: Event, low: float, high: float) -> bool:
    return low <= (one.first + one.last) / 2 < high


if __name__ == "__main__":
    main()
