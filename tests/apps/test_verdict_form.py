"""The verdict form of every page: reasons where they are needed, going on to the next record."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.store import Store
from lepton_core.ui import reviewer

TASK = "medical_imaging/xray"


def draw() -> None:
    """The form of one record after the other; a button presses keys that come too early."""
    import streamlit as st

    from lepton_core.ui import verdict
    from lepton_core.ui.verdict import Answer, verdict_form

    answers = (Answer("ill", "Agree", "check"), Answer("well", "Override", "edit", needs_note=True))
    record = st.session_state.setdefault("record", "first")

    def on() -> None:
        st.session_state["record"] = "second"

    def too_early() -> None:
        case = verdict._Case("medical_imaging/xray", "", record, f"slot.{record}", on)
        verdict._say(answers[0], case)
        st.session_state[f"slot.{record}.note"] = "meant for the next"
        verdict._say(answers[1], case)

    st.button("Twice", on_click=too_early)
    verdict_form("medical_imaging/xray", "", record, answers, ("Device",), on)


@pytest.fixture
def store(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Store:
    file = str(tmp_path / "store.sqlite")
    monkeypatch.setenv("LEPTON_STORE", file)
    monkeypatch.setattr(reviewer, "known_reviewer", lambda: "Ana")
    return Store.open(file)


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [button for button in page.button if button.label == label]
    return button.click().run()


def test_a_stored_verdict_leads_on_and_the_next_form_is_empty(store: Store) -> None:
    page = AppTest.from_function(draw).run()
    page.button_group[0].set_value("Device").run()
    page = press(page, "Override")
    assert not page.exception
    assert page.session_state["record"] == "second"
    (row,) = store.verdicts(TASK).to_pylist()
    assert (row["record_id"], row["verdict"], row["note"]) == ("first", "well", "Device")
    page = press(page, "Override")
    assert store.verdicts(TASK).num_rows == 1
    assert page.error


def test_a_key_pressed_before_the_next_form_is_there_judges_nothing(store: Store) -> None:
    page = press(AppTest.from_function(draw).run(), "Twice")
    assert not page.exception
    (row,) = store.verdicts(TASK).to_pylist()
    assert (row["record_id"], row["verdict"]) == ("first", "ill")
