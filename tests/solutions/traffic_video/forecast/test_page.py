"""The view of the forecast: every station is there, and the chosen time acts at once."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def draw() -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up

    set_up()
    with guard():
        load_solution("traffic_video")
        from solutions.traffic_video.dashboard_forecast import view

        view()


def start(language: str = "en") -> AppTest:
    page = AppTest.from_function(draw, default_timeout=240)
    page.query_params["lang"] = language
    return page.run()


def told(page: AppTest) -> list[str]:
    return [one.value for one in (*page.exception, *page.error)]


@pytest.mark.parametrize(("language", "word"), [("en", "Stations"), ("zh", "站点")])
def test_the_sample_is_drawn(language: str, word: str) -> None:
    page = start(language)
    assert not told(page)
    figures = {metric.label: metric.value for metric in page.metric}
    by_ahead, stations = (frame.value for frame in page.dataframe)
    assert int(figures[word]) == len(stations) == 8
    assert by_ahead["minutes"].tolist() == [5.0, 15.0, 30.0, 60.0]
    assert (by_ahead["mae"] < by_ahead["last"]).all()
    assert (stations["low"] <= stations["value"]).all()


def test_another_time_and_station_tell_another_forecast() -> None:
    page = start()

    def words() -> str:
        return next(one.value for one in page.markdown if "in 15 min" in one.value)

    first = words()
    slider = page.select_slider[0]
    slider.set_value(slider.value - 100).run()
    assert not told(page)
    second = words()
    assert second != first
    next(box for box in page.selectbox if box.label == "Station").select_index(3).run()
    assert not told(page)
    assert words() not in (first, second)
