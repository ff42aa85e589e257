"""The follow-up's rules of this session: the shipped ones until a person edits them on the page."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.ui.frame import show_error

from .disease import follow_rules
from .disease.follow_rules import CheckRules

_PAGE = "medical_imaging.disease_page.follow"
_RULES = "disease.follow.rules"


def rules() -> CheckRules:
    """What every part of the page goes by, for checks and for the noise of a measurement."""
    return _read(rules_text())


def rules_text() -> str:
    """The same rules as YAML."""
    return st.session_state.get(_RULES) or _shipped()


def edit_rules() -> None:
    """The rules as text; a faulty text is told and changes nothing."""
    with st.expander(t(f"{_PAGE}.rules"), icon=":material/rule:"):
        with st.form("disease.follow.form"):
            text = st.text_area(
                t(f"{_PAGE}.rules"),
                value=rules_text(),
                height=320,
                help=t(f"{_PAGE}.rules_help"),
                label_visibility="collapsed",
            )
            applied = st.form_submit_button(t(f"{_PAGE}.apply"), type="primary")
        if applied:
            try:
                _read(text)
            except LeptonError as error:
                show_error(error)
            else:
                st.session_state[_RULES] = text


# Every rerun of the page asks.
@lru_cache(maxsize=16)
def _read(text: str) -> CheckRules:
    return CheckRules.load(text)


@lru_cache(maxsize=1)
def _shipped() -> str:
    return Path(follow_rules.__file__).with_name("followup.yaml").read_text(encoding="utf-8")
