"""What a radiologist does on the X-ray page, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)
    return expect(target)


def heading(page: Any, name: str | re.Pattern[str]) -> Any:
    return page.get_by_role("heading", name=name)


def value_of(page: Any, label: str) -> Any:
    metric = page.get_by_test_id("stMetric").filter(has_text=label)
    return metric.get_by_test_id("stMetricValue")


def test_a_reader_goes_through_the_worklist(page: Any, app_url: str) -> None:
    page.goto(f"{app_url}/medical_imaging")
    expect(page.get_by_text("It assists a reader and does not diagnose.").first).to_be_visible()
    expect(value_of(page, "To read")).to_have_text(re.compile(r"^\d{3}$"))
    waiting = int(value_of(page, "To read").inner_text())
    page.get_by_role("button", name=re.compile("Read the next")).click()
    expect(heading(page, "What the model says")).to_be_visible()
    first = heading(page, re.compile("^Picture "))
    name = first.inner_text().split()[1]

    # The picture is drawn; windowing it changes what is seen and not where one has zoomed to.
    frame, drawn = page.locator(".zoomable"), page.locator(".zoomable img")
    expect(drawn).to_have_attribute("src", re.compile("^data:image/"))
    page.get_by_role("button", name="Closer").click()
    expect(frame).to_have_attribute("data-zoom", "1.35")
    before = drawn.get_attribute("src")
    page.get_by_text("Lungs", exact=True).click()
    expect(drawn).not_to_have_attribute("src", before)
    expect(frame).to_have_attribute("data-zoom", "1.35")

    page.get_by_role("textbox", name="Your name").fill("Ana")
    page.get_by_role("button", name=re.compile("^Override")).click()
    expect(page.get_by_text("contradicts the model")).to_be_visible()
    page.get_by_text("Overlapping anatomy", exact=True).click()
    page.get_by_role("button", name=re.compile("^Override")).click()
    expect(first).not_to_contain_text(name)
    # Another picture is seen whole at first.
    expect(frame).to_have_attribute("data-zoom", "1.00")

    # One key a verdict; it counts once the form of the picture is there.
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0)
    page.get_by_role("button", name=re.compile("Next unread")).focus()
    second = first.inner_text().split()[1]
    page.keyboard.press("a")
    expect(first).not_to_contain_text(second)
    page.get_by_role("button", name="Worklist").click()
    expect(value_of(page, "Overridden")).to_have_text("1")
    expect(value_of(page, "Agreed")).to_have_text("1")
    expect(value_of(page, "To read")).to_have_text(str(waiting - 2))
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_page_fits_a_narrow_window_in_chinese(browser: Any, app_url: str) -> None:
    context = browser.new_context(viewport={"width": 480, "height": 1400}, locale="zh-CN")
    page = context.new_page()
    try:
        page.goto(f"{app_url}/medical_imaging?view=viewer")
        expect(page.get_by_text("它辅助阅片者，不作诊断。").first).to_be_visible()
        expect(heading(page, "模型的判断")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 480
        expect(page.get_by_test_id("stException")).to_have_count(0)
    finally:
        context.close()
