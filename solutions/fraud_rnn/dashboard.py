"""The fraud team's page: the day's queue, one alert, curves, rules in shadow, and weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import find_task, load_solution
from lepton_core.ui.frame import header

if TYPE_CHECKING:
    from pathlib import Path

    from lepton_core.ui.scored import Scored
    from lepton_core.ui.uploader import Source

_ICONS = {
    "queue": "inbox",
    "alert": "policy",
    "curves": "monitoring",
    "rules": "rule",
    "weeks": "date_range",
}


def page() -> None:
    """Draw the page."""
    header(t("fraud_rnn.title"))
    if _choose_task() == "credit":
        # Imported where it is wanted: the one page must not wait for the other.
        from .dashboard_credit import credit_page

        credit_page()
        return
    st.caption(t("fraud_rnn.dashboard.caption"))
    # Imported below the heading, so that it is on the screen while the rest loads.
    from lepton_core.ui.choosing import choose_scored
    from lepton_core.ui.scored import show_order

    task = find_task("fraud_rnn/transactions")
    found = choose_scored(task)
    if found is None:
        return
    scored, source = found
    show_order(scored, "time")
    _work(scored, source, task.bundle(scored.address.partition("@")[2]))


def _choose_task() -> str:
    """The part of the solution to show; drawn only where there is more than one."""
    tasks = [task.name.partition("/")[2] for task in load_solution("fraud_rnn").tasks]
    if len(tasks) < 2:
        return tasks[0]
    from lepton_core.ui.views import choose_view

    names = {name: t(f"fraud_rnn.dashboard.task.{name}") for name in tasks}
    return choose_view(names, t("fraud_rnn.dashboard.task.label"), "fraud.task")


def _work(scored: Scored, source: Source, folder: Path) -> None:
    """Everything below the choice of data: view, day, threshold, and the view itself."""
    from lepton_core.ui.days import choose_day
    from lepton_core.ui.policy import choose_threshold
    from lepton_core.ui.verdict_store import read_verdicts

    from . import dashboard_desk as desks
    from .dashboard_book import Marks
    from .dashboard_book_cases import Cases

    book, unseen = desks.book_of(scored), desks.first_unseen(scored, source)
    view, day_key = _choose_view(), f"fraud.day.{source.key}"
    day = st.session_state.get(day_key)
    day = day if day in book.days else book.days[-1]
    with st.container(border=True):
        if view == "queue":
            left, right = st.columns([4, 8], gap="large")
            with left:
                day = choose_day(book.days, day_key, t("fraud_rnn.dashboard.day_help"))
        else:
            right = st.container()
        with right:
            chosen = choose_threshold(
                desks.own_decision(scored),
                desks.workload(scored, book, unseen),
                f"{desks.THRESHOLD_KEY}.{scored.address}",
                "fraud_rnn.threshold",
            )
    verdicts = read_verdicts("fraud_rnn/transactions")
    desk = desks.Desk(
        scored,
        source,
        folder,
        book,
        unseen,
        desks.label_delay(folder),
        Cases.of(book, verdicts),
        chosen,
        Marks.of(book, chosen.decision),
        verdicts is not None,
    )
    if view == "alert":
        from .dashboard_alert import show_alert

        show_alert(desk, day)
    elif view == "curves":
        from .dashboard_curves import show_curves

        show_curves(desk)
    elif view == "rules":
        from .dashboard_rules import show_rules

        show_rules(desk)
    elif view == "weeks":
        from .dashboard_weeks import show_weeks

        show_weeks(desk)
    else:
        from .dashboard_queue import show_day

        show_day(desk, day)


def _choose_view() -> str:
    from lepton_core.ui.views import choose_view

    from .dashboard_desk import VIEW_KEY, VIEWS

    names = {
        name: f":material/{_ICONS[name]}: {t(f'fraud_rnn.dashboard.view.{name}')}" for name in VIEWS
    }
    return choose_view(names, t("fraud_rnn.dashboard.view.label"), VIEW_KEY, "view")
