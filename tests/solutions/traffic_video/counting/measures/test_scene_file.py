"""A scene file is read as it was written, and everything wrong in it is told at once."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lepton_core.errors import DataError
from lepton_core.solution import find_task
from solutions.traffic_video.counting.measures.geometry import apply
from solutions.traffic_video.counting.measures.scene_file import (
    read_scene,
    scene_of,
    tree_of,
    write_scene,
)
from solutions.traffic_video.counting.measures.service_given import ApproachService, RoadService

TREE: dict[str, Any] = {
    "frame": {"width": 320, "height": 240},
    "lines": [
        {
            "name": "gate",
            "start": [20, 150],
            "end": [300, 150],
            "to_right": "in",
            "to_left": "out",
            "service": {"lanes_to_right": 2, "heavy_share": 0.1, "free_speed_kmh": 100},
        },
        {"name": "far", "start": [100, 60], "end": [200, 62], "to_right": "in"},
    ],
    "lanes": [{"name": "inner", "points": [[100, 60], [160, 60], [180, 239], [60, 239]]}],
    "zones": [
        {
            "name": "stop",
            "points": [[60, 120], [200, 120], [220, 230], [40, 230]],
            "service": {"control": "signal", "free_s": 4.5},
        }
    ],
    "calibration": {
        "pixels": [[60, 230], [220, 230], [180, 80], [120, 80]],
        "metres": [[0, 0], [7, 0], [7, 40], [0, 40]],
    },
    "interval_s": 300,
    "checked": {"right": 96, "missed": 3, "wrong": 1},
}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    scene = scene_of(TREE)
    path = tmp_path / "scene.yaml"
    write_scene(scene, path)
    assert read_scene(path) == scene
    assert scene_of(tree_of(scene)) == scene
    assert [file.name for file in tmp_path.iterdir()] == ["scene.yaml"]
    assert scene.lines[1].to_left == ""
    assert scene.lines[0].service == RoadService(2, None, 0.1, 100.0)
    assert scene.lines[1].service is None
    assert scene.zones[0].service == ApproachService("signal", 4.5)


def test_the_calibration_takes_pixels_to_metres_and_the_sky_nowhere() -> None:
    calibration = scene_of(TREE).calibration
    assert calibration is not None
    there = apply(calibration.matrix, np.array(calibration.pixels))
    assert np.allclose(there, calibration.metres, atol=1e-6)
    assert np.isnan(apply(calibration.matrix, np.array([[150.0, -100.0]]))).all()


def _set(*path: Any) -> Callable[[dict[str, Any]], None]:
    *keys, last, value = path

    def change(tree: Any) -> None:
        for key in keys:
            tree = tree[key]
        tree[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "key", "said"),
    [
        (_set("frames", {}), "unknown_key", "frames"),
        (_set("frame", {"width": 320}), "frame", "320"),
        (_set("frame", "width", 0), "frame", "0"),
        (_set("lines", 0, "end", [321, 150]), "outside", "lines[0].end"),
        (_set("lines", 0, "end", [float("nan"), 150]), "point", "lines[0].end"),
        (_set("lines", 0, "end", [22, 151]), "short", "lines[0]"),
        (_set("lines", 0, "colour", "red"), "unknown_key", "lines[0].colour"),
        (_set("lines", 0, "to_left", "in"), "same_directions", "in"),
        (_set("lines", 1, "name", "gate"), "name_twice", "gate"),
        (_set("lines", 0, "name", 7), "name", "7"),
        (_set("lines", "gate"), "no_list", "lines"),
        (_set("zones", 0, "points", [[1, 1], [9, 9]]), "few_points", "2"),
        (_set("zones", 0, "points", [[1, 1], [9, 9], [5, 5]]), "flat", "zones[0]"),
        (
            _set("zones", 0, "points", [[0, 0], [99, 99], [99, 0], [0, 99]]),
            "crosses_itself",
            "zones[0]",
        ),
        (_set("lanes", 0, "points", 1, [160, -1]), "outside", "lanes[0].points[1]"),
        (_set("lines", 0, "service", 2), "service", "lanes_to_right: 2"),
        (_set("lines", 0, "service", "lanes_to_left", 1.5), "service", "service.lanes_to_left"),
        (_set("lines", 0, "service", "lanes_to_right", 0), "service", "0"),
        (_set("lines", 0, "service", "heavy_share", 12), "service", "service.heavy_share"),
        (_set("lines", 0, "service", "free_speed_kmh", 0), "service", "service.free_speed_kmh"),
        (_set("lines", 0, "service", "speed", 50), "unknown_key", "lines[0].service.speed"),
        (_set("lanes", 0, "service", {}), "unknown_key", "lanes[0].service"),
        (_set("zones", 0, "service", "control", "light"), "service", "light"),
        (_set("zones", 0, "service", {"control": "stop"}), "service", "free_s: 4.5"),
        (_set("interval_s", 0), "interval", "0"),
        (_set("checked", "right", -1), "checked", "-1"),
        (_set("checked", {"right": 3, "missed": 1, False: 0}), "checked", "wrong: 1"),
        (_set("calibration", "metres", [[0, 0], [7, 0]]), "four_points", "metres"),
        (
            _set("calibration", "pixels", [[0, 0], [9, 0], [18, 0], [0, 9]]),
            "no_quad",
            "calibration.pixels",
        ),
        (
            _set("calibration", "pixels", [[60, 230], [180, 80], [220, 230], [120, 80]]),
            "no_quad",
            "calibration.pixels",
        ),
    ],
)
def test_each_fault_says_where_it_is(
    change: Callable[[dict[str, Any]], None], key: str, said: str
) -> None:
    find_task("traffic_video/counting")  # with which the solution's sentences are known
    tree = copy.deepcopy(TREE)
    change(tree)
    with pytest.raises(DataError) as told:
        scene_of(tree, "cam.yaml")
    assert told.value.key == f"traffic_video.scene.{key}"
    assert said in str(told.value)
    assert "cam.yaml" in str(told.value)


def test_all_faults_are_told_at_once() -> None:
    tree = copy.deepcopy(TREE)
    tree["lines"][0]["end"] = [999, 150]
    tree["zones"][0]["points"] = [[1, 1]]
    tree["speed"] = 3
    with pytest.raises(DataError) as told:
        scene_of(tree)
    assert told.value.key == "traffic_video.scene.several"
    assert told.value.values["n"] == 3


@pytest.mark.parametrize("text", ["frame: [", "", "- 1\n- 2\n", "\x00"])
def test_files_that_are_no_scene_are_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(text)
    with pytest.raises(DataError) as told:
        read_scene(path)
    assert told.value.key.startswith("traffic_video.scene.")
    with pytest.raises(DataError):
        read_scene(tmp_path / "none.yaml")
