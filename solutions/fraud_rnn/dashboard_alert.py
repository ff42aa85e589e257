"""One alert: why, the pasts of its card and terminal, similar cases, and a person's verdict."""

from __future__ import annotations

from datetime import date

import numpy as np
import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.figures import Figure, show_figures
from lepton_core.ui.plain import plain
from lepton_core.ui.verdict import Answer, verdict_form

from .dashboard_desk import Desk, go_to
from .dashboard_past import show_past
from .dashboard_reasons import show_reasons
from .dashboard_similar import show_similar, trait_figures

_TASK = "fraud_rnn/transactions"
_LEFT_OVERS = 4
_STATUS_COLOR = {"open": "blue", "confirmed": "red", "dismissed": "green"}


def show_alert(desk: Desk, day: date) -> None:
    """The whole view of one transaction: the one that was opened, else the day's first alert."""
    row = desk.opened()
    queue = desk.queue(day if row is None else desk.day_of(row))
    if row is None and len(queue):
        row = int(queue[0])
    _steps(desk, queue, row)
    if row is None:
        st.info(t("fraud_rnn.empty.no_alert", day=day.isoformat()), icon=":material/task_alt:")
        return
    desk.put_in_address(row)
    _head(desk, row)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        # Measuring takes a second or two the first time: the rest of the page does not wait.
        reasons = st.container()
        _clear_left_overs()
    with right:
        st.subheader(t("fraud_rnn.alert.verdict"), anchor=False)
        answers = (
            Answer("fraud", t("fraud_rnn.alert.confirm"), "gpp_bad", primary=True),
            Answer("genuine", t("fraud_rnn.alert.dismiss"), "verified_user"),
        )
        verdict_form(_TASK, desk.scored.address, desk.record_id(row), answers)
        _clear_left_overs()
    left, right = st.columns(2, gap="medium")
    with left:
        show_past(desk, "card", row, "fraud.alert.card")
    with right:
        show_past(desk, "terminal", row, "fraud.alert.terminal")
    show_similar(desk, row)
    with reasons:
        show_reasons(desk, row)


def _clear_left_overs() -> None:
    """What the view before drew at these places would stand there until all is done."""
    for _ in range(_LEFT_OVERS):
        st.empty()


def _steps(desk: Desk, queue: np.ndarray, row: int | None) -> None:
    """Back to the queue, to the neighbours in it, to the next that nobody has judged."""
    at = int(np.flatnonzero(queue == row)[0]) if row is not None and row in queue else None
    waiting = [r for r in desk.cases.open_rows(queue).tolist() if r != row]
    ahead = [r for r in waiting if at is not None and r in queue[at + 1 :]]
    nearest = (ahead or waiting or [None])[0]
    before = int(queue[at - 1]) if at else None
    after = int(queue[at + 1]) if at is not None and at + 1 < len(queue) else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("fraud_rnn.alert.back"),
            icon=":material/arrow_back:",
            key="fraud.alert.back",
            on_click=go_to,
            args=("queue",),
        )
        for name, icon, target in (
            ("previous", "chevron_left", before),
            ("next", "chevron_right", after),
        ):
            st.button(
                t(f"fraud_rnn.alert.{name}"),
                icon=f":material/{icon}:",
                key=f"fraud.alert.{name}",
                help=t(f"fraud_rnn.alert.{name}_help"),
                disabled=target is None,
                on_click=desk.turn_to,
                args=(target,),
            )
        if at is not None:
            st.caption(t("fraud_rnn.alert.place", at=at + 1, n=len(queue)), width="content")
        if desk.has_store:
            st.button(
                t("fraud_rnn.alert.next_open", n=len(waiting)),
                icon=":material/skip_next:",
                key="fraud.alert.next_open",
                disabled=nearest is None,
                on_click=desk.turn_to,
                args=(nearest,),
            )
        with st.popover(t("fraud_rnn.alert.find"), icon=":material/search:"):
            _find(desk)


def _find(desk: Desk) -> None:
    """A field that opens any transaction by its number."""
    key = "fraud.alert.find"

    def search() -> None:
        wanted = str(st.session_state[key]).strip()
        found = desk.book.row_of(wanted) if wanted else None
        st.session_state[f"{key}.missing"] = wanted if wanted and found is None else ""
        if found is not None:
            desk.turn_to(found)
            st.session_state[key] = ""

    st.text_input(t("fraud_rnn.alert.number"), key=key, on_change=search)
    missing = st.session_state.get(f"{key}.missing")
    if missing:
        st.error(t("fraud_rnn.alert.not_found", record=plain(missing), n=len(desk.book)))


def _head(desk: Desk, row: int) -> None:
    """Which transaction this is, in one line and a few figures."""
    book, marks = desk.book, desk.marks
    status = desk.cases.status(row)
    moment = np.datetime64(int(book.time_us[row]), "us").astype("datetime64[s]").item()
    badges = [f":{_STATUS_COLOR[status]}-badge[{t(f'fraud_rnn.status.{status}')}]"]
    if marks.alert[row]:
        badges.append(f":red-badge[{t('fraud_rnn.flag.alert')}]")
    elif marks.review[row]:
        badges.append(f":orange-badge[{t('fraud_rnn.flag.review')}]")
    else:
        badges.append(f":gray-badge[{t('fraud_rnn.flag.none')}]")
    if book.known[row] >= 0:
        word = t(f"fraud_rnn.known.{'fraud' if book.known[row] else 'genuine'}")
        badges.append(f":gray-badge[{t('fraud_rnn.alert.labelled', word=word)}]")
    title = t("fraud_rnn.alert.title", record=plain(desk.record_id(row)))
    st.subheader(f"{title} {' '.join(badges)}", anchor=False)
    terminal = book.records.column("terminal")[row].as_py()
    key = "fraud_rnn.alert.what" if terminal is not None else "fraud_rnn.alert.what_no_terminal"
    st.caption(
        t(
            key,
            time=f"{moment:%Y-%m-%d %H:%M:%S}",
            card=plain(book.records.column("card")[row].as_py()),
            terminal=plain(terminal),
        )
    )
    figures = [
        Figure(
            t("fraud_rnn.column.probability"),
            f"{marks.probability[row]:.1%}",
            t("fraud_rnn.alert.threshold", threshold=desk.decision.threshold),
        ),
        Figure(t("fraud_rnn.column.amount"), f"{book.amount[row]:,.2f}"),
    ]
    figures += [
        Figure(t(f"fraud_rnn.trait.{name}"), value, help=t(f"fraud_rnn.trait_help.{name}"))
        for name, value in trait_figures(desk, row)
    ]
    show_figures(figures)
