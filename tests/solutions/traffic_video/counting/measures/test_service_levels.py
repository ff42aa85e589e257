"""A level of service rests on what was measured or given, and says what is missing for one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from solutions.traffic_video.counting.measures.crossing import CROSSINGS
from solutions.traffic_video.counting.measures.scene_file import CountLine, SceneFile, Zone
from solutions.traffic_video.counting.measures.service_given import ApproachService, RoadService
from solutions.traffic_video.counting.measures.service_levels import service_levels
from solutions.traffic_video.counting.measures.watching import Watched
from solutions.traffic_video.counting.measures.zones import DWELLS

LINE = CountLine("gate", (0, 10), (20, 10), "down", "", RoadService(lanes_to_right=2))
QUARTER_S = 900
WHOLE = Watched(np.array([[0, QUARTER_S * 1_000_000]]))
NOBODY = CROSSINGS.empty_table(), DWELLS.empty_table()


def passing(every_s: float, kmh: float | None, sizes: tuple[str, ...] = ("",)) -> pa.Table:
    """One vehicle after the other over the line for a quarter of an hour, all equally fast."""
    times = [round(s * 1e6) for s in np.arange(0.5, QUARTER_S, every_s)]
    n = len(times)
    columns = [times, [0] * n, ["gate"] * n, ["down"] * n, list(range(n)), [5.0] * n, [10.0] * n]
    columns += [[""] * n, [sizes[k % len(sizes)] for k in range(n)], [kmh] * n]
    arrays = [pa.array(c, field.type) for c, field in zip(columns, CROSSINGS, strict=True)]
    return pa.table(arrays, schema=CROSSINGS)


def level(found: pa.Table, line: CountLine = LINE, trusted: Watched = WHOLE) -> dict:
    scene = SceneFile(20, 20, (line,))
    (row,) = service_levels(found, NOBODY[1], scene, trusted, QUARTER_S).to_pylist()
    return row


def test_heavy_vehicles_are_as_many_as_were_counted_unless_somebody_says() -> None:
    mixed = passing(2, 90, ("heavy", "car", "car", "motorcycle"))
    assert level(mixed)["heavy_share"] == pytest.approx(0.25, rel=0.01)
    assert level(mixed)["density_per_km_lane"] == pytest.approx(1.25 * 10, rel=0.01)
    told = CountLine("gate", (0, 10), (20, 10), "down", "", RoadService(2, heavy_share=0.5))
    assert level(mixed, told)["heavy_share"] == 0.5
    partly = passing(2, 90, ("heavy", "car", "", ""))
    assert level(partly)["heavy_share"] == pytest.approx(0.5), "of those whose size is known"
    assert level(passing(2, 90))["heavy_share"] == 0


@pytest.mark.parametrize(
    ("every_s", "kmh", "expected"),
    # 1800 an hour in two lanes: at 90 km/h 10 a km and lane, 16 a mile; at 20 km/h 45 a km.
    [(2, 90, "B"), (4, 90, "A"), (1.25, 90, "C"), (2, 40, "E"), (2, 20, "F")],
)
def test_the_slower_and_the_denser_the_worse(every_s: float, kmh: float, expected: str) -> None:
    row = level(passing(every_s, kmh))
    assert row["level"] == expected
    assert row["density_per_km_lane"] == pytest.approx(3600 / every_s / kmh / 2)
    assert (row["speed_from"], row["lanes"], row["why"]) == ("measured", 2, "")
    assert row["vehicles"] == round(QUARTER_S / every_s)


def test_a_truck_counts_as_two_cars() -> None:
    line = replace(LINE, service=RoadService(lanes_to_right=2, heavy_share=0.5))
    assert level(passing(2, 90), line)["density_per_km_lane"] == pytest.approx(15)


def test_only_time_that_can_be_trusted_is_used() -> None:
    # Half of the time: half of the vehicles, the same flow.
    half = level(passing(2, 90), trusted=Watched(WHOLE.spans_us // 2))
    assert half["vehicles"] == 225
    assert half["flow_per_h"] == pytest.approx(1800)
    short = level(passing(2, 90), trusted=Watched(np.array([[0, 30_000_000]])))
    assert (short["level"], short["why"]) == (None, "watched too short")


@pytest.mark.parametrize(
    ("found", "service", "why"),
    [
        (passing(2, 90), None, "lanes not given"),
        (passing(2, None), RoadService(2), "speed not known"),
        # An empty road and a jam that stands look the same at a line.
        (NOBODY[0], RoadService(2, free_speed_kmh=90), "none crossed"),
    ],
)
def test_what_is_missing_is_said(found: pa.Table, service: RoadService | None, why: str) -> None:
    row = level(found, replace(LINE, service=service))
    assert (row["level"], row["density_per_km_lane"], row["why"]) == (None, None, why)


def test_a_level_at_a_speed_that_nobody_measured_is_one_at_best() -> None:
    row = level(passing(2, None), replace(LINE, service=RoadService(2, free_speed_kmh=90)))
    assert (row["level"], row["speed_from"], row["why"]) == ("B", "given", "at best")
    # What was measured comes first.
    row = level(passing(2, 20), replace(LINE, service=RoadService(2, free_speed_kmh=90)))
    assert (row["level"], row["speed_from"]) == ("F", "measured")


def test_before_a_signal_the_delay_is_what_the_stay_was_longer_than_on_a_free_road() -> None:
    corners = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))
    scene = SceneFile(20, 20, zones=(Zone("approach", corners, ApproachService("signal", 5.0)),))
    stays = [(10.0, False), (60.0, False), (900.0, True)]  # the last was seen for a part
    rows = [
        {
            **{"track": n, "zone": "approach", "enter": 0, "leave": 100_000_000},
            **{"dwell_s": lasted, "is_cut": is_cut},
        }
        for n, (lasted, is_cut) in enumerate(stays)
    ]
    table = pa.table([pa.array([r[f.name] for r in rows], f.type) for f in DWELLS], schema=DWELLS)
    (row,) = service_levels(NOBODY[0], table, scene, WHOLE, QUARTER_S).to_pylist()
    assert (row["place"], row["kind"], row["vehicles"]) == ("approach", "signal", 2)
    assert row["delay_s"] == pytest.approx(30.0)
    assert row["level"] == "C"
    (row,) = service_levels(NOBODY[0], table.slice(2), scene, WHOLE, QUARTER_S).to_pylist()
    assert (row["level"], row["why"]) == (None, "none went through")


def draw(levels: object, language: str) -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from types import SimpleNamespace

    from lepton_core.messages import set_language
    from lepton_core.solution import load_solution
    from solutions.traffic_video.dashboard_counting_service import show_service

    load_solution("traffic_video")
    set_language(language)
    show_service(SimpleNamespace(levels=levels), "HH:mm:ss")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "title", "best"),
    [("en", "Level of service", "at best"), ("zh", "服务水平", "至多如此")],
)
def test_the_page_shows_the_level_or_says_what_it_needs(
    language: str, title: str, best: str
) -> None:
    given = replace(LINE, service=RoadService(2, free_speed_kmh=90))
    for line in (given, replace(LINE, service=None)):
        scene = SceneFile(20, 20, (line,))
        levels = service_levels(passing(2, None), NOBODY[1], scene, WHOLE, QUARTER_S)
        page = AppTest.from_function(draw, args=(levels, language), default_timeout=60).run()
        assert not page.exception
        assert page.subheader[0].value == title
        if line is given:
            (frame,) = page.dataframe
            assert frame.value["level"].tolist() == ["B"]
            assert best in frame.value["why"][0]
        else:
            assert not page.dataframe
            assert title in page.caption[0].value
