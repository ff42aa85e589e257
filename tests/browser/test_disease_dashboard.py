"""What a health programme does on the disease page, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

TO_SCORE = Path(__file__).resolve().parents[2] / "datasets/disease_sample/to_score.csv"


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    return expect(target)


def heading(page: Any, name: str | re.Pattern[str]) -> Any:
    return page.get_by_role("heading", name=name)


def figure(page: Any, label: str) -> Any:
    metric = page.get_by_test_id("stMetric").filter(has_text=label)
    # While a page is drawn anew, the old value may stand beside the new one for a moment.
    return metric.get_by_test_id("stMetricValue").first


def test_a_nurse_brings_a_file_tries_a_value_and_looks_at_who_is_due(
    page: Any, app_url: str
) -> None:
    page.goto(f"{app_url}/medical_imaging")
    page.get_by_text("Disease risk", exact=True).first.click()
    expect(heading(page, "Course over visits")).to_be_visible()
    expect(page.get_by_text("does not diagnose").first).to_be_visible()
    expect(page.get_by_text("A file of yours")).to_have_count(1)
    page.get_by_text("A file of yours").click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(TO_SCORE)
    # Four of the file's visits hold values that no person has.
    expect(page.get_by_text(re.compile(r"^4 of \d+ records were refused"))).to_be_visible()
    expect(heading(page, "What if")).to_be_visible()
    before = figure(page, "As it is").inner_text()
    pressure = page.get_by_role("slider", name=re.compile("Upper pressure")).first
    pressure.focus()
    for _ in range(8):
        pressure.press("ArrowLeft")
    expect(figure(page, "As it is")).to_have_text(before)
    expect(figure(page, "With these values")).not_to_have_text(before)
    page.get_by_text("Follow-up", exact=True).first.click()
    expect(figure(page, "Overdue")).to_be_visible()
    expect(page.get_by_text("Rules for the next check").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
