"""The scene file: lines, zones, lanes and calibration that a person draws on one camera's picture.

It is YAML, all positions in pixels of the original picture::

    frame: {width: 320, height: 240}
    lines:
      - name: gate
        start: [20, 150]
        end: [300, 150]
        to_right: towards us      # name of the direction of what crosses to the line's right hand
        to_left: away             # (seen from start to end); leave a direction out to ignore it
    lanes:
      - {name: inner, points: [[100, 60], [160, 60], [180, 239], [60, 239]]}
    zones:
      - {name: stop, points: [[60, 120], [200, 120], [220, 230], [40, 230]]}
    calibration:
      pixels: [[60, 230], [220, 230], [180, 80], [120, 80]]
      metres: [[0, 0], [7, 0], [7, 40], [0, 40]]
    interval_s: 300               # counts are told by intervals of so many seconds
    checked: {right: 96, missed: 3, wrong: 1}   # a person looked: gives counts their intervals

What the level of service needs stands beside lines and zones: :mod:`.service_given`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lepton_core.errors import DataError

from .count_interval import Checked
from .geometry import homography
from .scene_checking import check_scene
from .service_given import ApproachService, RoadService, approach_of, road_of, tree_of_service

Point = tuple[float, float]


@dataclass(frozen=True)
class CountLine:
    """A line at which crossings are counted.

    Args:
        name: unique among the lines.
        start: x, y in pixels.
        end: x, y in pixels.
        to_right: name of the direction of what crosses to the line's right hand, seen from start
            to end (downwards for a line from left to right); "" is not counted.
        to_left: likewise for the other way.
        service: what its level of service needs; None where nothing is said.
    """

    name: str
    start: Point
    end: Point
    to_right: str = "right"
    to_left: str = "left"
    service: RoadService | None = None

    def direction(self, side: int) -> str:
        """Name of the direction; 1 to the right, -1 to the left."""
        return self.to_right if side > 0 else self.to_left


@dataclass(frozen=True)
class Zone:
    """A named polygon: a zone or a lane.

    Args:
        name: unique among its like.
        points: at least three corners in order, pixels.
        service: what the level of service of a zone needs; None where nothing is said.
    """

    name: str
    points: tuple[Point, ...]
    service: ApproachService | None = None

    @property
    def polygon(self) -> np.ndarray:
        """float64 [k, 2]."""
        return np.array(self.points, float)


@dataclass(frozen=True)
class Calibration:
    """Four points of the road and where they are in metres on the ground.

    Args:
        pixels: four corners in order.
        metres: the same corners.
    """

    pixels: tuple[Point, Point, Point, Point]
    metres: tuple[Point, Point, Point, Point]

    @property
    def matrix(self) -> np.ndarray:
        """float64 [3, 3]: pixels to metres; positive depth on the road's side of the horizon."""
        found = homography(np.array(self.pixels, float), np.array(self.metres, float))
        sign = np.sign(found[2] @ [*self.pixels[0], 1.0])
        return found * sign


@dataclass(frozen=True)
class SceneFile:
    """What a person drew on one camera's picture.

    Args:
        width: of the original picture, pixels.
        height: of it.
        lines: where crossings are counted.
        lanes: polygons; the one in which a vehicle crosses a line is its lane.
        zones: polygons for dwell, queues, occupancy and origin-destination.
        calibration: for speeds; None without.
        interval_s: length of an interval of counts, seconds; None where nothing is said.
        checked: a sample in which a person checked every crossing; None without.
    """

    width: int
    height: int
    lines: tuple[CountLine, ...] = ()
    lanes: tuple[Zone, ...] = ()
    zones: tuple[Zone, ...] = ()
    calibration: Calibration | None = None
    interval_s: float | None = None
    checked: Checked | None = None


def scene_of(tree: Any, source: str = "scene") -> SceneFile:
    """Check a tree of YAML or JSON and make the scene of it.

    Args:
        tree: as written above.
        source: what errors call it.

    Raises:
        DataError: ``traffic_video.scene.*``; several faults come in one error.

    Example:
        >>> line = {"name": "gate", "start": [0, 5], "end": [9, 5]}
        >>> scene_of({"frame": {"width": 10, "height": 10}, "lines": [line]}).lines[0].to_left
        'left'
    """
    check_scene(tree, source)
    calibration = tree.get("calibration")
    return SceneFile(
        int(tree["frame"]["width"]),
        int(tree["frame"]["height"]),
        tuple(_line(line) for line in tree.get("lines") or ()),
        tuple(_zone(zone) for zone in tree.get("lanes") or ()),
        tuple(_zone(zone) for zone in tree.get("zones") or ()),
        None
        if calibration is None
        else Calibration(_four(calibration["pixels"]), _four(calibration["metres"])),
        None if tree.get("interval_s") is None else float(tree["interval_s"]),
        _checked(tree.get("checked")),
    )


def read_scene(path: Path) -> SceneFile:
    """Read and check a scene file.

    Raises:
        DataError: ``traffic_video.scene.unreadable`` or any of :func:`scene_of`.
    """
    import yaml

    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise DataError("traffic_video.scene.unreadable", path=path, reason=reason) from error
    return scene_of(tree, str(path))


def write_scene(scene: SceneFile, path: Path) -> None:
    """Write a scene file; it appears whole or not at all."""
    import yaml

    text = yaml.safe_dump(tree_of(scene), sort_keys=False, allow_unicode=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def tree_of(scene: SceneFile) -> dict[str, Any]:
    """The scene as plain dictionaries and lists, which :func:`scene_of` reads again."""
    tree: dict[str, Any] = {"frame": {"width": scene.width, "height": scene.height}}
    if scene.lines:
        tree["lines"] = [
            {
                "name": line.name,
                "start": list(line.start),
                "end": list(line.end),
                "to_right": line.to_right,
                "to_left": line.to_left,
            }
            | tree_of_service(line.service)
            for line in scene.lines
        ]
    for name, areas in (("lanes", scene.lanes), ("zones", scene.zones)):
        if areas:
            tree[name] = [
                {"name": area.name, "points": [list(point) for point in area.points]}
                | tree_of_service(area.service)
                for area in areas
            ]
    if scene.calibration is not None:
        tree["calibration"] = {
            "pixels": [list(point) for point in scene.calibration.pixels],
            "metres": [list(point) for point in scene.calibration.metres],
        }
    if scene.interval_s is not None:
        tree["interval_s"] = scene.interval_s
    if scene.checked is not None:
        one = scene.checked
        tree["checked"] = {"right": one.right, "missed": one.missed, "wrong": one.false}
    return tree


def _point(value: Any) -> Point:
    return float(value[0]), float(value[1])


def _four(value: Any) -> tuple[Point, Point, Point, Point]:
    a, b, c, d = (_point(point) for point in value)
    return a, b, c, d


def _checked(tree: Any) -> Checked | None:
    # "false" would be no name in YAML, but the truth value.
    return None if tree is None else Checked(tree["right"], tree["missed"], tree["wrong"])


def _line(tree: Any) -> CountLine:
    # A file that names one direction alone means that the other is not counted.
    named = "to_right" in tree or "to_left" in tree
    right = tree.get("to_right", "" if named else "right")
    left = tree.get("to_left", "" if named else "left")
    service = road_of(tree.get("service"))
    return CountLine(tree["name"], _point(tree["start"]), _point(tree["end"]), right, left, service)


def _zone(tree: Any) -> Zone:
    points = tuple(_point(point) for point in tree["points"])
    return Zone(tree["name"], points, approach_of(tree.get("service")))
