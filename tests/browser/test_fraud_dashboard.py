"""What a fraud analyst does on the dashboard, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.browser

SAMPLE = Path(__file__).resolve().parents[2] / "datasets/fraud_sample/transactions.parquet"


CARD = re.compile(r"^Card c\d+")


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)
    return expect(target)


def heading(page: Any, name: str) -> Any:
    return page.get_by_role("heading", name=name, exact=True)


def figure(page: Any, label: str) -> Any:
    """The value of the metric with this label."""
    metric = page.get_by_test_id("stMetric").filter(has_text=label)
    return metric.get_by_test_id("stMetricValue")


def number(page: Any, label: str) -> float:
    expect(figure(page, label)).to_have_text(re.compile(r"\d"))
    return float(figure(page, label).inner_text().replace(",", ""))


def open_fraud(page: Any, url: str) -> None:
    page.goto(f"{url}/fraud_rnn")
    expect(heading(page, "Card fraud")).to_be_visible()
    expect(heading(page, "Queue of the day")).to_be_visible()


def upload(page: Any, path: Path) -> None:
    page.get_by_text("A file of yours").click()
    uploader = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    uploader.set_input_files(path)


def choose_day(page: Any, day: str) -> None:
    page.get_by_test_id("stSelectbox").filter(has_text="Day (UTC)").locator("input").click()
    page.keyboard.type(day)
    page.get_by_role("option").filter(has_text=day).click()
    expect(page.get_by_test_id("glide-cell-1-0").first).to_contain_text(day)
    # While the page is drawn anew, the card of the day before stands beside the new one.
    expect(page.get_by_role("heading", name=CARD)).to_have_count(1)


def test_the_hub_leads_to_the_fraud_page(page: Any, app_url: str) -> None:
    page.goto(app_url)
    expect(heading(page, "Lepton")).to_be_visible()
    card = page.get_by_role("heading", name="Card fraud").locator("xpath=ancestor::*[.//button][1]")
    card.get_by_role("button", name="Open the dashboard").click()
    expect(heading(page, "Card fraud")).to_be_visible()
    assert "/fraud_rnn" in page.url


def test_an_analyst_works_a_day(page: Any, app_url: str) -> None:
    open_fraud(page, app_url)
    choose_day(page, "2026-04-24")
    transactions, alerts = number(page, "Transactions"), number(page, "Alerts")
    assert transactions > alerts > 0
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.get_by_role("heading", name=CARD)).to_be_visible()

    # Capacity for more cards means more alerts.
    thumb = page.get_by_role("slider")
    thumb.focus()
    page.keyboard.press("End")
    expect(figure(page, "Alerts")).not_to_have_text(f"{alerts:.0f}")
    assert number(page, "Alerts") > alerts
    assert number(page, "Transactions") == transactions
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_click_on_an_alert_shows_its_card(page: Any, app_url: str) -> None:
    open_fraud(page, app_url)
    choose_day(page, "2026-04-24")
    card = page.get_by_role("heading", name=CARD)
    expect(card).to_be_visible()
    first = card.inner_text()
    page.get_by_text("All ", exact=False).filter(has_text=re.compile(r"^All \d+$")).click()
    page.wait_for_timeout(1500)
    corner = page.get_by_test_id("stDataFrame").first.bounding_box()
    names = [page.get_by_test_id(f"glide-cell-2-{row}").first.inner_text() for row in range(12)]
    other = next(row for row, name in enumerate(names) if f"Card {name}" != first)
    # The table is a drawing: its cells are clicked by place, the heading being the first line.
    page.mouse.click(corner["x"] + 150, corner["y"] + 33 * (other + 1) + 16)
    expect(card).to_have_text(f"Card {names[other]}")


def test_a_click_on_a_bar_goes_to_its_day(page: Any, app_url: str) -> None:
    open_fraud(page, app_url)
    day = page.get_by_test_id("stSelectbox").filter(has_text="Day (UTC)").locator("input")
    before = day.input_value()
    bars = page.locator(".js-plotly-plot").first.locator(".barlayer .point path")
    expect(bars.first).to_be_visible()
    page.wait_for_timeout(1500)
    tallest = max((bar.bounding_box() for bar in bars.all()[:60]), key=lambda box: box["height"])
    page.mouse.click(tallest["x"] + tallest["width"] / 2, tallest["y"] + tallest["height"] / 2)
    expect(day).not_to_have_value(before)


def test_the_page_speaks_chinese(page: Any, app_url: str) -> None:
    open_fraud(page, app_url)
    page.get_by_role("radio", name="中文").click()
    expect(heading(page, "银行卡欺诈")).to_be_visible()
    expect(heading(page, "当日队列")).to_be_visible()
    expect(page).to_have_url(re.compile("lang=zh"))
    page.reload()
    expect(heading(page, "银行卡欺诈")).to_be_visible()


def test_a_chinese_browser_gets_chinese_at_once(browser: Any, app_url: str) -> None:
    context = browser.new_context(locale="zh-CN", viewport={"width": 480, "height": 900})
    page = context.new_page()
    page.goto(f"{app_url}/fraud_rnn")
    expect(heading(page, "银行卡欺诈")).to_be_visible()
    expect(heading(page, "当日队列")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    context.close()
    assert not wide, "a narrow window must not scroll sideways"


def test_a_file_without_a_column_is_told_what_it_lacks(
    page: Any, app_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("record_id,time,card\nt1,2026-01-01 10:00:00,c1\n")
    open_fraud(page, app_url)
    upload(page, path)
    alert = page.get_by_test_id("stAlert").first
    expect(alert).to_contain_text("bad.csv lacks required columns: amount")
    expect(alert).to_contain_text("found record_id, time, card")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_clients_columns_are_assigned_by_hand(page: Any, app_url: str, tmp_path: Path) -> None:
    table = pq.read_table(SAMPLE, columns=["record_id", "time", "card", "amount"]).slice(0, 500)
    theirs = table.rename_columns(["txn", "booked_at", "card_no", "value_eur"])
    path = tmp_path / "client.csv"
    csv.write_csv(pa.table(theirs), path)
    open_fraud(page, app_url)
    upload(page, path)
    expect(page.get_by_role("button", name="Use these columns")).to_be_visible()
    for label, column in (
        ("Transaction (record_id) *", "txn"),
        ("Time (time) *", "booked_at"),
        ("Amount (amount) *", "value_eur"),
    ):
        page.get_by_label(label, exact=True).or_(
            page.get_by_test_id("stSelectbox").filter(has_text=label).locator("input")
        ).first.click()
        page.get_by_role("option", name=column, exact=True).click()
    page.get_by_role("button", name="Use these columns").click()
    expect(figure(page, "Transactions")).to_be_visible()
    # Without labels nothing is claimed about what was caught.
    expect(page.get_by_test_id("stMetric").filter(has_text="Frauds caught")).to_have_count(0)
