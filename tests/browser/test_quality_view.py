"""What a quality engineer does on the page of defect detection, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

LATEST = Path(__file__).resolve().parents[2] / "datasets/quality_sample/latest.csv"


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    return expect(target)


def figure(page: Any, label: str) -> Any:
    metric = page.get_by_test_id("stMetric").filter(has_text=label)
    return metric.get_by_test_id("stMetricValue").first


def test_a_quality_engineer_brings_a_file_reads_the_chart_and_takes_it_away(
    page: Any, app_url: str
) -> None:
    page.goto(f"{app_url}/defect_detection?view=quality&quality=chart")
    expect(page.get_by_role("heading", name="What the chart says")).to_be_visible()
    expect(figure(page, "Subgroups")).to_have_text("210")
    page.get_by_text("My file").click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(LATEST)
    expect(figure(page, "Subgroups")).to_have_text("84")
    with page.expect_download() as waiting:
        page.get_by_text("Chart as CSV").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert len(lines) == 1 + 252
    assert lines[0].startswith('"record_id","time","line","subgroup"')
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_plan_follows_the_lot(page: Any, app_url: str) -> None:
    page.goto(f"{app_url}/defect_detection?view=quality&quality=plan")
    expect(figure(page, "Code letter")).to_have_text("J")
    lot = page.get_by_label("Parts in the lot").first
    lot.fill("5000")
    lot.press("Enter")
    expect(figure(page, "Code letter")).to_have_text("L")
    expect(figure(page, "Sample size")).to_have_text("200")
