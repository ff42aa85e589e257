"""What a tracker must get right whatever finds its things: ids, crowds, rest and rates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from solutions.traffic_video.counting.assignment import assign
from solutions.traffic_video.counting.blobs import Blobs
from solutions.traffic_video.counting.config import BlobConfig, TrackConfig
from solutions.traffic_video.counting.size_classes import SIZES, UNKNOWN_SIZE
from solutions.traffic_video.counting.tracker import Tracker
from solutions.traffic_video.counting.tracker_told import Told

SIZE = (240, 320)
Box = tuple[float, float, float, float]


def blobs(*boxes: Box, sure: float = 1.0) -> Blobs:
    box = np.array(boxes, np.float32).reshape(-1, 4)
    area = (box[:, 2:] - box[:, :2]).prod(axis=1)
    return Blobs(box, area, np.full(len(box), sure, np.float32))


def at(x: float, y: float, w: float = 30, h: float = 24) -> Box:
    return (x - w / 2, y - h / 2, x + w / 2, y + h / 2)


def follow(frames: Iterable[Blobs], fps: float = 25.0) -> tuple[Tracker, list[list[Told]]]:
    tracker = Tracker(TrackConfig(), BlobConfig())
    return tracker, [tracker.step(one, n / fps, SIZE) for n, one in enumerate(frames)]


def passages(told: list[list[Told]], row: float) -> list[tuple[int, str]]:
    """Who passes a row of pixels, each once a direction, as the decision counts."""
    seen: list[tuple[int, str]] = []
    for one in (one for frame in told for one in frame if one.fresh):
        points = [(x, y) for _, x, y, _ in one.path]
        for (_, before), (_, after) in list(pairwise(points))[-one.fresh :]:
            if (before < row) != (after < row):
                key = one.number, "down" if after >= row else "up"
                if key not in seen:
                    seen.append(key)
    return seen


def test_a_vehicle_gets_one_id_and_its_past_is_told_with_it() -> None:
    tracker, told = follow(blobs(at(60, 20 + 4 * n)) for n in range(45))
    numbers = {one.number for frame in told for one in frame}
    assert numbers == {0}
    first = next(n for n, frame in enumerate(told) if frame)
    assert first >= 2, "not before it was seen three times"
    times = sorted(one.time_s for frame in told[: first + 1] for one in frame)
    assert times[0] == 0.0, "its backlog begins where it was first seen"
    assert passages(told, row=40) == [(0, "down")], "what it crossed before it had an id counts"
    assert len(tracker.tracks) <= 1


@pytest.mark.parametrize(
    "frames",
    [
        [blobs(at(100, 100)), blobs(), blobs(at(104, 100))] + [blobs()] * 20,  # a flicker
        [blobs(at(100 + (n % 3), 100 - (n % 2))) for n in range(80)],  # a tree in the wind
        [blobs(at(100, 40 + 5 * n), sure=0.3) for n in range(40)],  # never surely one
    ],
)
def test_what_is_no_vehicle_gets_no_id(frames: list[Blobs]) -> None:
    _, told = follow(frames)
    assert not any(told)


@pytest.mark.parametrize("last", [22, 29])
def test_a_part_of_a_vehicle_that_comes_and_goes_is_no_vehicle(last: int) -> None:
    """What finds things may take a lorry's side for another one for half a second; while it is
    waited for afterwards it gets no id, either.
    """
    lorries = [at(100, 40 + 4 * n, w=60, h=70) for n in range(45)]
    sides = [at(135, 40 + 4 * n, w=40, h=30) for n in range(45)]
    passing = [
        blobs(lorry, side) if 15 <= n < last else blobs(lorry)
        for n, (lorry, side) in enumerate(zip(lorries, sides, strict=True))
    ]
    _, told = follow(passing)
    assert {one.number for frame in told for one in frame} == {0}
    _, told = follow(blobs(*both) for both in zip(lorries, sides, strict=True))
    assert len({one.number for frame in told for one in frame}) == 2, "what stays is another one"


def sized(box: Box, *sizes: float) -> Blobs:
    one = blobs(box)
    return replace(one, sizes=np.array([sizes], np.float32))


def test_its_size_is_what_most_frames_say_and_is_told_of_its_past() -> None:
    """A frame that takes a lorry for a car changes nothing once it was seen a while."""
    lorry, wrong = (0.0, 0.3, 0.7), (0.1, 0.9, 0.0)
    frames = [sized(at(60, 20 + 4 * n), *(wrong if n % 4 == 1 else lorry)) for n in range(40)]
    _, told = follow(frames)
    assert {one.size for frame in told[12:] for one in frame} == {SIZES.index("heavy")}
    first = next(frame for frame in told if frame)
    assert len(first) > 1
    assert len({one.size for one in first}) == 1, "of its past what is known by then"
    _, unknown = follow(blobs(at(60, 20 + 4 * n)) for n in range(40))
    assert {one.size for frame in unknown for one in frame} == {UNKNOWN_SIZE}


def test_its_size_is_remembered_when_a_run_goes_on() -> None:
    frames = [sized(at(60, 20 + 4 * n), 0.8, 0.1, 0.1) for n in range(30)]
    whole, told = follow(frames)
    first, _ = follow(frames[:17])
    again = Tracker(TrackConfig(), BlobConfig())
    again.restore(first.export())
    rest = [again.step(one, (17 + n) / 25.0, SIZE) for n, one in enumerate(frames[17:])]
    assert rest == told[17:]
    assert again.tracks[0].size_class == whole.tracks[0].size_class == SIZES.index("motorcycle")


def test_a_less_sure_thing_goes_on_with_its_id() -> None:
    sures = [1.0 if n < 12 or n > 20 else 0.3 for n in range(40)]
    frames = [blobs(at(60, 20 + 4 * n), sure=sure) for n, sure in enumerate(sures)]
    _, told = follow(frames)
    assert {one.number for frame in told for one in frame} == {0}
    assert all(told[8:]), "it is told in every frame"


def test_a_vehicle_that_drives_along_the_lower_edge_stands_in_the_picture() -> None:
    """A line that ends at the edge is crossed, though the wheels are below it."""
    boxes = [at(10 + 12 * n, 200 + 2 * n, w=60, h=50) for n in range(26)]
    cut = [(max(x0, 0), y0, min(x1, 320), min(y1, 240)) for x0, y0, x1, y1 in boxes]
    _, told = follow(blobs(one) for one in cut if one[3] - one[1] > 8)
    feet = np.array([one.foot for frame in told for one in frame])
    assert len(feet) > 15
    assert (feet[:, 1] <= 239).all()
    assert (feet[:, 1] == 239).any()


def test_two_vehicles_that_become_one_blob_keep_their_ids() -> None:
    """A fast one overtakes a slow one in the lane beside it; for a while they are one blob."""
    frames = []
    for n in range(60):
        slow, fast = at(100, 80 + 1.5 * n), at(122, 20 + 3.5 * n)
        if slow[1] < fast[3] and fast[1] < slow[3]:
            whole = np.array([slow, fast])
            frames.append(blobs((*whole[:, :2].min(axis=0), *whole[:, 2:].max(axis=0))))
        else:
            frames.append(blobs(slow, fast))
    _, told = follow(frames)
    for n in (17, 55):
        own = {one.number: one.box[0] for one in told[n] if one.time_s == n / 25}
        assert len(own) == 2, n
        left, right = sorted(own, key=lambda number: own[number])
        assert (left, right) == ((0, 1) if own[0] < own[1] else (1, 0))
        if n == 17:
            before = left, right
    assert (left, right) == before, "nobody has taken the other's id"
    assert sorted(passages(told, row=130)) == [(0, "down"), (1, "down")]


def test_pieces_of_one_truck_stay_one() -> None:
    frames = []
    for n in range(50):
        x0, y0, x1, y1 = at(100, 30 + 4 * n, 40, 60)
        parts = n > 20 and n % 3
        frames.append(
            blobs((x0, y0, x1, y0 + 28), (x0, y0 + 31, x1, y1))
            if parts
            else blobs((x0, y0, x1, y1))
        )
    _, told = follow(frames)
    assert {one.number for frame in told for one in frame} == {0}


def test_one_that_comes_out_from_behind_another_is_counted_with_its_hidden_way() -> None:
    """Two in one lane look like one from far away; near by the second one shows."""
    frames = []
    for n in range(60):
        front, back = at(100, 60 + 3 * n, 30, 30), at(100, 24 + 3 * n, 30, 30)
        joined = n < 40
        frames.append(
            blobs((front[0], back[1], front[2], front[3])) if joined else blobs(front, back)
        )
    _, told = follow(frames)
    assert len({one.number for frame in told for one in frame}) == 2
    assert sorted(passages(told, row=150)) == [(0, "down"), (1, "down")]


def test_a_parked_vehicle_that_trembles_on_a_line_counts_once() -> None:
    rng = np.random.default_rng(0)
    drive = [blobs(at(100, 20 + 4 * n)) for n in range(32)]  # its foot ends near row 156
    stand = [blobs(at(100 + dx, 144 + dy)) for dx, dy in rng.normal(0, 1.0, (400, 2))]
    _, told = follow([*drive, *stand])
    for row in (150, 153, 155, 156, 157, 158, 160):
        assert len(passages(told, row)) <= 1, row
    assert passages(told, row=150) == [(0, "down")]
    assert [one.number for one in told[-1]] == [0], "it stands there still, under its id"


@pytest.mark.parametrize("step", [1, 2, 4, 8])
def test_lower_frame_rates_count_the_same(step: int) -> None:
    """Two lanes, both ways; at an eighth of the rate a vehicle moves 3 of its lengths a frame."""
    frames = []
    for n in range(0, 400, step):
        boxes = []
        for start in range(0, 320, 40):
            down, up = (n - start) * 3.0 - 20, 260 - (n - start) * 3.0
            boxes += [at(90, down)] if -10 < down < 250 else []
            boxes += [at(230, up)] if -10 < up < 250 else []
        frames.append(blobs(*boxes))
    _, told = follow(frames, fps=25.0 / step)
    found = passages(told, row=120)
    assert [way for _, way in found].count("down") == 8
    assert [way for _, way in found].count("up") == 8


@pytest.mark.parametrize("fps", [12.5, 6.25])
def test_who_comes_near_is_followed_to_the_lower_edge(fps: float) -> None:
    """At 18 m/s from 45 m away to 4.5: the nearer, the larger and the faster in the picture."""
    away = np.arange(45.0, 4.5, -18.0 / fps)
    boxes = []
    for metres in away:
        foot, width, height = 60 + 825 / metres, 570 / metres, 480 / metres
        boxes.append((160 - width / 2, foot - height, 160 + width / 2, foot))
    _, told = follow([blobs(box) for box in boxes], fps=fps)
    assert passages(told, row=190) == [(0, "down")]


def test_a_vehicle_hidden_by_a_post_keeps_its_id() -> None:
    frames = [blobs() if 15 <= n < 22 else blobs(at(40 + 5 * n, 100)) for n in range(45)]
    _, told = follow(frames)
    assert {one.number for frame in told for one in frame} == {0}


def test_memory_that_was_exported_goes_on_as_if_never_stopped() -> None:
    frames = [blobs(at(60, 20 + 4 * n), at(200, 250 - 3 * n)) for n in range(40)]
    whole, told = follow(frames)
    first = Tracker(TrackConfig(), BlobConfig())
    for cut in (3, 7, 20):
        before = Tracker(TrackConfig(), BlobConfig())
        parts = [before.step(one, n / 25, SIZE) for n, one in enumerate(frames[:cut])]
        first = Tracker(TrackConfig(), BlobConfig())
        first.restore(before.export())
        parts += [first.step(one, n / 25, SIZE) for n, one in enumerate(frames) if n >= cut]
        assert parts == told, cut
    for name, values in whole.export().items():
        assert np.array_equal(values, first.export()[name], equal_nan=True), name


def test_assignment_is_the_cheapest_of_the_fullest() -> None:
    from itertools import permutations

    rng = np.random.default_rng(3)
    for _ in range(60):
        n, m = rng.integers(1, 5, 2)
        cost = rng.random((n, m))
        found = assign(cost, most=0.6)
        best = (0, 0.0)
        for order in permutations(range(max(n, m)), int(n)):
            pairs = [(r, c) for r, c in enumerate(order) if c < m and cost[r, c] <= 0.6]
            best = max(best, (len(pairs), -sum(cost[r, c] for r, c in pairs)))
        assert len(found) == best[0]
        assert sum(cost[r, c] for r, c in found) == pytest.approx(-best[1])
