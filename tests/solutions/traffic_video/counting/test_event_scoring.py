"""Scores of events: right ones at the right time, one to one; totals alone say nothing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from lepton_core.errors import DataError
from solutions.traffic_video.counting.event_scoring import (
    Event,
    read_crossings,
    score_events,
)

HEADER = "first_frame,last_frame,x_px\n"


def _at(*frames: float, **named: object) -> list[Event]:
    return [Event(frame, frame, **named) for frame in frames]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("counted", "true", "right"),
    [
        (_at(100), _at(110), 1),
        (_at(100), _at(111), 0),
        # Two counts of one vehicle: one is false.
        (_at(100, 101), _at(100), 1),
        # Greedy by time would give the first count to the second truth and lose a pair.
        (_at(100, 109), _at(91, 101), 2),
        (_at(100, 109), _at(109, 118), 2),
        # Right total, wrong events.
        (_at(10, 20, 30), _at(500, 600, 700), 0),
        (_at(100, line="a"), _at(100, line="b"), 0),
        (_at(100, direction="in"), _at(100, direction="out"), 0),
        ([], _at(1), 0),
        (_at(1), [], 0),
        # Inside a stay on the line there is no gap.
        (_at(130), [Event(100, 160)], 1),
        (_at(171), [Event(100, 160)], 0),
    ],
)
def test_pairs(counted: list[Event], true: list[Event], right: int) -> None:
    score = score_events(counted, true)
    assert len(score.pairs) == right
    assert score.f1 == pytest.approx(2 * right / (len(counted) + len(true)))
    assert len(score.missed) == len(true) - right
    assert len(score.false) == len(counted) - right


def test_nothing_counted_where_nothing_is_true_is_right() -> None:
    score = score_events([], [])
    assert (score.f1, score.precision, score.recall) == (1.0, 1.0, 1.0)


def test_two_vehicles_side_by_side_are_told_apart_by_place() -> None:
    true = [Event(100, 110, x_px=50), Event(101, 111, x_px=200)]
    counted = [Event(105, 105, x_px=205), Event(106, 106, x_px=60)]
    assert score_events(counted, true, x_tolerance_px=30).pairs == ((0, 1), (1, 0))
    far = [Event(105, 105, x_px=130)]
    assert not score_events(far, true, x_tolerance_px=30).pairs


def test_matching_is_as_good_as_trying_all_orders() -> None:
    from itertools import permutations

    rng = np.random.default_rng(1)
    for _ in range(40):
        counted, true = rng.uniform(0, 40, 5), rng.uniform(0, 40, 4)
        best = max(
            sum(abs(counted[i] - t) <= 10 for i, t in zip(order, true, strict=True))
            for order in permutations(range(5), 4)
        )
        assert len(score_events(_at(*counted), _at(*true)).pairs) == best


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", HEADER + "1,x,3\n", HEADER + "1,,3\n"])
def test_files_without_crossings_are_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "true.csv"
    path.write_text(text)
    with pytest.raises(DataError) as told:
        read_crossings(path)
    assert told.value.key.startswith("traffic_video.events.")


@pytest.mark.real_data
def test_the_crossings_of_the_highway_are_read_and_score_themselves() -> None:
    folder = os.environ.get("LEPTON_DATA")
    path = Path(folder or "", "cdnet_highway", "crossings_row150.csv")
    if not folder or not path.exists():
        pytest.skip("cdnet_highway is not here")
    true = read_crossings(path)
    assert len(true) == 22
    assert all(event.first <= event.last for event in true)
    assert score_events(true, true).f1 == 1.0
    assert len(score_events(true[1:], true, x_tolerance_px=40).pairs) == 21
