"""The hub: every installed solution has a page; one that fails leaves the others alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lepton_core import solution as solution_module
from lepton_core.ui.language import browser_language
from lepton_core.ui.plain import plain, plain_but_code

HUB = Path(__file__).resolve().parents[2] / "apps/hub.py"


@pytest.fixture(autouse=True)
def nothing_cached() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def hub(language: str = "en") -> AppTest:
    page = AppTest.from_file(str(HUB), default_timeout=120)
    page.query_params["lang"] = language
    return page.run()


def words(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.subheader, *page.error]
    return re.sub(r"\\(.)", r"\1", " ".join(part.value for part in parts))


def test_each_solution_has_a_card_with_its_bundles_and_figures() -> None:
    page = hub()
    assert not page.exception
    loaded, _ = solution_module.solutions()
    for found in loaded:
        for task in found.tasks:
            assert task.name in words(page)
            for name in task.bundles():
                assert f":blue-badge[{name}]" in words(page)


def test_the_start_page_speaks_chinese() -> None:
    page = hub("zh")
    assert "银行卡欺诈" in words(page)
    assert [button.label for button in page.button].count("打开看板") >= 1


def test_a_broken_solution_is_greyed_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    known = solution_module.entries()
    planted = EntryPoint("shop", "no_such_package.solution:SOLUTION", solution_module.GROUP)
    monkeypatch.setattr(solution_module, "entries", lambda: {**known, "shop": planted})
    page = hub()
    assert not page.exception
    assert ":gray[:material/block: shop]" in words(page)
    assert "No module named 'no_such_package'" in words(page)
    assert "fraud_rnn/transactions" in words(page)


def test_a_dashboard_that_fails_tells_its_reason_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(self: solution_module.Solution) -> None:
        raise ValueError("no *such* column")

    monkeypatch.setattr(solution_module.Solution, "page", fails)
    page = AppTest.from_file(str(HUB.with_name("fraud_rnn.py")), default_timeout=60).run()
    assert not page.exception
    assert "ValueError: no *such* column" in words(page)


def test_an_unknown_language_in_the_address_is_ignored() -> None:
    assert "Card fraud" in words(hub("xx"))


@pytest.mark.parametrize(
    ("locale", "language"),
    [("zh-CN", "zh"), ("zh_TW", "zh"), ("zh", "zh"), ("en-GB", "en"), ("zha", "en"), (None, "en")],
)
def test_the_browsers_language_is_taken_first(locale: str | None, language: str) -> None:
    assert browser_language(locale) == language


def test_names_from_files_are_no_markdown() -> None:
    assert plain("![x](http://a.b/c)") == r"\!\[x\](http\://a.b/c)"
    assert plain("a_b $1$ :smile:") == r"a\_b \$1\$ \:smile\:"


def test_commands_in_sentences_stay_commands() -> None:
    assert plain_but_code("Run `lepton train a_b` for a_b") == r"Run `lepton train a_b` for a\_b"
    assert plain_but_code("a lone ` in a_b") == r"a lone \` in a\_b"
