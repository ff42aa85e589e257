"""Crossings are the vehicles that crossed: once each, at their time, with what a zero means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.errors import DataError
from solutions.traffic_video.counting.measures.count_interval import Checked, count_interval
from solutions.traffic_video.counting.measures.counting import counts
from solutions.traffic_video.counting.measures.crossing import crossings
from solutions.traffic_video.counting.measures.scene_file import CountLine, SceneFile, Zone
from solutions.traffic_video.counting.measures.watching import Watched
from solutions.traffic_video.counting.scenes import Scene, render
from solutions.traffic_video.counting.scenes import crossings as true_crossings
from solutions.traffic_video.counting.tracks import Tracks

GATE = CountLine("gate", (0, 50), (100, 50), "down", "up")
PLAIN = SceneFile(100, 100, (GATE,))


def _track(ys: Sequence[float], x: float = 50.0, track: int = 1, step_us: int = 100_000) -> Tracks:
    n = len(ys)
    boxes = [[x - 10, y - 20, x + 10, y] for y in ys]
    feet = [[x, y] for y in ys]
    return Tracks.of(range(n), np.arange(n) * step_us, [track] * n, boxes, feet)


@pytest.mark.parametrize(
    ("ys", "directions"),
    [
        ([40, 45, 55, 60], ["down"]),
        ([60, 55, 45, 40], ["up"]),
        # At two frames a second it jumps over the line.
        ([10, 90], ["down"]),
        # It stands on the line and trembles.
        ([50.3, 49.8, 50.4, 49.7, 50.2] * 20, []),
        # It comes, stands on the line and trembles, and drives on: once.
        ([40, 47, 49.8, 50.3, 49.7, 50.4, 49.9, 50.2, 55, 60], ["down"]),
        # It comes, trembles at the line and goes back: never.
        ([40, 49, 50.3, 49.6, 50.4, 45, 40], []),
        # To and fro in earnest: once in each direction, however often.
        ([40, 60, 40, 60, 40, 60], ["down", "up"]),
        # It begins exactly on the line.
        ([50, 60, 70], []),
        # It ends just before the line.
        ([40, 45, 49], []),
    ],
)
def test_each_vehicle_crosses_at_most_once_a_direction(
    ys: list[float], directions: list[str]
) -> None:
    found = crossings(_track(ys), PLAIN)
    assert found["direction"].to_pylist() == directions


def test_time_and_place_lie_between_the_frames() -> None:
    tracks = Tracks.of([3, 4], [0, 1_000_000], [9, 9], [[0, 0, 9, 9]] * 2, [[10, 40], [30, 80]])
    (row,) = crossings(tracks, PLAIN).to_pylist()
    assert (row["x"], row["y"], row["frame"]) == (15.0, 50.0, 4)
    assert row["time"].timestamp() == pytest.approx(0.25)


def test_beside_the_ends_of_a_line_nothing_crosses_it() -> None:
    short = SceneFile(100, 100, (CountLine("gate", (0, 50), (40, 50), "down", "up"),))
    assert crossings(_track([40, 60], x=39), short).num_rows == 1
    assert crossings(_track([40, 60], x=41), short).num_rows == 0


def test_a_direction_without_a_name_is_not_counted() -> None:
    one_way = SceneFile(100, 100, (CountLine("gate", (0, 50), (100, 50), "down", ""),))
    both = Tracks.of(
        [0, 1, 0, 1],
        [0, 100_000] * 2,
        [1, 1, 2, 2],
        [[0, 0, 9, 9]] * 4,
        [[20, 40], [20, 60], [70, 60], [70, 40]],
    )
    assert crossings(both, one_way)["track"].to_pylist() == [1]
    assert sorted(crossings(both, PLAIN)["track"].to_pylist()) == [1, 2]


def test_the_backlog_of_a_late_id_counts_from_its_first_position() -> None:
    ys, times = [60, 70, 80, 20, 40], [200_000, 300_000, 400_000, 0, 100_000]
    boxes, feet = [[40, y - 20, 60, y] for y in ys], [[50, y] for y in ys]
    both = Tracks.of([2] * 5, times, [1] * 5, boxes, feet)
    assert crossings(both, PLAIN)["direction"].to_pylist() == ["down"]


def test_tracks_of_a_rendered_scene_cross_when_and_where_the_truth_says() -> None:
    scene = Scene(seed=6, seconds=12, fps=5, width=160, height=120, lanes_away=1, jitter_px=0)
    rows = [
        (f.index, round(f.time_s * 1e6), v.id, v.box_xyxy, v.foot_xy)
        for f in render(scene)
        for v in f.vehicles
        if not v.is_parked
    ]
    tracks = Tracks.of(*zip(*rows, strict=True))
    drawn = SceneFile(160, 120, (CountLine("gate", (0, 70), (160, 70), "down", "up"),))
    found = crossings(tracks, drawn).to_pylist()
    truth = true_crossings(scene, ((0, 70), (160, 70)))
    names = {1: "down", -1: "up"}
    told = [(c["track"], c["direction"]) for c in found]
    assert told == [(c.vehicle, names[c.direction]) for c in truth]
    assert len(truth) >= 4
    for one, true in zip(found, truth, strict=True):
        assert one["time"].timestamp() == pytest.approx(true.time_s, abs=0.05)
        assert one["x"] == pytest.approx(true.x_px, abs=1)


def _counted(lanes: tuple[Zone, ...] = ()) -> pa.Table:
    xs = [20, 20, 30, 30, 80, 80]
    ys, times = [40, 60] * 3, [0, 100_000] * 3
    boxes = [[x - 10, y - 20, x + 10, y] for x, y in zip(xs, ys, strict=True)]
    feet = list(zip(xs, ys, strict=True))
    tracks = Tracks.of([0, 1] * 3, times, [0, 0, 1, 1, 2, 2], boxes, feet)
    return crossings(tracks, SceneFile(100, 100, (GATE,), lanes))


def test_counts_split_by_lane_and_every_direction_has_a_row() -> None:
    lanes = (
        Zone("left", ((0, 0), (50, 0), (50, 100), (0, 100))),
        Zone("right", ((50, 0), (100, 0), (100, 100), (50, 100))),
    )
    scene = SceneFile(100, 100, (GATE,), lanes)
    watched = Watched(np.array([[0, 60_000_000]]))
    rows = counts(_counted(lanes), scene, watched, 60, by_lane=True).to_pylist()
    told = {(row["direction"], row["lane"]): row["count"] for row in rows}
    assert told == {("down", "left"): 2, ("down", "right"): 1, ("up", ""): 0}


def test_an_interval_that_nobody_watched_is_no_zero() -> None:
    watched = Watched(np.array([[0, 60_000_000], [130_000_000, 240_000_000]]))
    rows = counts(_counted(), PLAIN, watched, 60).to_pylist()
    down = [(row["count"], row["flag"]) for row in rows if row["direction"] == "down"]
    assert down == [(3, ""), (None, "not watched"), (0, "partly"), (0, "")]


def test_trouble_with_the_camera_is_not_watched() -> None:
    times = np.arange(10) * 1_000_000
    good = np.array([1, 1, 1, 0, 0, 1, 1, 1, 1, 1], bool)
    assert Watched.of(times, good).seconds == 6


@pytest.mark.parametrize(("recall", "precision"), [(0.93, 0.97), (0.8, 0.99), (0.99, 0.9)])
def test_the_interval_on_a_count_holds_the_truth_as_often_as_it_says(
    recall: float, precision: float
) -> None:
    rng = np.random.default_rng(4)
    held, trials = 0, 150
    for k in range(trials):
        seen = rng.binomial(120, recall)
        false = rng.poisson(seen * (1 / precision - 1))
        true = int(rng.integers(20, 200))
        caught = rng.binomial(true, recall)
        count = caught + rng.poisson(caught * (1 / precision - 1))
        checked = Checked(int(seen), int(120 - seen), int(false))
        interval = count_interval(int(count), checked, seed=k)
        held += interval.low <= true <= interval.high
    assert 0.9 <= held / trials <= 1.0


def test_a_larger_checked_sample_gives_a_narrower_interval() -> None:
    few = count_interval(100, Checked(9, 1, 1))
    many = count_interval(100, Checked(900, 100, 100))
    assert many.high - many.low < 0.5 * (few.high - few.low)


@pytest.mark.parametrize(("sample", "key"), [((-1, 0, 0), "negative"), ((0, 0, 5), "empty")])
def test_samples_that_tell_nothing_are_refused(sample: tuple[int, int, int], key: str) -> None:
    with pytest.raises(DataError) as told:
        Checked(*sample)
    assert told.value.key == f"traffic_video.checked.{key}"
