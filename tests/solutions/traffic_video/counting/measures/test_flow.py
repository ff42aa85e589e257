"""Speeds, queues, headways, stays and movements agree with how the vehicles were driven."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.traffic_video.counting.measures.crossing import crossings
from solutions.traffic_video.counting.measures.flow import headways, occupancy, queues
from solutions.traffic_video.counting.measures.scene_file import (
    Calibration,
    CountLine,
    SceneFile,
    Zone,
)
from solutions.traffic_video.counting.measures.service import (
    KM_PER_MILE,
    density,
    freeway_level,
    signal_level,
    stop_level,
)
from solutions.traffic_video.counting.measures.speed import speeds
from solutions.traffic_video.counting.measures.watching import Watched
from solutions.traffic_video.counting.measures.zones import dwells, movements, od_matrix
from solutions.traffic_video.counting.scenes import Scene, calibration_points
from solutions.traffic_video.counting.scenes.camera import Camera, Road
from solutions.traffic_video.counting.scenes.traffic import simulate
from solutions.traffic_video.counting.tracks import Tracks

# One pixel is a decimetre.
TENTH = Calibration(((0, 0), (100, 0), (100, 100), (0, 100)), ((0, 0), (10, 0), (10, 10), (0, 10)))


def _drive(y: np.ndarray, x: float | np.ndarray, track: int, step_s: float = 0.1) -> list[tuple]:
    xs = np.broadcast_to(x, y.shape)
    return [
        (k, round(k * step_s * 1e6), track, (u - 5, v - 10, u + 5, v), (u, v))
        for k, (u, v) in enumerate(zip(xs.tolist(), y.tolist(), strict=True))
    ]


def _tracks(*drives: list[tuple]) -> Tracks:
    return Tracks.of(*zip(*[row for drive in drives for row in drive], strict=True))


@pytest.mark.parametrize("fps", [25.0, 6.25])
def test_speeds_of_rendered_traffic_are_right_within_five_percent(fps: float) -> None:
    scene = Scene(seed=9, seconds=60, fps=fps, lanes_away=1)
    camera = Camera.of(scene)
    road = Road.of(scene, camera)
    pixels, metres = calibration_points(scene)
    points = [tuple(map(tuple, rows.tolist())) for rows in (pixels, metres)]
    rng = np.random.default_rng(0)
    rows, driven = [], {}
    for vehicle in simulate(scene, road):
        for k in range(scene.n):
            state = vehicle.state(road, k / fps)
            if state is None:
                continue
            foot, depth = camera.project(np.array([state[0], state[1], 0.0]))
            if depth > 0 and 0 < foot[0] < 320 and 0 < foot[1] < 240:
                foot = foot + rng.normal(0, 0.7, 2)
                rows.append((k, round(k / fps * 1e6), vehicle.id, (0, 0, 9, 9), tuple(foot)))
                driven.setdefault(vehicle.id, []).append(state[3] * 3.6)
    found = speeds(Tracks.of(*zip(*rows, strict=True)), Calibration(*points))  # type: ignore[arg-type]
    both = [(found[k].kmh, np.median(v)) for k, v in driven.items() if k in found]
    errors = [abs(told / true - 1) for told, true in both]
    assert len(errors) >= 20
    assert np.median(errors) < 0.05
    # The error that is told is about the error that is made.
    within = [
        abs(found[k].kmh - np.median(v)) < 3 * found[k].error_kmh + 2
        for k, v in driven.items()
        if k in found
    ]
    assert np.mean(within) > 0.85


def test_a_speed_needs_some_way_and_a_standing_vehicle_has_none() -> None:
    short = _drive(np.array([50.0, 55.0]), 50, 1)
    stands = _drive(50 + np.tile([0.2, -0.2], 20), 50, 2)
    drives = _drive(np.arange(0.0, 100, 10), 20, 3)
    found = speeds(_tracks(short, stands, drives), TENTH)
    assert set(found) == {2, 3}
    assert found[2].kmh == 0
    assert found[3].kmh == pytest.approx(36)


def test_one_wrong_position_does_not_spoil_a_speed() -> None:
    y = np.arange(0.0, 100, 2)
    y[20] += 30
    found = speeds(_tracks(_drive(y, 50, 1)), TENTH, foot_error_px=0.1)
    assert found[1].kmh == pytest.approx(7.2, rel=0.1)


def test_headways_do_not_reach_over_what_was_not_watched() -> None:
    scene = SceneFile(100, 100, (CountLine("gate", (0, 50), (100, 50), "down", "up"),))
    starts = [0, 20, 50, 200]
    drives = [
        [(k + s, t + s * 100_000, n, box, foot) for k, t, n, box, foot in drive]
        for n, s in enumerate(starts)
        for drive in [_drive(np.array([40.0, 60.0]), 50, n)]
    ]
    found = crossings(_tracks(*drives), scene)
    whole = Watched(np.array([[0, 30_000_000]]))
    assert headways(found, whole)["headway_s"].to_pylist() == [2.0, 3.0, 15.0]
    broken = Watched(np.array([[0, 9_000_000], [12_000_000, 30_000_000]]))
    assert headways(found, broken)["headway_s"].to_pylist() == [2.0, 3.0]


def test_occupancy_is_the_share_of_watched_time() -> None:
    zone = Zone("loop", ((0, 40), (100, 40), (100, 60), (0, 60)))
    # Both are there at the same time: the zone is occupied once.
    drives = _drive(np.arange(0.0, 100, 1), 30, 1), _drive(np.arange(0.0, 100, 1), 70, 2)
    watched = Watched(np.array([[0, 10_000_000]]))
    share = occupancy(_tracks(*drives), zone, watched, 10)["occupancy"].to_pylist()
    assert share == [pytest.approx(0.2, abs=0.02)]


@pytest.mark.parametrize("calibration", [TENTH, None])
def test_a_queue_is_those_who_stand_in_the_zone(calibration: Calibration | None) -> None:
    zone = Zone("stop", ((0, 20), (100, 20), (100, 100), (0, 100)))
    scene = SceneFile(100, 100, zones=(zone,), calibration=calibration)
    stands = [_drive(np.full(40, y), 50, k) for k, y in enumerate((90.0, 60.0, 30.0))]
    beyond = _drive(np.full(40, 10.0), 50, 3)
    passes = _drive(np.linspace(0, 99, 40), 20, 4)
    table = queues(_tracks(*stands, beyond, passes), scene).to_pylist()
    middle = table[20]
    assert (middle["vehicles"], middle["queued"]) == (4, 3)
    assert middle["length_m"] == (pytest.approx(6.0) if calibration else None)


def test_stays_in_a_zone_are_timed_and_cut_ones_are_told() -> None:
    zone = Zone("loop", ((0, 40), (100, 40), (100, 60), (0, 60)))
    scene = SceneFile(100, 100, zones=(zone,))
    through = _drive(np.arange(0.0, 100, 1), 30, 1)
    ends_inside = _drive(np.arange(0.0, 50, 1), 70, 2)
    # Out for half a second is not out.
    wavers = _drive(np.array([30.0, *[50] * 10, *[65] * 4, *[50] * 10, 80]), 50, 3)
    rows = dwells(_tracks(through, ends_inside, wavers), scene).to_pylist()
    told = [(row["track"], row["dwell_s"], row["is_cut"]) for row in rows]
    assert told == [
        (1, pytest.approx(2.0, abs=0.1), False),
        (2, pytest.approx(1.0, abs=0.1), True),
        (3, pytest.approx(2.4, abs=0.1), False),
    ]


def test_movements_and_their_matrix() -> None:
    names = {"north": (40, 0, 60, 20), "south": (40, 80, 60, 100), "east": (80, 40, 100, 60)}
    zones = tuple(
        Zone(name, ((a, b), (c, b), (c, d), (a, d))) for name, (a, b, c, d) in names.items()
    )
    scene = SceneFile(100, 100, zones=zones)
    down = [_drive(np.arange(1.0, 99, 2), 50, k) for k in (1, 2)]
    turns_y = np.concatenate([np.arange(1.0, 50, 2), np.full(25, 50.0)])
    turns_x = np.concatenate([np.full(25, 50.0), np.arange(50.0, 99, 2)])
    turns = _drive(turns_y, turns_x, 3)
    stays = _drive(np.arange(30.0, 99, 2), 50, 4)
    found = movements(_tracks(*down, turns, stays), scene)
    assert sorted(
        zip(found["track"].to_pylist(), found["destination"].to_pylist(), strict=True)
    ) == [
        (1, "south"),
        (2, "south"),
        (3, "east"),
    ]
    north = od_matrix(found, scene).to_pylist()[0]
    assert north == {"origin": "north", "north": 0, "south": 2, "east": 1}


@pytest.mark.parametrize(
    ("level", "value", "letter"),
    [
        *(
            (level, end + above, "ABCDEF"[at + (above > 0)])
            for level, ends in (
                (lambda d: freeway_level(d / KM_PER_MILE), (11, 18, 26, 35, 45)),
                (signal_level, (10, 20, 35, 55, 80)),
                (stop_level, (10, 15, 25, 35, 50)),
            )
            for at, end in enumerate(ends)
            for above in (0.0, 0.1)
        ),
        (signal_level, 0.0, "A"),
    ],
)
def test_levels_of_service_at_the_edges_of_their_bands(
    level: object, value: float, letter: str
) -> None:
    assert level(value) == letter  # type: ignore[operator]


def test_heavy_vehicles_fill_a_road_like_two_cars() -> None:
    assert density(1000, 100, heavy_share=0.5) == pytest.approx(15.0)
