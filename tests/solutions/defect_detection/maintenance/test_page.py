"""The view of maintenance: every machine is there, and the alarm's setting acts at once."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def draw() -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up

    set_up()
    with guard():
        load_solution("defect_detection")
        from solutions.defect_detection.dashboard_maintenance import view

        view()


def start(language: str = "en") -> AppTest:
    page = AppTest.from_function(draw, default_timeout=240)
    page.query_params["lang"] = language
    return page.run()


def told(page: AppTest) -> list[str]:
    return [one.value for one in (*page.exception, *page.error)]


@pytest.mark.parametrize(("language", "word"), [("en", "Alarms"), ("zh", "报警")])
def test_the_sample_is_drawn(language: str, word: str) -> None:
    page = start(language)
    assert not told(page)
    figures = {metric.label: metric.value for metric in page.metric}
    table = page.dataframe[0].value
    assert len(table) == 60
    assert int(figures[word]) == int(table["alarm"].sum())
    assert (table["low"] <= table["value"]).all()


def test_an_earlier_alarm_alarms_more_machines_and_says_what_it_costs() -> None:
    page = start()
    before = int(page.dataframe[0].value["alarm"].sum())
    words = [one.value for one in page.markdown]
    page.select_slider[0].set_value(60).run()
    assert not told(page)
    assert int(page.dataframe[0].value["alarm"].sum()) >= before
    assert [one.value for one in page.markdown] != words
