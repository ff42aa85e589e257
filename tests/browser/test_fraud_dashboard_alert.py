"""What a fraud analyst does with one alert, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)
    return expect(target)


def heading(page: Any, name: str) -> Any:
    return page.get_by_role("heading", name=re.compile(name))


def view(page: Any, name: str) -> None:
    page.get_by_role("radio", name=name, exact=False).first.click()


def test_an_alert_is_confirmed_with_a_note_and_stays_so(page: Any, app_url: str) -> None:
    page.goto(f"{app_url}/fraud_rnn?lang=en")
    page.get_by_role("button", name="Open this alert").click()
    title = heading(page, r"^Transaction t\d+")
    expect(title).to_contain_text("Open")
    record = title.inner_text().split()[1]
    # The reasons are measured: sentences in a chart, which also has them as its description.
    chart = page.get_by_test_id("stPlotlyChart").filter(has_text="raises the score by")
    expect(chart).to_be_visible()
    expect(heading(page, "^Card c")).to_be_visible()
    expect(heading(page, "^Terminal s")).to_be_visible()
    expect(heading(page, "^Similar past cases")).to_be_visible()

    page.get_by_label("Your name", exact=True).fill("Ana")
    page.get_by_label("Note", exact=True).fill("Called the holder, not theirs.")
    page.get_by_role("button", name="Confirm fraud").click()
    expect(title).to_contain_text("Confirmed")
    page.reload()
    # The address names the view and the transaction.
    expect(heading(page, f"^Transaction {record}")).to_contain_text("Confirmed")
    told = page.get_by_test_id("stAlert").filter(has_text="Ana")
    expect(told).to_contain_text("Called the holder, not theirs.")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_every_view_is_a_click_away_and_keeps_the_capacity(page: Any, app_url: str) -> None:
    page.goto(f"{app_url}/fraud_rnn?lang=en")
    expect(heading(page, "^Queue of the day")).to_be_visible()
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    # A slider tells the server a moment after the last key.
    page.wait_for_timeout(800)
    # While views change, both of them are there for a moment.
    capacity = page.get_by_test_id("stSliderThumbValue").first
    asked = capacity.inner_text()
    for name, title in (
        ("Curves", "^What a threshold costs a day"),
        ("Rules", "^What each rule hits"),
        ("Weeks", "^Week by week"),
        ("Queue", "^Queue of the day"),
    ):
        view(page, name)
        expect(heading(page, title)).to_be_visible()
        expect(capacity).to_have_text(asked)
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_rules_condition_shows_its_hits_at_once(page: Any, app_url: str) -> None:
    page.goto(f"{app_url}/fraud_rnn?lang=en&view=rules")
    field = page.get_by_label("Condition", exact=True)
    expect(field).to_be_visible()
    hits = page.get_by_test_id("stMetric").filter(has_text="Hits").get_by_test_id("stMetricValue")
    before = hits.inner_text()
    field.fill("amount > 77")
    field.press("Enter")
    expect(hits).not_to_have_text(before)
    field.fill("amuont > 77")
    field.press("Enter")
    expect(page.get_by_test_id("stAlert").filter(has_text="amuont")).to_be_visible()
