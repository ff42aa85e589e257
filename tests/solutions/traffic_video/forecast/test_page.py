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


def with_file(text: str) -> AppTest:
    page = start()
    page.sidebar.radio[0].set_value("file").run()
    return page.file_uploader[0].set_value(("mine.csv", text.encode(), "text/csv")).run()


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


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "no records"),
        ("a,b\n1,2\n", "lacks required columns"),
        ("time,station,count\nsoon,a,3\n", "cannot be read as timestamp"),
    ],
)
def test_a_file_that_holds_no_counts_says_what_to_do(text: str, part: str) -> None:
    page = with_file(text)
    assert not page.exception
    assert any(part in one.value for one in page.error)
    assert not page.metric


def test_records_out_of_order_are_told_and_the_others_forecast() -> None:
    page = with_file("time,station,count\n2026-03-02 00:05,a,3\n2026-03-02 00:00,a,4\n")
    assert not told(page)
    refused = page.dataframe[0].value
    assert "is before 2026-03-02 00:05" in refused.iloc[0, -1]
    assert page.metric[1].value == "1"


def test_an_interval_without_a_count_forecasts_nothing_by_itself() -> None:
    """Counts 3, unknown, 9 and 12: in 5 minutes 9 is off by 3, in 15 minutes 3 by 9."""
    rows = ["00:00,a,3,", "00:05,a,1,partly", "00:10,a,9,", "00:15,a,12,"]
    page = with_file("time,station,count,flag\n" + "".join(f"2026-03-02 {row}\n" for row in rows))
    assert not told(page)
    by_ahead = page.dataframe[0].value
    assert by_ahead["n"].tolist()[:2] == [2, 1]
    assert by_ahead["last"].tolist()[:2] == [3.0, 9.0]
