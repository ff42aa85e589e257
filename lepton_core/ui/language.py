"""The language of a page: the person's choice, else the address's, else the browser's."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import LANGUAGES, get_language, set_language, t

NAMES = {"en": "English", "zh": "中文"}
_CHOSEN = "ui.language"
_WIDGET = "ui.language.widget"
_PARAMETER = "lang"


def browser_language(locale: str | None) -> str:
    """The catalogue nearest to a browser's locale.

    Example:
        >>> browser_language("zh-CN"), browser_language("fr-FR"), browser_language(None)
        ('zh', 'en', 'en')
    """
    spoken = (locale or "").lower().replace("_", "-").partition("-")[0]
    return spoken if spoken in LANGUAGES else "en"


def use_language() -> str:
    """Set the language of this run; to be called before anything is drawn.

    A fragment's rerun has a thread of its own and must call it again.

    Returns:
        ``en`` or ``zh``.
    """
    chosen = st.session_state.get(_CHOSEN)
    asked = st.query_params.get(_PARAMETER)
    if chosen is None and asked in LANGUAGES:
        # Kept for the session: moving to another page empties the address.
        chosen = st.session_state[_CHOSEN] = asked
    language = chosen or browser_language(st.context.locale)
    set_language(language)
    if chosen and asked != chosen:
        st.query_params[_PARAMETER] = chosen
    return language


def language_selector() -> None:
    """Draw the choice between English and Chinese."""
    st.segmented_control(
        t("ui.language"),
        LANGUAGES,
        default=get_language(),
        required=True,
        format_func=NAMES.__getitem__,
        key=_WIDGET,
        on_change=_remember,
        label_visibility="collapsed",
    )


def _remember() -> None:
    st.session_state[_CHOSEN] = st.session_state[_WIDGET]
