"""Crossings: each thing once a line and direction, and lines that change without scoring again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lepton_core.decision import Crossings, Line, from_json
from lepton_core.decision.track_rows import AT, FIELDS, empty_rows

GATE = Line("gate", (0, 10), (20, 10), "down", "up")
PATH = 6


def told(
    *paths: list[tuple[float, float, float]], fresh: int = 1, track: int = 3
) -> dict[str, np.ndarray]:
    """Outputs of one frame a path, in which the same thing has just gone its last steps."""
    rows = empty_rows(len(paths), 2, PATH)
    for row, path in zip(rows, paths, strict=True):
        row[0, : len(FIELDS)] = 0
        row[0, AT["track"]], row[0, AT["fresh"]] = track, fresh
        points = row[0, len(FIELDS) :].reshape(-1, 3)
        points[PATH - len(path) :] = path
    n = len(paths)
    time = np.arange(1, n + 1, dtype=np.int64) * 1_000_000
    return {"score": np.zeros(n), "tracks": rows, "time": time, "camera": np.zeros(n, np.int64)}


def crossed(decision: Crossings, outputs: dict[str, np.ndarray]) -> list[list[tuple[str, str]]]:
    texts = decision.apply(outputs)["crossings"].to_pylist()
    return [[(one["line"], one["direction"]) for one in json.loads(text)] for text in texts]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([(-1, 5, 5), (0, 5, 15)], "down"),
        ([(-1, 5, 15), (0, 5, 5)], "up"),
        ([(-1, 5, 5), (0, 5, 9)], None),  # not reached
        ([(-1, 30, 5), (0, 30, 15)], None),  # passes beside the line's end
        ([(-1, 5, 9), (0, 5, 10)], "down"),  # ends on the line, told once
        ([(-1, 5, 10), (0, 5, 15)], None),  # goes on from it
        ([(-3, 5, 5), (-2, 5, 15), (-1, 5, 5), (0, 5, 15)], None),  # came down before
        ([(-2, 5, 5), (-1, 5, 15), (0, 5, 5)], "up"),  # turns: once in each direction
    ],
)
def test_a_step_counts_when_it_passes_the_line_for_the_first_time(
    path: list[tuple[float, float, float]], expected: str | None
) -> None:
    found = crossed(Crossings((GATE,)), told(path))
    assert found == [[("gate", expected)] if expected else []]


def test_all_that_was_held_back_counts_when_a_thing_gets_its_id() -> None:
    path = [(-3.0, 5.0, 5.0), (-2.0, 5.0, 12.0), (-1.0, 5.0, 18.0), (0.0, 5.0, 25.0)]
    assert crossed(Crossings((GATE,)), told(path, fresh=3)) == [[("gate", "down")]]
    assert crossed(Crossings((GATE,)), told(path, fresh=1)) == [[]]


def test_a_crossing_and_a_track_tell_the_size_of_the_thing_where_it_is_known() -> None:
    sized = Crossings((GATE,), sizes=("small", "large"))
    again = from_json(sized.to_json())
    assert again == sized
    for number, name in ((1, "large"), (0, "small"), (-1, ""), (7, "")):
        outputs = told([(-1, 5, 5), (0, 5, 15)])
        outputs["tracks"][..., AT["size"]] = number
        for decision, expected in ((again, name), (Crossings((GATE,)), "")):
            columns = decision.apply(outputs)
            (crossing,) = json.loads(columns["crossings"][0].as_py())
            assert crossing["size"] == expected
            assert [one["size"] for one in columns["tracks"][0].as_py()] == [expected]


def test_a_thing_without_an_id_never_counts() -> None:
    outputs = told([(-1, 5, 5), (0, 5, 15)], track=-1)
    columns = Crossings((GATE,)).apply(outputs)
    assert columns["crossings"].to_pylist() == ["[]"]
    assert columns["vehicles"].tolist() == [0]
    assert columns["tracks"].to_pylist() == [[]]


def test_the_time_of_a_crossing_lies_between_two_frames() -> None:
    outputs = told([(-1.0, 5.0, 0.0), (0.0, 5.0, 40.0)])
    (one,) = json.loads(Crossings((GATE,)).apply(outputs)["crossings"][0].as_py())
    assert one["time"] == "1970-01-01T00:00:00.250000+00:00"
    assert (one["x"], one["y"]) == (5.0, 10.0)


def test_speed_needs_a_calibration_and_is_right_with_one() -> None:
    outputs = told([(-0.5, 5.0, 0.0), (0.0, 5.0, 20.0)])
    (blind,) = json.loads(Crossings((GATE,)).apply(outputs)["crossings"][0].as_py())
    assert blind["speed_kmh"] is None
    half_a_metre_a_pixel = (0.5, 0, 0, 0, 0.5, 0, 0, 0, 1)
    calibrated = Crossings((GATE,), half_a_metre_a_pixel)
    (one,) = json.loads(calibrated.apply(outputs)["crossings"][0].as_py())
    assert one["speed_kmh"] == pytest.approx(72.0)  # 10 m in half a second


def test_lines_change_without_scoring_again() -> None:
    outputs = told([(-1, 5, 5), (0, 5, 15)])
    without = Crossings()
    assert crossed(without, outputs) == [[]]
    other = without.with_lines([GATE, Line("low", (0, 12), (20, 12), "in", "")])
    assert crossed(other, outputs) == [[("gate", "down"), ("low", "in")]]
    assert from_json(json.loads(json.dumps(other.to_json()))) == other


def test_what_the_camera_says_asks_for_a_look() -> None:
    decision = Crossings(states=("ok", "dark"), trusted=("ok",))
    outputs = told([(-1, 5, 5), (0, 5, 15)], [(-1, 5, 5), (0, 5, 15)])
    outputs["camera"] = np.array([0, 1])
    columns = decision.apply(outputs)
    assert columns["camera"].to_pylist() == ["ok", "dark"]
    assert columns["review"].tolist() == [False, True]
