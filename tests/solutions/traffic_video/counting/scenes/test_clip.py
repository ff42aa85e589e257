"""The shipped clip is what its truth says, and what its renderer makes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pyarrow.csv as arrow_csv
import pytest

from lepton_core.data.cards import read_card
from solutions.traffic_video.counting.event_scoring import read_crossings
from solutions.traffic_video.counting.measures.crossing import crossings
from solutions.traffic_video.counting.measures.scene_file import read_scene
from solutions.traffic_video.counting.measures.speed import speeds
from solutions.traffic_video.counting.scenes import Scene, render
from solutions.traffic_video.counting.scenes import crossings as true_crossings
from solutions.traffic_video.counting.scenes.clip import SAMPLE, drawn_scene, write_clip
from solutions.traffic_video.counting.tracks import Tracks

FOLDER = Path(__file__).parents[5] / "datasets" / "traffic_clip_sample"


def _tracks() -> Tracks:
    table = arrow_csv.read_csv(FOLDER / "vehicles.csv")

    def stacked(*names: str) -> np.ndarray:
        return np.stack([table[name].to_numpy() for name in names], axis=1)

    return Tracks.of(
        table["frame"].to_numpy(),
        np.round(table["time_s"].to_numpy() * 1e6),
        table["vehicle"].to_numpy(),
        stacked("x0", "y0", "x1", "y1"),
        stacked("foot_x", "foot_y"),
    )


def test_the_clip_shows_the_frames_that_are_rendered() -> None:
    clip = cv2.VideoCapture(str(FOLDER / "clip.mp4"))
    frames = render(SAMPLE)
    for _ in range(3):
        is_read, picture = clip.read()
        assert is_read
        assert np.abs(picture.astype(int) - next(frames).picture).mean() < 4
    n = 3
    while clip.grab():
        n += 1
    assert n == SAMPLE.n == 250
    assert (FOLDER / "clip.mp4").stat().st_size < 1_500_000
    assert read_card(FOLDER.with_suffix(".yaml")).reader.kind == "video"


def test_its_crossings_are_those_of_its_vehicles_and_of_its_scene() -> None:
    drawn = read_scene(FOLDER / "scene.yaml")
    assert drawn == drawn_scene(SAMPLE, 130)
    line = drawn.lines[0]
    truth = true_crossings(SAMPLE, (line.start, line.end))
    written = read_crossings(FOLDER / "crossings.csv")
    names = [line.direction(crossing.direction) for crossing in truth]
    assert [event.direction for event in written] == names
    assert {"towards", "away"} == set(names)
    told = crossings(_tracks(), drawn).to_pylist()
    assert [(row["track"], row["direction"]) for row in told] == [
        (crossing.vehicle, name) for crossing, name in zip(truth, names, strict=True)
    ]
    lanes = arrow_csv.read_csv(FOLDER / "crossings.csv")["lane"].to_pylist()
    assert [row["lane"] for row in told] == lanes
    for row, crossing in zip(told, truth, strict=True):
        assert row["time"].timestamp() == pytest.approx(crossing.time_s, abs=0.03)


def test_its_speeds_come_out_of_its_calibration() -> None:
    drawn = read_scene(FOLDER / "scene.yaml")
    assert drawn.calibration is not None
    found = speeds(_tracks(), drawn.calibration)
    table = arrow_csv.read_csv(FOLDER / "crossings.csv").to_pylist()
    errors = [abs(found[row["vehicle"]].kmh / row["speed_kmh"] - 1) for row in table]
    assert np.median(errors) < 0.05


def test_a_clip_of_any_scene_is_written_whole(tmp_path: Path) -> None:
    scene = Scene(seconds=0.4, fps=10, width=160, height=120)
    write_clip(tmp_path / "a.mp4", (frame.picture for frame in render(scene)), scene.fps)
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]
    clip = cv2.VideoCapture(str(tmp_path / "a.mp4"))
    assert int(clip.get(cv2.CAP_PROP_FRAME_COUNT)) == 4
