"""The form in which a person says what a record truly is, with a note."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.ui.plain import plain, plain_but_code
from lepton_core.ui.reviewer import choose_reviewer
from lepton_core.ui.verdict_store import add_verdict, open_store, read_verdicts, show_store_error

if TYPE_CHECKING:
    import pyarrow as pa

_NOTE_CHARACTERS = 4000
_ALL_SHOWN = 20


@dataclass(frozen=True)
class Answer:
    """One thing that a person can say of a record.

    Args:
        verdict: what is stored: a class of the task.
        label: on its button.
        icon: of its button, a Material name.
        primary: whether its button stands out.
    """

    verdict: str
    label: str
    icon: str
    primary: bool = False


def verdict_form(task: str, bundle: str, record_id: str, answers: tuple[Answer, ...]) -> None:
    """Draw what was said of a record, and the form to say something else.

    Args:
        task: address of the task.
        bundle: address of the bundle whose prediction is judged.
        record_id: the record.
        answers: what can be said; their verdicts are classes of the task.
    """
    if open_store() is None:
        show_store_error()
        return
    told = _told(task, record_id)
    _show_told(told, answers)
    slot = f"ui.verdict.{task}.{record_id}"
    problem = st.session_state.pop(f"{slot}.problem", None)
    with st.container(border=True):
        choose_reviewer()
        st.text_area(
            t("ui.verdict.note"),
            max_chars=_NOTE_CHARACTERS,
            height=90,
            placeholder=t("ui.verdict.note_placeholder"),
            key=f"{slot}.note",
            persist_state="session",
        )
        with st.container(horizontal=True):
            for answer in answers:
                _button(answer, task, bundle, record_id, slot)
            if told and told[-1].verdict != _withdrawn():
                back = Answer(_withdrawn(), t("ui.verdict.reopen"), "undo")
                _button(back, task, bundle, record_id, slot)
        if problem:
            st.error(problem, icon=":material/error:")


@dataclass(frozen=True)
class Told:
    """A verdict as it stands in the store."""

    who: str
    when: datetime
    verdict: str
    note: str


def _told(task: str, record_id: str) -> list[Told]:
    """What was said of a record, in order of time."""
    import pyarrow.compute as pc

    table: pa.Table | None = read_verdicts(task)
    if table is None:
        return []
    rows = table.filter(pc.equal(table["record_id"], record_id)).to_pylist()
    return [Told(row["who"], row["when"], row["verdict"], row["note"]) for row in rows]


def _show_told(told: list[Told], answers: tuple[Answer, ...]) -> None:
    names = {answer.verdict: answer.label for answer in answers}
    names[_withdrawn()] = t("ui.verdict.reopened")
    if not told:
        st.caption(t("ui.verdict.open"))
        return
    st.success(_line(told[-1], names), icon=":material/gavel:")
    if len(told) > 1:
        with st.expander(t("ui.verdict.earlier", n=len(told) - 1)):
            for one in told[-2 : -_ALL_SHOWN - 2 : -1]:
                st.markdown(_line(one, names))


def _line(told: Told, names: dict[str, str]) -> str:
    text = t(
        "ui.verdict.said",
        verdict=names.get(told.verdict, plain(told.verdict)),
        who=plain(told.who),
        when=told.when.strftime("%Y-%m-%d %H:%M"),
    )
    return f"{text} {plain(told.note)}" if told.note else text


def _button(answer: Answer, task: str, bundle: str, record_id: str, slot: str) -> None:
    st.button(
        answer.label,
        icon=f":material/{answer.icon}:",
        type="primary" if answer.primary else "secondary",
        key=f"{slot}.{answer.verdict}",
        on_click=_say,
        args=(answer, task, bundle, record_id, slot),
    )


def _say(answer: Answer, task: str, bundle: str, record_id: str, slot: str) -> None:
    """Store a verdict; what went wrong is told beside the form, which keeps its note."""
    from lepton_core.store import Verdict
    from lepton_core.ui.language import use_language
    from lepton_core.ui.reviewer import known_reviewer

    use_language()
    who = known_reviewer() or str(st.session_state.get("ui.reviewer") or "").strip()
    if not who:
        st.session_state[f"{slot}.problem"] = t("ui.verdict.no_name")
        return
    note = str(st.session_state.get(f"{slot}.note") or "").strip()
    try:
        add_verdict(Verdict(task, bundle, record_id, who, answer.verdict, note))
    except LeptonError as error:
        st.session_state[f"{slot}.problem"] = plain_but_code(error.text())
        return
    st.session_state[f"{slot}.note"] = ""
    st.toast(t("ui.verdict.stored", verdict=answer.label), icon=":material/check:")


def _withdrawn() -> str:
    from lepton_core.store import WITHDRAWN

    return WITHDRAWN
