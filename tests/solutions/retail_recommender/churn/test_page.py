"""The view of contracts: risks with reasons, and a list of those who are still there."""

from __future__ import annotations

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.spreadsheet import to_csv
from solutions.retail_recommender.churn.sample import generate


def draw() -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up

    set_up()
    with guard():
        load_solution("retail_recommender")
        from solutions.retail_recommender.dashboard_churn import view

        view()


def start(language: str = "en") -> AppTest:
    page = AppTest.from_function(draw, default_timeout=600)
    page.query_params["lang"] = language
    return page.run()


def told(page: AppTest) -> list[str]:
    return [one.value for one in (*page.exception, *page.error)]


def figure(page: AppTest, label: str) -> float:
    text = next(one.value for one in page.metric if one.label == label)
    return float(str(text).replace(",", ""))


def bring(page: AppTest, table: pa.Table) -> AppTest:
    page.sidebar.radio[0].set_value("file").run()
    return page.file_uploader[0].set_value(("mine.csv", to_csv(table), "text/csv")).run()


@pytest.mark.parametrize(("language", "word"), [("en", "Contacts"), ("zh", "联系人数")])
def test_the_sample_is_drawn_with_a_list(language: str, word: str) -> None:
    page = start(language)
    assert not told(page)
    listed = page.dataframe[-1].value
    assert len(listed) == figure(page, word) == 250
    # Those who have left are no longer written to.
    gone = {row["record_id"] for row in generate().to_pylist() if row["left"]}
    assert not gone & set(listed.iloc[:, 0])
    assert listed.iloc[:, 3].is_monotonic_decreasing


def test_months_and_cost_act_at_once_and_the_budget_holds() -> None:
    page = bring(start(), generate(seed=3, customers=300).drop_columns(["left"]))
    assert not told(page)
    assert not any("known to have left" in one.value for one in page.caption)
    before = figure(page, "Expected gain")
    (months,) = (one for one in page.number_input if one.key.endswith(".months"))
    months.set_value(24).run()
    assert figure(page, "Expected gain") > 1.9 * before
    (cost,) = (one for one in page.number_input if one.key.endswith(".cost"))
    cost.set_value(50.0).run()
    assert figure(page, "Contacts") <= 10
    assert figure(page, "Spending") <= 500.0
    cost.set_value(5000.0).run()
    assert not told(page)
    assert any("Nobody" in one.value for one in page.info)
