"""The view of the demand: every product is there, periods to come are told, sliders act at once."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.spreadsheet import to_csv
from solutions.retail_recommender.demand.sample import generate


def draw() -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up

    set_up()
    with guard():
        load_solution("retail_recommender")
        from solutions.retail_recommender.dashboard_demand import view

        view()


def start(language: str = "en") -> AppTest:
    page = AppTest.from_function(draw, default_timeout=600)
    page.query_params["lang"] = language
    return page.run()


def told(page: AppTest) -> list[str]:
    return [one.value for one in (*page.exception, *page.error)]


def figure(page: AppTest, label: str) -> str:
    return str(next(one.value for one in page.metric if one.label == label))


@pytest.mark.parametrize(("language", "word"), [("en", "Products"), ("zh", "产品数")])
def test_the_sample_is_drawn(language: str, word: str) -> None:
    page = start(language)
    assert not told(page)
    # Between them stands the stock, which is edited.
    products, orders = (page.dataframe[at].value for at in (0, -1))
    assert int(figure(page, word)) == len(products) == len(orders) == 24
    assert (products["next_low"] <= products["next"]).all()
    assert (orders["order"] >= 0).all()


def test_a_higher_service_level_orders_more_and_a_budget_holds() -> None:
    page = start()

    def money() -> float:
        return float(figure(page, "Money").replace(",", ""))

    usual = money()
    page.slider(key="demand.orders.service").set_value(99.0).run()
    assert not told(page)
    high = money()
    assert high > usual
    page.number_input(key="demand.orders.budget").set_value(round(usual / 2, 2)).run()
    assert not told(page)
    assert 0.9 * usual / 2 < money() <= usual / 2 + 1
    assert float(figure(page, "Worth of more budget")) > 0


def test_sales_alone_get_the_periods_to_come() -> None:
    page = start()
    page.sidebar.radio[0].set_value("file").run()
    text = to_csv(generate(seed=5, series=3, periods=80))
    page = page.file_uploader[0].set_value(("mine.csv", text, "text/csv")).run()
    assert not told(page)
    assert any("no periods to come" in one.value for one in page.caption)
    assert figure(page, "Products") == "3"
    assert any("expected" in one.value for one in page.markdown)
