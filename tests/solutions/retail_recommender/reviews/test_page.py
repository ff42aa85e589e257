"""The page of reviews: what it shows agrees with the bundle, in both languages."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.data.reading import load_records
from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task


def draw() -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up

    set_up()
    with guard():
        load_solution("retail_recommender")
        from solutions.retail_recommender.dashboard_reviews import view

        view()


def start(language: str = "en") -> AppTest:
    page = AppTest.from_function(draw, default_timeout=300)
    page.query_params["lang"] = language
    return page.run()


def told(page: AppTest) -> list[str]:
    return [one.value for one in (*page.exception, *page.error)]


@pytest.mark.parametrize(("language", "word"), [("en", "Positive"), ("zh", "正面")])
def test_the_sample_is_drawn(language: str, word: str, pipeline: Pipeline, task: Task) -> None:
    page = start(language)
    assert not told(page)
    sample = load_records(task.sample_data, task.inputs).table
    called = int((pipeline.score(sample)["label"] == "positive").sum())
    figures = {metric.label: metric.value for metric in page.metric}
    assert figures[word] == f"{called:,}"
    topics = page.dataframe[0].value
    assert len(topics) > 3
    assert 0 < topics["n"].sum() <= sample.num_rows
    assert np.all(topics["share"].between(0, 1))


def test_a_text_of_ones_own_is_judged_or_refused() -> None:
    page = start()
    page.text_area[0].set_value("the battery is terrible, never again").run()
    assert not told(page)
    assert any("Negative" in one.value for one in page.markdown)
    page.text_area[0].set_value("Это плохо, очень плохо").run()
    assert not told(page)
    assert any("Cyrillic" in one.value for one in page.warning)
