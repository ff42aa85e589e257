"""The view of lists: it draws in both languages, and what a person sets acts at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.solution import find_task
from lepton_core.ui.training_home import Trainings
from lepton_core.ui.training_job import PageTraining

TASK = find_task("retail_recommender/next_item")


def draw() -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from solutions.retail_recommender import dashboard_next_item

    dashboard_next_item.view()


def opened(language: str = "en") -> AppTest:
    page = AppTest.from_function(draw, default_timeout=180)
    page.query_params["lang"] = language
    page.run()
    told = [error.value for error in (*page.exception, *page.error)]
    assert not told
    return page


def shown(page: AppTest) -> list[str]:
    """What the customer is shown, in order: the table with scores."""
    tables = [frame.value for frame in page.dataframe]
    return next(list(table["item"]) for table in tables if "score" in table.columns)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_draws(language: str) -> None:
    page = opened(language)
    assert len(page.tabs) == 5
    assert shown(page)
    table = next(frame.value for frame in page.dataframe if "score" in frame.value.columns)
    # What a phone shows without scrolling.
    assert list(table.columns[:2]) == ["title", "because"]


def test_what_is_set_acts_at_once() -> None:
    page = opened()
    before = shown(page)
    page.number_input(key="retail_recommender.next_item.k").set_value(4).run()
    assert shown(page) == before[:4]
    page.multiselect(key="retail_recommender.next_item.categories").set_value(["Tea"]).run()
    tables = [frame.value for frame in page.dataframe]
    kinds = next(set(table["category"]) for table in tables if "score" in table.columns)
    assert kinds == {"Tea"}


def test_one_choice_more_makes_another_list() -> None:
    page = opened()
    before = shown(page)
    added = next(box for box in page.multiselect if ".added." in str(box.key))
    added.set_value([before[0]]).run()
    assert before[0] not in shown(page)


def test_a_training_is_begun_found_again_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    # No process: what is shown of one that ended without a word.
    monkeypatch.setattr(PageTraining, "go_on", lambda training: None)
    page = opened()
    page.button(key="ui.training.start").click().run()
    (training,) = Trainings(TASK.name).all()
    assert training.asked["settings"] == ["blend.kind=ordered_knn"]
    assert training.asked["epochs"] > 0
    page = opened()
    assert any("stopped" in warning.value for warning in page.warning)
    page.button(key=f"ui.training.{training.name}.remove").click().run()
    assert not page.exception
    assert Trainings(TASK.name).all() == []
