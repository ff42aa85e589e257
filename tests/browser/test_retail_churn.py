"""What a retention team does with contracts, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

CONTRACTS = Path(__file__).resolve().parents[2] / "datasets/churn_sample/to_score.csv"


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    return expect(target)


def figure(page: Any, label: str) -> Any:
    metric = page.get_by_test_id("stMetric").filter(has_text=label)
    return metric.get_by_test_id("stMetricValue").first


def test_a_team_brings_contracts_sets_a_budget_and_takes_the_list_away(
    page: Any, app_url: str
) -> None:
    page.goto(f"{app_url}/retail_recommender?view=churn")
    expect(figure(page, "Contacts")).to_have_text("250", timeout=150_000)
    page.get_by_text("A file of yours").click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(CONTRACTS)
    expect(figure(page, "Records")).to_have_text("400")
    page.get_by_label("Budget").fill("100")
    page.get_by_label("Budget").press("Enter")
    expect(figure(page, "Contacts")).to_have_text("50")
    with page.expect_download() as waiting:
        page.get_by_text("Download the list").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert len(lines) == 1 + 50
    assert lines[0] == '"record_id","risk","value","expected_gain"'
    expect(page.get_by_test_id("stException")).to_have_count(0)
