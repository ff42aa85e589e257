"""A reader's verdict on a picture: agree, or override with a reason; then on to the next."""

from __future__ import annotations

from functools import partial

import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.plain import plain
from lepton_core.ui.verdict import Answer, verdict_form

from .dashboard_xray_desk import TASK, Desk

_REASONS = ("overlap", "exposure", "device", "subtle", "other_finding", "clinical")
_MOST_BUTTONS = 4


def show_verdict(desk: Desk, row: int) -> None:
    """Draw the form, and whether the next unread picture follows by itself."""
    st.subheader(t("medical_imaging.viewer.verdict"), anchor=False)
    form = st.container()
    goes_on = st.toggle(
        t("medical_imaging.viewer.go_on"),
        value=True,
        key="xray.viewer.go_on",
        help=t("medical_imaging.viewer.go_on_help"),
        persist_state="session",
    )
    following = desk.next_open(row) if goes_on else None
    with form:
        verdict_form(
            TASK,
            desk.scored.address,
            desk.readings.ids[row],
            _answers(desk, row),
            tuple(t(f"medical_imaging.viewer.reason.{name}") for name in _REASONS),
            None if following is None else partial(desk.open, following),
        )


def _answers(desk: Desk, row: int) -> tuple[Answer, ...]:
    """To agree with what it is taken for, and each other class, which needs a reason."""
    classes, names = desk.readings.decision.classes, desk.readings.classes
    code = int(desk.readings.codes[row])
    name = plain(names[code])
    label = t("medical_imaging.viewer.agree", name=name)
    found = [Answer(classes[code], label, "check", primary=True, shortcut="A", said=name)]
    others = [at for at in range(len(classes)) if at != code]
    if len(others) > _MOST_BUTTONS:
        others = [_chosen_other(desk, row, others)]
    for at in others:
        name = plain(names[at])
        label = t("medical_imaging.viewer.override", name=name)
        shortcut = "O" if len(others) == 1 else None
        found.append(
            Answer(classes[at], label, "edit", needs_note=True, shortcut=shortcut, said=name)
        )
    return tuple(found)


def _chosen_other(desk: Desk, row: int, others: list[int]) -> int:
    names = desk.readings.classes
    return int(
        st.selectbox(
            t("medical_imaging.viewer.other_class"),
            others,
            format_func=lambda at: names[at],
            key=f"xray.viewer.other.{desk.readings.ids[row]}",
        )
    )
