"""What a planner does with forecasts and orders, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

WEEKS = Path(__file__).resolve().parents[2] / "datasets/retail_demand_sample/to_forecast.csv"


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    return expect(target)


def figure(page: Any, label: str) -> Any:
    metric = page.get_by_test_id("stMetric").filter(has_text=label)
    return metric.get_by_test_id("stMetricValue").first


def test_a_planner_brings_sales_sets_a_budget_and_takes_the_orders_away(
    page: Any, app_url: str
) -> None:
    page.goto(f"{app_url}/retail_recommender?view=demand")
    expect(figure(page, "Products ordered")).to_be_visible()
    page.get_by_text("A file of yours").click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(WEEKS)
    expect(figure(page, "Periods known")).to_have_text("104")
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(2)
    page.get_by_test_id("stNumberInputField").fill("500")
    page.get_by_test_id("stNumberInputField").press("Enter")
    expect(figure(page, "Worth of more budget")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_text("orders (CSV)").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert len(lines) == 1 + 24
    assert lines[0].startswith('"series","order","spend","wanted","position","demand"')
    expect(page.get_by_test_id("stException")).to_have_count(0)
