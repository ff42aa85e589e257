"""What a merchandiser does with reviews, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

TO_SCORE = Path(__file__).resolve().parents[2] / "datasets/reviews_sample/to_score.csv"


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    return expect(target)


def heading(page: Any, name: str | re.Pattern[str]) -> Any:
    return page.get_by_role("heading", name=name)


def test_a_merchandiser_reads_reviews(page: Any, app_url: str) -> None:
    page.goto(f"{app_url}/retail_recommender?view=reviews")
    expect(heading(page, "Sentiment over time")).to_be_visible()
    expect(heading(page, "What reviews talk about")).to_be_visible()
    expect(heading(page, re.compile(r"^Which words decided: r\d+"))).to_be_visible()
    expect(page.locator(".lepton-review mark").first).to_be_visible()
    page.get_by_role("textbox", name="A review of your own").fill("客服太烂了，再也不买了")
    page.get_by_role("textbox", name="A review of your own").press("Control+Enter")
    expect(page.locator(".lepton-review")).to_have_count(2)
    expect(page.get_by_text("Negative").filter(visible=True).first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_file_of_ones_own_is_scored(page: Any, app_url: str) -> None:
    page.goto(f"{app_url}/retail_recommender?view=reviews")
    expect(heading(page, "Sentiment over time")).to_be_visible()
    page.get_by_text("A file of yours").click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(TO_SCORE)
    metric = page.get_by_test_id("stMetric").filter(has_text="Records")
    # The bundle has learned Chinese: English reviews are refused and told, not guessed at.
    expect(metric.get_by_test_id("stMetricValue")).to_have_text("155")
    told = page.get_by_text("145 of 300 records were refused").filter(visible=True)
    expect(told.first).to_be_visible()
    expect(heading(page, "What reviews talk about")).to_be_visible()
