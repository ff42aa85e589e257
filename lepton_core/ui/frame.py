"""What stands around every page: its settings, its heading, and how errors are shown."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import has_message, t
from lepton_core.solution import load_solution
from lepton_core.ui.language import language_selector, use_language
from lepton_core.ui.plain import plain, plain_but_code

# Drawn here: an icon by name would be fetched from the network.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#1f5f8b"/>'
    '<path d="M11 7v18h11" fill="none" stroke="#fff" stroke-width="4"/></svg>'
)
_STYLE = (
    "<style>"
    ".stMainBlockContainer{padding-left:2rem;padding-right:2rem;padding-bottom:3rem}"
    "@media (max-width:640px){.stMainBlockContainer{padding-left:1rem;padding-right:1rem}}"
    "</style>"
)
_log = logging.getLogger("lepton.ui")


def set_up(title: str = "Lepton") -> None:
    """Settings of the browser tab, and the language; the first call of a script."""
    use_language()
    st.set_page_config(page_title=title, page_icon=_ICON, layout="wide")
    st.html(_STYLE)


def header(title: str, caption: str = "") -> None:
    """The page's heading with the choice of language beside it.

    Args:
        title: in the page's language.
        caption: one line below it.
    """
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.title(title, anchor=False, width="content")
        with st.container(width="content"):
            language_selector()
    if caption:
        st.caption(caption)


@contextmanager
def guard() -> Iterator[None]:
    """Show errors as sentences in the page's language instead of a traceback."""
    try:
        yield
    except LeptonError as error:
        show_error(error)
    # The last net of a page: a person sees what to do, the terminal has the traceback.
    except Exception as error:
        _log.exception("a page failed")
        reason = f"{type(error).__name__}: {error}"
        st.error(t("ui.unexpected", reason=plain(reason)), icon=":material/error:")


def show_error(error: LeptonError) -> None:
    """An error in the page's language; what to do is told for a page where that differs."""
    own = f"ui.error.{error.key}"
    text = t(own, **error.values) if has_message(own) else error.text()
    st.error(plain_but_code(text), icon=":material/error:")


def guarded(draw: Callable[[], None]) -> Callable[[], None]:
    """A page function whose errors are shown as sentences."""

    def page() -> None:
        with guard():
            draw()

    return page


def run_solution(name: str) -> None:
    """Draw one solution's dashboard alone: all that a launcher does.

    Args:
        name: the solution's name.
    """
    set_up()
    with guard():
        load_solution(name).page()()
