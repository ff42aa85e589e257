"""What a quality engineer does on the page of defect detection, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    return expect(target)


def value_of(page: Any, label: str) -> Any:
    metric = page.get_by_test_id("stMetric").filter(has=page.get_by_text(label, exact=True))
    return metric.get_by_test_id("stMetricValue")


def at_rest(page: Any) -> None:
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0)


def test_the_line_moves_by_itself_and_stands_still_when_paused(page: Any, app_url: str) -> None:
    page.goto(f"{app_url}/defect_detection?view=line")
    expect(value_of(page, "Parts")).to_be_visible()
    first = int(value_of(page, "Parts").inner_text())
    expect(value_of(page, "Parts")).not_to_have_text(str(first))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    at_rest(page)
    still = value_of(page, "Parts").inner_text()
    page.wait_for_timeout(3000)
    assert value_of(page, "Parts").inner_text() == still
    # A small picture leads to its part.
    page.get_by_role("button", name=re.compile("^(Good|Scratch|Spot|Stripe)$")).first.click()
    expect(page.get_by_role("heading", name="What was found")).to_be_visible()
    expect(page.locator(".zoomable img")).to_have_attribute("src", re.compile("^data:image/"))
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_corrected_box_is_drawn_and_kept(
    page: Any, app_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page.goto(f"{app_url}/defect_detection?view=part")
    expect(page.get_by_role("heading", name="Your verdict")).to_be_visible()
    page.get_by_role("textbox", name="Your name").fill("Ana")
    page.keyboard.press("Tab")
    at_rest(page)
    page.get_by_text("Correct the boxes").click()
    editor = page.locator(".boxes")
    expect(editor).to_be_visible()
    expect(editor).to_have_attribute("data-count", re.compile(r"^\d+$"))  # drawn by then
    before = int(editor.get_attribute("data-count"))
    frame = page.locator(".boxes svg")
    frame.scroll_into_view_if_needed()
    place = frame.bounding_box()
    left, top = place["x"] + 0.62 * place["width"], place["y"] + 0.62 * place["height"]
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move(left + 0.2 * place["width"], top + 0.2 * place["height"], steps=4)
    page.mouse.up()
    expect(editor).to_have_attribute("data-count", str(before + 1))
    answer = page.get_by_role("button", name=re.compile(rf"^Boxes as drawn: {before + 1} "))
    expect(answer).to_be_visible()
    answer.click()
    expect(page.get_by_text("Ana").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.parametrize("view", ["line", "part", "threshold", "label", "teach"])
def test_the_page_fits_a_narrow_window_in_chinese(browser: Any, app_url: str, view: str) -> None:
    context = browser.new_context(viewport={"width": 480, "height": 1400}, locale="zh-CN")
    page = context.new_page()
    try:
        page.goto(f"{app_url}/defect_detection?view={view}")
        expect(page.get_by_role("heading", name="缺陷检测")).to_be_visible()
        at_rest(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 480
        expect(page.get_by_test_id("stException")).to_have_count(0)
    finally:
        context.close()
