"""Crossings of `road_clip`, a camera never learned from, against those counted by hand.

    LEPTON_DATA=... python benchmarks/traffic_road_clip.py [BUNDLE...]

The lines and the crossings, and how they were counted, stand in
tests/solutions/traffic_video/counting/road_clip. Prints, a bundle and line, what was counted and
which of it is right: the direction of a vehicle, within 10 frames of its stay on the line, each
vehicle once. What is crossed in the first 2 s, while the background is learned, stands in a row of
its own. Then what was missed and what was counted falsely, and how often the camera said what.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.records.opening import open_records
from lepton_core.solution import find_task
from solutions.traffic_video.counting.deciding import by_file
from solutions.traffic_video.counting.event_scoring import Event, read_crossings, score_events

HERE = Path(__file__).parents[1] / "tests/solutions/traffic_video/counting/road_clip"
FPS, WARM_S = 24.012948, 2.0


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bundles", nargs="*", type=Path)
    clip = Path(os.environ["LEPTON_DATA"]) / "road_clip" / "input_video.mp4"
    task = find_task("traffic_video/counting")
    for path in parser.parse_args().bundles or [task.bundle(task.default_bundle)]:
        counted, states = count(load_bundle(path), clip)
        print(f"{path.name}: camera {dict(states.most_common())}")
        tell(counted, read_crossings(HERE / "crossings.csv"))


def count(pipeline: Pipeline, clip: Path) -> tuple[list[Event], Counter[str]]:
    """The crossings that a bundle counts, and in how many frames the camera says what."""
    pipeline = pipeline.with_decision(by_file(pipeline.decision, HERE / "scene.yaml"))
    session, events, states = pipeline.open_session(), [], Counter[str]()
    with open_records(clip, pipeline.task.inputs, labels=False) as reader:
        for batch in reader.batches():
            found = session.step(batch, clip.name).to_arrow()
            states.update(found["camera"].to_pylist())
            for one in (one for text in found["crossings"].to_pylist() for one in json.loads(text)):
                frame = datetime.fromisoformat(one["time"]).timestamp() * FPS
                events.append(Event(frame, frame, one["line"], one["direction"], one["x"]))
    return events, states


def tell(counted: Sequence[Event], true: Sequence[Event]) -> None:
    """Print what of the counted is right, and all that is not."""
    warm = WARM_S * FPS
    parts: dict[str, Callable[[Event], bool]] = {
        "near": lambda one: one.line == "near" and one.first >= warm,
        "near, first 2 s": lambda one: one.line == "near" and one.first < warm,
        "mouth": lambda one: one.line == "mouth" and one.first >= warm,
        "mouth, first 2 s": lambda one: one.line == "mouth" and one.first < warm,
    }
    score = score_events(counted, true)
    pairs = {at: true[to] for at, to in score.pairs}
    print("line               true  counted  right  event F1")
    for name, is_of in parts.items():
        truth = sum(map(is_of, true))
        # A counted crossing belongs where its true one does.
        own = [at for at, one in enumerate(counted) if is_of(pairs.get(at, one))]
        right = sum(at in pairs for at in own)
        f1 = 2 * right / max(truth + len(own), 1)
        print(f"{name:17}{truth:6}{len(own):9}{right:7}{f1:10.2f}")
    for name, events in (
        ("missed", [true[at] for at in score.missed]),
        ("false", [counted[at] for at in score.false]),
    ):
        for one in events:
            print(f"  {name}: {one.line} {one.direction}, frame {one.first:.0f}, x {one.x_px:.0f}")


if __name__ == "__main__":
    main()
