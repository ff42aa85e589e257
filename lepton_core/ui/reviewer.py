"""Who sits at the page: told by a login or a proxy, otherwise asked once a session."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.plain import plain

# What a login or a proxy's trusted header may call a person, the most telling first.
_NAMES = ("email", "preferred_username", "name", "user")
_MOST_CHARACTERS = 200


def known_reviewer() -> str:
    """The name that a login (``st.login``) or a trusted header gave; empty where neither did."""
    user = st.user.to_dict()
    found = (user.get(name) for name in _NAMES)
    return next((str(name).strip() for name in found if name and str(name).strip()), "")


def choose_reviewer(key: str = "ui.reviewer") -> str:
    """The reviewer's name; drawn as a field that the session remembers where nobody told it.

    Args:
        key: of the field.

    Returns:
        the name without blanks around it; empty as long as none is given.
    """
    known = known_reviewer()
    if known:
        st.caption(t("ui.reviewer.known", name=plain(known)))
        return known
    name = st.text_input(
        t("ui.reviewer.label"),
        max_chars=_MOST_CHARACTERS,
        placeholder=t("ui.reviewer.placeholder"),
        help=t("ui.reviewer.help"),
        key=key,
        persist_state="session",
    )
    return (name or "").strip()
