"""A clip explained by files: what they hold agrees, and the private video shows no picture."""

from __future__ import annotations

import csv
import json
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.explain.files import Asked, Explained, explain_files
from lepton_core.pipeline import Pipeline
from lepton_core.records.opening import expand_inputs, open_records
from lepton_core.records.several import SeveralReader
from lepton_core.solution import find_task
from solutions.traffic_video.counting.annotating import Annotator
from solutions.traffic_video.counting.deciding import by_file
from solutions.traffic_video.counting.explainer import Explainer

SAMPLE = Path(__file__).resolve().parents[4] / "datasets/traffic_clip_sample"
SCENE = SAMPLE / "scene.yaml"
USUAL = Explainer.usual


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    task = find_task("traffic_video/counting")
    return load_bundle(task.bundles()["sample"])


def clip(path: Path, first: int, last: int, size: tuple[int, int] = (320, 240)) -> Path:
    """Some frames of the sample clip as a file of their own."""
    capture = cv2.VideoCapture(str(SAMPLE / "clip.mp4"))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, size)
    for number in range(last):
        _, frame = capture.read()
        if number >= first:
            writer.write(cv2.resize(frame, size))
    writer.release()
    return path


def explained(
    pipeline: Pipeline,
    source: Path,
    out: Path,
    formats: tuple[str, ...] = USUAL,
    scene: bool = True,
) -> Explained:
    task = pipeline.task
    if scene:
        pipeline = pipeline.with_decision(by_file(pipeline.decision, SCENE))  # type: ignore[arg-type]
    asked = Asked(formats, scene=SCENE if scene else None)
    reopen = partial(open_records, spec=task.inputs, labels=False)
    with SeveralReader(expand_inputs([source], task.inputs), reopen) as reader:
        return explain_files(pipeline, Explainer(pipeline, asked), reader, out)


def frames(path: Path) -> list[np.ndarray]:
    capture, found = cv2.VideoCapture(str(path)), []
    while True:
        there, frame = capture.read()
        if not there:
            return found
        found.append(frame)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_two_files_of_a_camera_are_one_clip(pipeline: Pipeline, tmp_path: Path) -> None:
    folder, out = tmp_path / "camera", tmp_path / "out"
    folder.mkdir()
    clip(folder / "part2.mp4", 60, 130)
    clip(folder / "part1.mp4", 0, 60)
    done = explained(pipeline, folder, out)
    assert (done.read, done.explained, len(done.rejects)) == (130, 130, 0)
    written = ("events", "counts", "speeds", "od", "headways", "dwells", "los")
    names = {"annotated.webm", "summary.json", *(f"{name}.csv" for name in written)}
    assert {path.name for path in out.iterdir()} == names
    told = json.loads((out / "summary.json").read_text())
    events, counts = table(out / "events.csv"), table(out / "counts.csv")
    # Six vehicles pass the line in these frames, see crossings.csv; the second file goes on behind
    # the first one, so that all of them are counted once.
    assert 4 <= len(events) <= 7
    assert sum(one["count"] for one in told["crossings"]) == len(events)
    assert sum(int(row["count"]) for row in counts) == len(events)
    assert {row["flag"] for row in counts} == {"partly"}
    assert {row["camera"] for row in counts} == {"warming"}
    # Vehicles are large at the sample's line, and seen before it and behind it.
    assert {row["doubt"] for row in counts} == {""}
    # Nobody said how many lanes there are: no level is made up.
    levels = table(out / "los.csv")
    assert {(row["place"], row["level"]) for row in levels} == {(events[0]["line"], "")}
    assert all("lanes not given" in row["why"] for row in levels)
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    assert told["camera_frames"]["warming"] == 50
    assert told["trusted"] == "partly"
    assert any("the background is still learned" in note for note in done.notes)
    shown = frames(out / "annotated.webm")
    assert len(shown) == 65  # 30 a second come, every second one is shown
    assert shown[0].shape[1] == 640


def test_the_private_video_shows_no_pixel_of_the_picture(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    source = clip(tmp_path / "a.mp4", 0, 70)
    explained(pipeline, source, out, ("private",), scene=False)
    assert [path.name for path in out.iterdir()] == ["annotated.webm"]
    shown = [frame[:480].astype(int) for frame in frames(out / "annotated.webm")]
    # Nothing is followed yet in the first frames: all is grey, up to the codec.
    assert np.abs(shown[0] - 128).max() < 8
    assert np.abs(shown[2] - 128).max() < 8
    # Later there are boxes and nothing else.
    last = np.abs(shown[-1] - 128).max(axis=2) > 30
    assert 0 < last.mean() < 0.1


def test_a_private_picture_is_the_same_whatever_the_camera_saw() -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 1, 1, tzinfo=UTC)
    box = {"track": 3, "time": now, "x0": 10, "y0": 20, "x1": 40, "y1": 50}
    one = {**box, "foot_x": 25, "foot_y": 50}
    row = {"time": now, "vehicles": 1, "tracks": [one], "crossings": "[]", "camera": "ok"}
    rng = np.random.default_rng(0)
    noise, black = rng.integers(0, 255, (90, 120, 3), np.uint8), np.zeros((90, 120, 3), np.uint8)
    drawn = [Annotator(None, is_private=True).draw(picture, row) for picture in (noise, black)]
    assert np.array_equal(*drawn)
    open_ones = [Annotator(None).draw(picture, row) for picture in (noise, black)]
    assert not np.array_equal(*open_ones)


def test_a_clip_in_which_nothing_can_be_trusted_says_so(pipeline: Pipeline, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = explained(pipeline, clip(tmp_path / "short.mp4", 0, 40), out, ("csv", "json"))
    told = json.loads((out / "summary.json").read_text())
    assert told["trusted"] == "nothing"
    assert told["trusted_share"] == 0
    # No number stands where none is known: an empty cell is not nought.
    counts = table(out / "counts.csv")
    assert counts
    assert {(row["count"], row["flag"]) for row in counts} == {("", "not watched")}
    assert done.notes[0].startswith("NOTHING IN THIS CLIP CAN BE TRUSTED")


def test_a_scene_of_another_picture_is_refused(pipeline: Pipeline, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = explained(pipeline, clip(tmp_path / "small.mp4", 0, 10, (160, 120)), out)
    assert done.explained == 0
    assert len(done.rejects) == 10
    reason = next(iter(done.rejects)).reasons[0][1]["reason"]
    assert "320 x 240" in reason
    assert "160 x 120" in reason
    assert not list(out.iterdir())


def test_without_lines_nothing_is_counted_and_that_is_said(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    source = clip(tmp_path / "a.mp4", 0, 10)
    done = explained(pipeline, source, out, ("csv", "json"), scene=False)
    assert any("No line was given" in note for note in done.notes)
    assert table(out / "events.csv") == []
