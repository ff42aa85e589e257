"""The view of customers: segments, one customer, and the list of a campaign."""

from __future__ import annotations

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.spreadsheet import to_csv
from solutions.retail_recommender.customers.sample import order_lines


def draw() -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up

    set_up()
    with guard():
        load_solution("retail_recommender")
        from solutions.retail_recommender.dashboard_customers import view

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


@pytest.mark.parametrize(("language", "word"), [("en", "Customers"), ("zh", "客户")])
def test_the_sample_is_drawn_and_segments_hold_everybody(language: str, word: str) -> None:
    page = start(language)
    assert not told(page)
    # Behind what was refused, where something was.
    segments = page.dataframe[-3].value
    assert segments.iloc[:, 2].sum() == figure(page, word)
    assert set(segments.iloc[:, 0].map(type)) == {str}


def test_a_shops_order_lines_are_read_and_a_customer_is_chosen() -> None:
    page = bring(start(), order_lines(seed=3, customers=60))
    assert not told(page)
    chosen = page.selectbox(key=next(o.key for o in page.selectbox if "customers.one" in o.key))
    name = chosen.options[5]
    chosen.set_value(name).run()
    assert not told(page)
    lines = [row for row in order_lines(seed=3, customers=60).to_pylist() if row["user"] == name]
    assert set(page.dataframe[-2].value["Items"]) == {row["item"] for row in lines}
    assert figure(page, "Spending") == 2 * figure(page, "Contacts") <= 500
