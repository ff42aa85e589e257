"""What a risk team does on the credit page, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

TO_SCORE = Path(__file__).resolve().parents[2] / "datasets/credit_sample/to_score.csv"


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    return expect(target)


def heading(page: Any, name: str | re.Pattern[str]) -> Any:
    return page.get_by_role("heading", name=name)


def open_credit(page: Any, url: str) -> None:
    page.goto(f"{url}/fraud_rnn")
    page.get_by_text("Credit default", exact=True).first.click()
    expect(heading(page, "Six months")).to_be_visible()


def test_a_risk_team_looks_at_a_client_and_at_groups(page: Any, app_url: str) -> None:
    open_credit(page, app_url)
    expect(heading(page, "Do the probabilities hold?")).to_be_visible()
    expect(heading(page, re.compile(r"^Record c\d+"))).to_be_visible()
    page.get_by_text("By group").first.click()
    expect(page.get_by_text("Largest difference by Sex")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_file_of_ones_own_is_scored(page: Any, app_url: str) -> None:
    open_credit(page, app_url)
    # The other page's choice stands for a moment, until this one is drawn to its end.
    expect(page.get_by_text("A file of yours")).to_have_count(1)
    page.get_by_text("A file of yours").click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(TO_SCORE)
    metric = page.get_by_test_id("stMetric").filter(has_text="Records")
    expect(metric.get_by_test_id("stMetricValue")).to_have_text("500")
    expect(heading(page, "Six months")).to_be_visible()
