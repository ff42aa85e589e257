"""Tables of a run: what could not be watched is no zero, and a checked sample gives intervals."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from lepton_core.decision.track_rows import TRACKS
from lepton_core.solution import find_task
from solutions.traffic_video.counting.explainer import doubts
from solutions.traffic_video.counting.interval_counts import for_forecast
from solutions.traffic_video.counting.measures.count_interval import Checked
from solutions.traffic_video.counting.measures.scene_file import CountLine, SceneFile, Zone
from solutions.traffic_video.counting.report import Report

SQUARE = ((0.0, 0.0), (50.0, 0.0), (50.0, 40.0), (0.0, 40.0))
LOWER = ((0.0, 60.0), (50.0, 60.0), (50.0, 100.0), (0.0, 100.0))
SCENE = SceneFile(
    100,
    100,
    (CountLine("gate", (0, 50), (100, 50), "down", "up"),),
    zones=(Zone("north", SQUARE), Zone("south", LOWER)),
)
FPS = 5


def rows(
    minutes: list[str],
    passes_s: tuple[int, ...] = (10, 70, 130),
    sizes: tuple[str, ...] = ("",),
) -> pa.Table:
    """Frames of whole minutes, each with a camera state; a vehicle drives down at each time."""
    times = [round(k * 1e6 / FPS) for k in range(len(minutes) * 60 * FPS)]
    tracks: list[list[dict]] = [[] for _ in times]
    for number, start in enumerate(passes_s):
        for k in range(9 * FPS):
            at = start * FPS + k
            y = 5 + 2 * k
            spot = {"x0": 20.0, "y0": y - 10.0, "x1": 30.0, "y1": float(y)}
            told = {"track": number, "time": times[at], "foot_x": 25.0, "foot_y": float(y), **spot}
            # By its first frames alone its size is not known.
            size = sizes[number % len(sizes)] if k > 2 * FPS else ""
            tracks[at].append({"speed": 10.0, "sure": 0.9, "size": size, **told})
    states = [minutes[time // 60_000_000] for time in times]
    known = {field.name for field in TRACKS.value_type}
    kept = [[{k: v for k, v in one.items() if k in known} for one in row] for row in tracks]
    return pa.table(
        {
            "time": pa.array(times, pa.int64()).cast(pa.timestamp("us", tz="UTC")),
            "tracks": pa.array(kept, TRACKS),
            "camera": states,
            "review": [state != "ok" for state in states],
        }
    )


def test_a_minute_that_was_not_watched_has_no_count() -> None:
    report = Report.of(rows(["ok", "moving", "ok"]), SCENE)
    down = report.counts.filter(pa.compute.equal(report.counts["direction"], "down")).to_pylist()
    assert [row["count"] for row in down] == [1, None, 1]
    assert [row["camera"] for row in down] == ["", "moving", ""]
    assert [row["flag"] for row in down] == ["", "not watched", ""]
    assert report.trusted_share == pytest.approx(2 / 3)
    assert report.summary()["trusted"] == "partly"
    # The forecast gets what is known, under its own names.
    given = for_forecast(report.counts)
    assert given.column_names[:3] == ["time", "station", "count"]
    assert given["count"].to_pylist() == [1, 0, 1, 0]


def test_counts_are_told_by_size_class_where_it_is_known() -> None:
    report = Report.of(rows(["ok", "moving", "ok"], sizes=("heavy", "car", "motorcycle")), SCENE)
    assert report.events["size"].to_pylist() == ["heavy", "car", "motorcycle"]
    down = report.counts.filter(pa.compute.equal(report.counts["direction"], "down")).to_pylist()
    assert [row["heavy"] for row in down] == [1, None, 0]
    assert [row["motorcycle"] for row in down] == [0, None, 1]
    assert [row["car"] for row in down] == [0, None, 0]
    assert report.summary()["sizes"] == {"motorcycle": 1, "car": 1, "heavy": 1}
    unknown = Report.of(rows(["ok"], (10,)), SCENE)
    assert unknown.counts["heavy"].null_count == unknown.counts.num_rows
    assert unknown.summary()["sizes"] is None


def test_movements_go_from_zone_to_zone() -> None:
    report = Report.of(rows(["ok", "ok", "ok"]), SCENE)
    assert report.od.to_pylist() == [
        {"origin": "north", "north": 0, "south": 3},
        {"origin": "south", "north": 0, "south": 0},
    ]
    assert set(report.occupancy["zone"].to_pylist()) == {"north", "south"}


def test_a_checked_sample_gives_each_count_its_interval() -> None:
    told = rows(["ok"], (10,))
    plain = Report.of(told, SCENE)
    assert plain.counts["low"].null_count == plain.counts.num_rows
    checked = Report.of(told, SCENE, checked=Checked(right=40, missed=10, false=0))
    for row in checked.counts.to_pylist():
        assert row["low"] <= row["count"] <= row["high"]
    assert max(checked.counts["high"].to_pylist()) > 1


def test_a_line_at_which_vehicles_come_out_of_nothing_is_told_beside_its_counts() -> None:
    find_task("traffic_video/counting")  # with which the solution's sentences are known
    told = rows(["ok"], (5, 15, 25, 35))
    assert set(Report.of(told, SCENE).counts["doubt"].to_pylist()) == {""}
    # The same vehicles, seen from behind the line on alone.
    seen = [[one for one in row if one["foot_y"] > 52] for row in told["tracks"].to_pylist()]
    column = told.column_names.index("tracks")
    late = told.set_column(column, "tracks", pa.array(seen, TRACKS))
    report = Report.of(late, SCENE)
    assert set(report.counts["doubt"].to_pylist()) == {"lost"}
    assert report.summary()["lines"][0]["lost"] == 4
    for language, words in (("en", "not to be relied on: 0 vehicles"), ("zh", "计数不可依赖")):
        # These rows are 5 frames a second, which is told, too.
        line, few = doubts(report, language)
        assert "gate" in line
        assert words in line
        assert "5.0" in few


def test_nothing_watched_is_said_and_plain_json() -> None:
    report = Report.of(rows(["dark"], (10,)), SCENE)
    told = json.loads(json.dumps(report.summary()))
    assert told["trusted"] == "nothing"
    assert report.counts["count"].null_count == report.counts.num_rows == 2
    assert for_forecast(report.counts).num_rows == 0
