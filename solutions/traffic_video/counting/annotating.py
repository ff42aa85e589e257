"""Draws on a frame what was found: boxes with ids, lines, counts so far, the camera's state."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from lepton_core.images import quiet_cv2

from .camera import TRUSTED
from .measures.scene_file import CountLine, Point, SceneFile, Zone

GREY = 128
_BOX, _LINE, _ZONE, _LANE = (64, 220, 120), (255, 196, 0), (90, 170, 255), (150, 150, 150)
_GOOD, _BAD, _INK, _STRIP = (64, 220, 120), (255, 110, 90), (235, 235, 235), (24, 28, 32)
# Sides of the annotated picture: large enough to read, small enough to encode while it is scored.
_LEAST_WIDTH, _MOST_WIDTH = 640, 960
_ROW_PX = 26
_MOST_LINES = 6
_TRAIL_S = 1.5


class Annotator:
    """Draws frame after frame of one camera.

    Args:
        scene: whose lines, zones and lanes are drawn; None for boxes alone.
        is_private: draw on plain grey; nothing of the picture is used but its size.

    Attributes:
        so_far: (line, direction) -> crossings counted until now.
    """

    def __init__(self, scene: SceneFile | None, is_private: bool = False) -> None:
        self.scene, self.is_private = scene, is_private
        self.so_far: Counter[tuple[str, str]] = Counter()
        self._trails: dict[int, list[tuple[float, Point]]] = {}
        self._first_s: float | None = None

    def draw(self, picture: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
        """The annotated picture of the next frame.

        Args:
            picture: uint8 [h, w, 1 or 3], red, green, blue.
            row: its scored row: ``time``, ``vehicles``, ``tracks``, ``crossings``, ``camera``.

        Returns:
            uint8 [H, W, 3]: 640 to 960 pixels wide, both sides even, a strip of text below.
        """
        cv2 = quiet_cv2()
        height, width = picture.shape[:2]
        factor = min(max(width, _LEAST_WIDTH), _MOST_WIDTH) / width
        size = (_even(width * factor), _even(height * factor))
        if self.is_private:
            drawn = np.full((size[1], size[0], 3), GREY, np.uint8)
        else:
            colours = (
                picture if picture.shape[2] == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
            )
            drawn = np.ascontiguousarray(cv2.resize(colours, size, interpolation=cv2.INTER_LINEAR))
        scale = size[0] / width
        self.count(row)
        self._areas(drawn, scale)
        self._boxes(drawn, scale, row)
        self._lines(drawn, scale)
        return np.concatenate([drawn, self._strip(size[0], row)])

    def count(self, row: Mapping[str, Any]) -> None:
        """Take the crossings of a row without drawing anything."""
        for one in json.loads(row["crossings"]):
            self.so_far[one["line"], one["direction"]] += 1

    def _areas(self, drawn: np.ndarray, scale: float) -> None:
        if self.scene is None:
            return
        cv2 = quiet_cv2()
        for areas, colour in ((self.scene.lanes, _LANE), (self.scene.zones, _ZONE)):
            for area in areas:
                points = np.rint(area.polygon * scale).astype(np.int32)
                cv2.polylines(drawn, [points], True, colour, 1, cv2.LINE_AA)
                x, y = points[points[:, 1].argmin()].tolist()
                _text(drawn, self._shown(area), (x + 4, y + 16), colour)

    def _boxes(self, drawn: np.ndarray, scale: float, row: Mapping[str, Any]) -> None:
        cv2 = quiet_cv2()
        now = row["time"].timestamp()
        for one in row["tracks"]:
            told_s = one["time"].timestamp()
            trail = self._trails.setdefault(one["track"], [])
            trail.append((told_s, (one["foot_x"] * scale, one["foot_y"] * scale)))
            if told_s < now:
                continue  # its past, told late: part of its trail alone
            x0, y0, x1, y1 = (round(one[name] * scale) for name in ("x0", "y0", "x1", "y1"))
            cv2.rectangle(drawn, (x0, y0), (x1, y1), _BOX, 2)
            _text(drawn, str(one["track"]), (x0 + 2, max(y0 - 5, 14)), _BOX)
        for track, trail in list(self._trails.items()):
            recent = sorted(spot for spot in trail if spot[0] >= now - _TRAIL_S)
            self._trails[track] = recent
            if not recent:
                del self._trails[track]
                continue
            points = np.rint([spot for _, spot in recent]).astype(np.int32)
            cv2.polylines(drawn, [points], False, _BOX, 1, cv2.LINE_AA)

    def _lines(self, drawn: np.ndarray, scale: float) -> None:
        cv2 = quiet_cv2()
        for line in self.scene.lines if self.scene else ():
            start, end = (np.array(point) * scale for point in (line.start, line.end))
            places = [tuple(np.rint(point).astype(int).tolist()) for point in (start, end)]
            cv2.line(drawn, places[0], places[1], _LINE, 2, cv2.LINE_AA)
            along = (end - start) / max(float(np.hypot(*(end - start))), 1e-9)
            middle, right = (start + end) / 2, np.array([-along[1], along[0]]) * 22
            ends = [tuple(np.rint(p).astype(int).tolist()) for p in (middle, middle + right)]
            cv2.arrowedLine(drawn, ends[0], ends[1], _LINE, 2, cv2.LINE_AA, tipLength=0.35)
            _text(drawn, self._shown(line), (places[0][0] + 4, places[0][1] - 6), _LINE)

    def _strip(self, width: int, row: Mapping[str, Any]) -> np.ndarray:
        """Time, vehicles and the camera's state, and a row of counts a line."""
        lines = self.scene.lines if self.scene else ()
        rows = 1 + min(len(lines), _MOST_LINES)
        strip = np.full((_even(rows * _ROW_PX + 10), width, 3), _STRIP, np.uint8)
        state = row["camera"]
        colour = _GOOD if state in TRUSTED else _BAD
        told = f"{self._time(row)}  vehicles {row['vehicles']}"
        _text(strip, told, (10, _ROW_PX - 4), _INK)
        word = f"camera: {state}" + ("" if state in TRUSTED else " - do not trust counts")
        _text(strip, word, (max(width // 2 - 40, 250), _ROW_PX - 4), colour)
        for number, line in enumerate(lines[:_MOST_LINES]):
            counts = [
                f"{ascii_name(name, way)} {self.so_far[line.name, name]}"
                for name, way in ((line.to_right, "right"), (line.to_left, "left"))
                if name
            ]
            place = (10, (number + 2) * _ROW_PX - 4)
            _text(strip, f"{self._shown(line)}: " + "   ".join(counts), place, _LINE)
        return strip

    def _time(self, row: Mapping[str, Any]) -> str:
        moment = row["time"]
        now = moment.timestamp()
        if self._first_s is None:
            self._first_s = now
        # Where nothing is known of the day, a file begins at 1970.
        if moment.year > 1970:
            return f"{moment:%Y-%m-%d %H:%M:%S}"
        seconds = now - self._first_s
        return f"{int(seconds // 60):02d}:{seconds % 60:04.1f}"

    def _shown(self, part: CountLine | Zone) -> str:
        """A name in letters that OpenCV's font has; otherwise kind and number."""
        assert self.scene is not None
        places = (
            ("line", self.scene.lines),
            ("zone", self.scene.zones),
            ("lane", self.scene.lanes),
        )
        for kind, parts in places:
            if part in parts:
                return ascii_name(part.name, f"{kind} {parts.index(part) + 1}")
        return ascii_name(part.name, "?")


def ascii_name(name: str, other: str) -> str:
    """A name as OpenCV's font can write it.

    Example:
        >>> ascii_name("gate", "line 1"), ascii_name("北口", "line 1")
        ('gate', 'line 1')
    """
    return name if name.isascii() and name.isprintable() else other


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)


def _text(picture: np.ndarray, text: str, place: Any, colour: tuple[int, int, int]) -> None:
    cv2 = quiet_cv2()
    where = (int(place[0]), int(place[1]))
    for ink, thick in (((0, 0, 0), 3), (colour, 1)):
        cv2.putText(picture, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, thick, cv2.LINE_AA)
