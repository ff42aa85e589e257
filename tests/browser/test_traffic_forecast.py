"""What a traffic engineer does with forecasts, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

LATEST = Path(__file__).resolve().parents[2] / "datasets/counts_sample/latest.csv"


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    return expect(target)


def figure(page: Any, label: str) -> Any:
    metric = page.get_by_test_id("stMetric").filter(has_text=label)
    return metric.get_by_test_id("stMetricValue").first


def test_an_engineer_brings_counts_reads_a_forecast_and_takes_all_away(
    page: Any, app_url: str
) -> None:
    page.goto(f"{app_url}/traffic_video?view=forecast")
    expect(figure(page, "Stations")).to_have_text("8")
    page.get_by_text("A file of yours").click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(LATEST)
    expect(figure(page, "Intervals")).to_have_text("4,502")
    expect(page.get_by_text("in 15 min").first).to_be_visible()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(2)
    with page.expect_download() as waiting:
        page.get_by_text("All forecasts as CSV").click()
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert len(lines) == 1 + 4 * 4502
    assert lines[0].startswith('"record_id","station","time","minutes_ahead","target_time"')
    expect(page.get_by_test_id("stException")).to_have_count(0)
