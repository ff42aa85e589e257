"""All installed solutions in one app: a start page, and a page for each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import streamlit as st

from lepton_core.messages import has_message, t
from lepton_core.solution import Broken, Solution, solutions
from lepton_core.ui.frame import guarded, header, run_solution, set_up
from lepton_core.ui.loader import card_line, figure_line, read_card
from lepton_core.ui.plain import plain


@st.cache_resource(show_spinner=False)
def _installed() -> tuple[list[Solution], list[Broken]]:
    return solutions()


def hub() -> None:
    """Draw the page that the address names."""
    set_up()
    loaded, broken = _installed()
    pages = {s.name: _page(s) for s in loaded}
    faults = [_broken_page(fault) for fault in broken]

    def start() -> None:
        _start_page(loaded, broken, pages)

    home = st.Page(guarded(start), title=t("ui.start.nav"), icon=":material/home:", default=True)
    st.navigation([home, *pages.values(), *faults], position="top").run()


def _page(solution: Solution) -> st.Page:
    def draw() -> None:
        # Imported here, so that a dashboard that fails leaves the others alone.
        solution.page()()

    return st.Page(
        guarded(draw),
        title=t(solution.title),
        icon=f":material/{solution.icon}:",
        url_path=solution.name,
    )


def _broken_page(fault: Broken) -> st.Page:
    def draw() -> None:
        header(fault.name)
        st.error(t("ui.start.broken", name=fault.name, reason=plain(fault.reason)))

    title = f":gray[{fault.name}]"
    return st.Page(guarded(draw), title=title, icon=":material/block:", url_path=fault.name)


def _start_page(loaded: list[Solution], broken: list[Broken], pages: Mapping[str, st.Page]) -> None:
    header(t("ui.start.title"), t("ui.start.caption"))
    if not loaded and not broken:
        st.info(t("ui.start.none"))
    cards: list[Callable[[], None]] = [partial(_card, s, pages[s.name]) for s in loaded]
    cards += [partial(_broken_card, fault) for fault in broken]
    for first in range(0, len(cards), 2):
        places = st.columns(2, gap="medium")
        for place, draw in zip(places, cards[first : first + 2], strict=False):
            with place, st.container(border=True, height="stretch"):
                draw()


def _card(solution: Solution, page: st.Page) -> None:
    """What a solution does, its bundles with their figures, and the way in."""
    st.subheader(f":material/{solution.icon}: {t(solution.title)}", anchor=False)
    about = f"{solution.name}.about"
    if has_message(about):
        st.markdown(t(about))
    for task in solution.tasks:
        st.markdown(f"**{t(task.title)}** :gray[{task.name}]")
        shipped = task.bundles()
        if not shipped:
            st.caption(t("ui.start.no_bundle"))
        for name, folder in shipped.items():
            card = read_card(folder)
            figures = figure_line(card, task) or t("ui.start.no_figures")
            st.markdown(f":blue-badge[{name}] {figures}")
            st.caption(card_line(card))
    if st.button(t("ui.start.open"), type="primary", key=f"open.{solution.name}"):
        st.switch_page(page)


def _broken_card(fault: Broken) -> None:
    st.subheader(f":gray[:material/block: {fault.name}]", anchor=False)
    text = t("ui.start.broken", name=fault.name, reason=plain(fault.reason))
    st.markdown(f":gray[{text}]")


# Other programs that run this script have arguments of their own.
asked = sys.argv[1:] if Path(sys.argv[0]).name == "hub.py" else []
if asked:
    run_solution(asked[0])
else:
    hub()
