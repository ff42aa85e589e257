"""The signals view in both languages, with a person's file, good and bad."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.messages import LANGUAGES

GOOD = (
    "intersection,period,movement,flow,flow_low,flow_high,phases\n"
    "A,am,N,900,800,1000,1\nA,am,E,300,250,360,2\nA,pm,N,200,150,260,1\nA,pm,E,700,600,800,2\n"
)


def _draw() -> None:
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up
    from solutions.traffic_video.dashboard_signals import view

    load_solution("traffic_video")
    set_up()
    with guard():
        view()


def page(language: str = "en") -> AppTest:
    found = AppTest.from_function(_draw, default_timeout=180)
    found.query_params["lang"] = language
    return found.run()


def with_file(text: str) -> AppTest:
    drawn = page()
    drawn.sidebar.radio[0].set_value("file").run()
    return drawn.file_uploader[0].set_value(("mine.csv", text.encode(), "text/csv")).run()


def said(drawn: AppTest) -> list[Any]:
    return [one.value for one in (*drawn.exception, *drawn.error)]


def seconds(drawn: AppTest, place: int) -> float:
    return float(drawn.metric[place].value.split()[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sample_is_planned_and_simulated(language: str) -> None:
    drawn = page(language)
    assert not said(drawn)
    assert len(drawn.metric) == 8
    # Simulated before, plan, saved.
    before, after, saved = (seconds(drawn, place) for place in (5, 6, 7))
    assert after < before
    assert saved == pytest.approx(before - after, abs=0.11)
    assert len(drawn.success) == 1


def test_a_present_plan_is_asked_for_and_compared_with() -> None:
    drawn = page()
    drawn.session_state["traffic_video.signals.set.before"] = "present"
    drawn.run()
    assert any("present greens" in one.value for one in drawn.warning)
    drawn.text_input[0].set_value("22 17 11 21").run()
    assert not said(drawn)
    # Just the plan itself: nothing is saved.
    assert seconds(drawn, 7) == 0.0
    drawn.text_input[0].set_value("22 17 11").run()
    assert any("4 whole numbers" in one.value for one in drawn.warning)


def test_a_longer_allowed_cycle_and_the_classic_method_change_the_plan() -> None:
    drawn = page()
    first = drawn.metric[2].value
    next(box for box in drawn.selectbox if box.key.endswith("method")).set_value("webster").run()
    assert not said(drawn)
    assert drawn.metric[2].value != first


def test_all_periods_of_a_file_are_planned_on_demand() -> None:
    drawn = with_file(GOOD)
    assert not said(drawn)
    assert len(drawn.metric) == 8
    drawn.button[-1].click().run()
    assert not said(drawn)
    table = drawn.dataframe[-1].value
    assert len(table) == 2
    assert (table["plan_delay"] <= table["plan_equal"] + 1e-6).all()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("intersection,flow,phases\nA,500,1\nA,300,3\n", "no movement has 2"),
        ("intersection,flow,phases\nA,500,1\nA,-3,2\n", "at least 0"),
        ("intersection,flow,phases\nA,500,1\nA,many,2\n", "flow is empty"),
        ("intersection,flow,phases\nA,500,1\nA,300,\n", "phases is empty"),
        ("intersection,flow,phases\nA,0,1\nA,0,2\n", "flow 0"),
        ("intersection,flow,phases\nA,500,1\nA,300,9\n", "1 to 8"),
    ],
)
def test_movements_that_cannot_be_planned_say_what_to_do(text: str, part: str) -> None:
    drawn = with_file(text)
    assert not drawn.exception
    assert any(part in one for one in said(drawn)), said(drawn)
    assert not drawn.metric


def test_flows_beyond_capacity_are_planned_and_marked() -> None:
    drawn = with_file("intersection,movement,flow,phases\nA,N,1700,1\nA,E,900,2\n")
    told = said(drawn)
    assert any("Beyond capacity: N, E" in one for one in told)
    assert any("1.44" in one for one in told)
    assert drawn.metric[1].value == "F"


def test_cells_that_cannot_be_read_are_told_and_not_passed_over() -> None:
    drawn = with_file("intersection,flow,flow_low,phases\nA,500,abc,1\nA,300,200,2\n")
    assert not said(drawn)
    assert any("1 (Flow, low)" in one.value for one in drawn.warning)
    assert not with_file(GOOD).warning
