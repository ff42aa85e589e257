"""A reader's verdicts on the X-ray page: who, when, why, and what they make of the worklist."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from xray_page import choose, figures, picture_of, press, start, switch, words, worklist

from lepton_core.solution import find_task
from lepton_core.store import Store
from lepton_core.ui import reviewer

TASK = "medical_imaging/xray"
pytestmark = pytest.mark.skipif(
    "sample" not in find_task(TASK).bundles(), reason="no sample bundle is shipped"
)


@pytest.fixture(autouse=True)
def store(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store of this test alone, and nobody signed in."""
    file = str(tmp_path / "store.sqlite")
    monkeypatch.setenv("LEPTON_STORE", file)
    monkeypatch.setattr(reviewer, "known_reviewer", lambda: "")
    return Store.open(file)


def reading(who: str = "Ana") -> AppTest:
    """The viewer at the first picture of the worklist, read by ``who``."""
    page = press(start(), "xray.start")
    if not who:
        return page
    (field,) = [field for field in page.text_input if field.label == "Your name"]
    return field.set_value(who).run()


def say(page: AppTest, what: str) -> AppTest:
    """Press ``Agree`` or ``Override``."""
    (button,) = [button for button in page.button if button.label.startswith(what)]
    return button.click().run()


def test_agreeing_keeps_who_and_what_and_opens_the_next_unread(store: Store) -> None:
    page = reading()
    first = picture_of(page)
    page = say(page, "Agree")
    assert not page.exception
    (row,) = store.verdicts(TASK).to_pylist()
    assert (row["record_id"], row["who"]) == (first, "Ana")
    assert row["bundle"] == f"{TASK}@sample"
    assert row["when"] is not None
    assert picture_of(page) != first
    shown = figures(press(page, "xray.back"))
    assert shown["Agreed"] == "1"
    assert shown["Overridden"] == "0"


def test_going_on_by_itself_can_be_turned_off() -> None:
    page = switch(reading(), "xray.viewer.go_on", False)
    first = picture_of(page)
    page = say(page, "Agree")
    assert picture_of(page) == first
    assert any("Ana" in box.value for box in page.success)


def test_overriding_needs_a_reason(store: Store) -> None:
    page = reading()
    first = picture_of(page)
    page = say(page, "Override")
    assert any("contradicts the model" in error.value for error in page.error)
    assert store.verdicts(TASK).num_rows == 0
    assert picture_of(page) == first
    page = choose(page, ".reason", "Overlapping anatomy")
    page = say(page, "Override")
    (row,) = store.verdicts(TASK).to_pylist()
    assert row["note"] == "Overlapping anatomy"
    assert row["record_id"] == first
    page = press(page, "xray.back")
    assert figures(page)["Overridden"] == "1"
    page = choose(page, "xray.list.status", "overridden")
    assert worklist(page)["record_id"].tolist() == [first]


def test_a_reason_in_own_words_is_added_to_the_chosen_one(store: Store) -> None:
    page = choose(reading(), ".reason", "Device or artefact")
    page.text_area[0].set_value("a *pacemaker* lead").run()
    page = say(page, "Override")
    (row,) = store.verdicts(TASK).to_pylist()
    assert row["note"] == "Device or artefact: a *pacemaker* lead"
    # The next picture's form is empty: a reason is of one picture.
    assert page.text_area[0].value == ""


def test_a_verdict_without_a_name_is_not_stored(store: Store) -> None:
    page = say(reading(who=""), "Agree")
    assert any("needs the name" in error.value for error in page.error)
    assert store.verdicts(TASK).num_rows == 0


def test_what_is_read_is_no_longer_to_read_and_comes_back_when_reopened(store: Store) -> None:
    page = reading()
    first = picture_of(page)
    page = press(say(page, "Agree"), "xray.back")
    page = choose(page, "xray.list.status", "to_read")
    n = int(figures(page)["To read"].replace(",", ""))
    assert first not in worklist(page)["record_id"].tolist()
    page = choose(page, "xray.list.status", "agreed")
    page = press(page, "xray.open")
    assert picture_of(page) == first
    (reopen,) = [button for button in page.button if button.label == "Reopen"]
    page = press(reopen.click().run(), "xray.back")
    assert int(figures(page)["To read"].replace(",", "")) == n + 1
    assert [row["verdict"] for row in store.verdicts(TASK).to_pylist()][-1] == "withdrawn"


def test_a_verdict_stays_what_was_said_when_the_operating_point_moves(store: Store) -> None:
    page = reading()
    page = switch(page, "xray.viewer.go_on", False)
    said = say(page, "Agree")
    verdict = store.verdicts(TASK).to_pylist()[0]["verdict"]
    page = choose(press(said, "xray.back"), ".way", "hand")
    (slider,) = [slider for slider in page.slider if str(slider.key).endswith(".hand")]
    page = slider.set_value(99.9).run()
    assert [row["verdict"] for row in store.verdicts(TASK).to_pylist()] == [verdict]
    shown = figures(page)
    assert int(shown["Agreed"]) + int(shown["Overridden"]) == 1


def test_without_a_store_everything_else_works(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no database at all, but long enough to be looked at")
    monkeypatch.setenv("LEPTON_STORE", str(broken))
    page = start()
    assert not page.exception
    assert any("Verdicts cannot be read or stored" in box.value for box in page.warning)
    page = press(page, "xray.start")
    assert not page.exception
    assert "What the model says" in words(page)
