"""On a camera that nothing was learned from or chosen by: crossings against those of a person."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from lepton_core.bundle import load_bundle
from lepton_core.records.opening import open_records
from lepton_core.solution import find_task
from solutions.traffic_video.counting.deciding import by_file
from solutions.traffic_video.counting.event_scoring import Event, read_crossings, score_events
from solutions.traffic_video.counting.measures.scene_file import read_scene

CLIP = Path(os.environ.get("LEPTON_DATA", "")) / "road_clip" / "input_video.mp4"
FOLDER = Path(__file__).parent / "road_clip"
FPS = 24.012948


def test_every_crossing_counted_by_hand_is_of_a_line_and_a_direction_of_the_scene() -> None:
    lines = {line.name: line for line in read_scene(FOLDER / "scene.yaml").lines}
    found = read_crossings(FOLDER / "crossings.csv")
    assert {name: sum(one.line == name for one in found) for name in lines} == {
        "near": 8,
        "mouth": 9,
    }
    for one in found:
        line = lines[one.line]
        assert one.direction in (line.to_right, line.to_left)
        assert 0 <= one.first < one.last < 905
        assert one.x_px is not None
        assert line.start[0] < one.x_px < line.end[0]


@pytest.fixture(scope="module")
def counted() -> list[Event]:
    """What the bundle counts that scores what people bring."""
    task = find_task("traffic_video/counting")
    pipeline = load_bundle(task.bundle(task.default_bundle))
    pipeline = pipeline.with_decision(by_file(pipeline.decision, FOLDER / "scene.yaml"))
    session, events = pipeline.open_session(), []
    with open_records(CLIP, task.inputs, labels=False) as reader:
        for batch in reader.batches():
            for text in session.step(batch, CLIP.name).columns["crossings"].to_pylist():
                for one in json.loads(text):
                    frame = datetime.fromisoformat(one["time"]).timestamp() * FPS
                    events.append(Event(frame, frame, one["line"], one["direction"], one["x"]))
    return events


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.skipif(not CLIP.is_file(), reason="road_clip is not in $LEPTON_DATA")
@pytest.mark.parametrize(
    "line",
    [
        "near",
        pytest.param(
            "mouth",
            marks=pytest.mark.xfail(
                reason="background subtraction finds too little of vehicles 14 pixels wide",
                strict=False,
            ),
        ),
    ],
)
def test_a_camera_never_seen_is_counted_within_a_tenth_or_one_vehicle(
    line: str, counted: list[Event]
) -> None:
    true = [one for one in read_crossings(FOLDER / "crossings.csv") if one.line == line]
    own = [one for one in counted if one.line == line]
    assert abs(len(own) - len(true)) <= max(1, 0.1 * len(true))
    assert score_events(own, true).f1 >= 0.9
