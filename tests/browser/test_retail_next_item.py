"""What a merchandiser does with lists, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def expect(target: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=90_000)
    return expect(target)


def table(page: Any, place: int) -> Any:
    """The cells of a table, which stand inside its canvas for screen readers."""
    return page.get_by_test_id("stDataFrame").nth(place).locator("canvas").first


def opened(page: Any, app_url: str) -> None:
    page.goto(f"{app_url}/retail_recommender?view=next_item", timeout=90_000)
    expect(page.get_by_role("heading", name=re.compile("^To show to "))).to_be_visible()


def test_a_customer_gets_a_list_with_reasons_and_a_filter_acts(page: Any, app_url: str) -> None:
    opened(page, app_url)
    expect(table(page, 1)).to_contain_text("Because of")
    expect(table(page, 1)).to_contain_text("Cups")
    page.get_by_label("Categories").click()
    page.get_by_role("option", name="Tea", exact=True).click()
    expect(table(page, 1)).not_to_contain_text("Cups")
    expect(table(page, 1)).to_contain_text("Tea")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_shops_orders_come_with_their_own_column_names(
    page: Any, app_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "bestellungen.csv"
    lines = [f"K{n % 20},A{n % 7},{1 + n % 28:02}.03.2026 10:00,1\n" for n in range(200)]
    file.write_text("Kunde,Artikel,Datum,Menge\n" + "".join(lines), encoding="utf-8")
    opened(page, app_url)
    page.get_by_text("A file of yours", exact=True).click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(file)
    for ours, theirs in (("Customer", "Kunde"), ("Item", "Artikel")):
        page.get_by_label(re.compile(rf"^{ours} \(\w+\) \*")).click()
        page.get_by_role("option", name=theirs, exact=True).click()
    page.get_by_role("button", name="Use these columns").click()
    # The sample's bundle knows none of this shop's items, and the page says so and what to do.
    expect(page.get_by_text("it was trained for another shop")).to_be_visible()
    page.get_by_role("tab", name="Train").click()
    expect(page.get_by_role("button", name="Train on these records")).to_be_enabled()
    expect(page.get_by_test_id("stException")).to_have_count(0)
