"""A line at which vehicles come out of nothing, or jump, is told; one they drive over is not."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.traffic_video.counting.measures.crossing import crossings
from solutions.traffic_video.counting.measures.line_sight import LineSight, line_sights
from solutions.traffic_video.counting.measures.scene_file import CountLine, SceneFile
from solutions.traffic_video.counting.measures.watching import Watched
from solutions.traffic_video.counting.tracks import Tracks

SCENE = SceneFile(200, 200, (CountLine("gate", (40, 100), (160, 100), "down", "up"),))
FPS, SECONDS = 10, 60
SIZE = 10
Drive = tuple[float, float]  # from which row to which one


def seen(
    drives: list[Drive], step_px: float = 4.0, x: float = 100.0, scene: SceneFile = SCENE
) -> LineSight:
    """Vehicles that drive down one column of the picture, every 3 s, each seen from row to row."""
    rows = []
    for number, (first, last) in enumerate(drives):
        way = np.arange(first, last, step_px if last > first else -step_px)
        for k, y in enumerate(way.tolist()):
            time_us = round((3 + 3 * number + k / FPS) * 1e6)
            rows.append((time_us, number, (x - 5, y - SIZE, x + 5, y), (x, y)))
    times, tracks, boxes, feet = zip(*rows, strict=True)
    found = Tracks.of([0] * len(rows), times, tracks, boxes, feet)
    watched = Watched(np.array([[0, SECONDS * 1_000_000]]))
    (told,) = line_sights(crossings(found, scene), found, scene, watched)
    return told


THROUGH = (0.0, 200.0)


def test_a_line_that_all_drive_over_is_not_doubted() -> None:
    told = seen([THROUGH] * 10)
    assert (told.doubt, told.crossed, told.lost) == ("", 10, 0)
    assert told.size_px == pytest.approx(SIZE)
    assert told.jump == pytest.approx(0.4)


@pytest.mark.parametrize("others", [(104.0, 200.0), (0.0, 96.0), (96.0, 0.0), (200.0, 104.0)])
def test_vehicles_that_come_out_of_nothing_at_a_line_or_vanish_there_are_told(
    others: Drive,
) -> None:
    told = seen([THROUGH] * 4 + [others] * 5)
    assert (told.doubt, told.crossed, told.lost) == ("lost", 4, 5)
    # One or two in many are what a tracker does.
    assert seen([THROUGH] * 10 + [others] * 2).doubt == ""


def test_the_pictures_edge_and_the_clips_ends_are_no_places_where_vehicles_vanish() -> None:
    low = SceneFile(200, 200, (CountLine("gate", (40, 194), (160, 194), "down", "up"),))
    assert seen([THROUGH] * 10, scene=low).lost == 0
    # Those that are in the picture as it begins stand anywhere.
    places = [(95, 90, 105, 100)] * 3, [(100, 100)] * 3
    first = Tracks.of([0] * 3, [0, 1_000_000, 2_000_000], [1] * 3, *places)
    later = Watched(np.array([[0, 60_000_000]]))
    (told,) = line_sights(crossings(first, SCENE), first, SCENE, later)
    assert told.lost == 1  # its end


def test_beside_a_line_vehicles_may_begin_and_end() -> None:
    assert seen([THROUGH] * 4 + [(104.0, 200.0)] * 5, x=185.0).lost == 0
    assert seen([(150.0, 200.0)] * 5, x=185.0).doubt == ""


@pytest.mark.parametrize(
    ("drives", "doubt"),
    [
        ([(150.0, 200.0)] * 3, "unseen"),  # come from it
        ([(200.0, 150.0)] * 3, "unseen"),  # go to it
        ([(0.0, 50.0)] * 2, ""),
    ],
)
def test_nothing_counted_though_vehicles_drive_to_the_line_is_told(
    drives: list[Drive], doubt: str
) -> None:
    told = seen(drives)
    assert (told.doubt, told.crossed) == (doubt, 0)


def test_vehicles_that_jump_by_more_than_their_size_are_told() -> None:
    assert seen([THROUGH] * 5, step_px=12.0).doubt == ""
    told = seen([THROUGH] * 5, step_px=18.0)
    assert told.doubt == "fast"
    assert told.jump == pytest.approx(1.8)
