"""The form in which a person says what a record truly is, with a note."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

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
# Where the session keeps whose form a stored verdict has just led away from.
_LEFT = "ui.verdict.left"


@dataclass(frozen=True)
class Answer:
    """One thing that a person can say of a record.

    Args:
        verdict: what is stored: a class of the task.
        label: on its button.
        icon: of its button, a Material name.
        primary: whether its button stands out.
        needs_note: whether it is stored with a note alone: why, where a person contradicts.
        shortcut: the key that presses its button, as Streamlit names keys; None for none.
        said: what a stored one is called; its label when empty.
        marks: where in a picture what is, see :class:`~lepton_core.store.Verdict`.
    """

    verdict: str
    label: str
    icon: str
    primary: bool = False
    needs_note: bool = False
    shortcut: str | None = None
    said: str = ""
    marks: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class _Case:
    """What a verdict is about, where its form keeps what is typed, and what follows."""

    task: str
    bundle: str
    record_id: str
    slot: str
    after: Callable[[], None] | None


def verdict_form(
    task: str,
    bundle: str,
    record_id: str,
    answers: tuple[Answer, ...],
    reasons: tuple[str, ...] = (),
    after: Callable[[], None] | None = None,
) -> None:
    """Draw what was said of a record, and the form to say something else.

    Args:
        task: address of the task.
        bundle: address of the bundle whose prediction is judged.
        record_id: the record.
        answers: what can be said; their verdicts are classes of the task.
        reasons: usual ones to choose from, in the page's language; the chosen one begins the note.
        after: called once a verdict is stored, before the page is drawn anew.
    """
    if open_store() is None:
        show_store_error()
        return
    st.session_state.pop(_LEFT, None)
    told = _told(task, record_id)
    _show_told(told, answers)
    slot = f"ui.verdict.{task}.{record_id}"
    case = _Case(task, bundle, record_id, slot, after)
    problem = st.session_state.pop(f"{slot}.problem", None)
    with st.container(border=True):
        choose_reviewer()
        if reasons:
            st.pills(t("ui.verdict.reason"), reasons, key=f"{slot}.reason", persist_state="session")
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
                _button(answer, case)
            if told and told[-1].verdict != _withdrawn():
                back = Answer(_withdrawn(), t("ui.verdict.reopen"), "undo")
                _button(back, replace(case, after=None))
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
    names = {answer.verdict: answer.said or answer.label for answer in answers}
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


def _button(answer: Answer, case: _Case) -> None:
    st.button(
        answer.label,
        icon=f":material/{answer.icon}:",
        type="primary" if answer.primary else "secondary",
        key=f"{case.slot}.{answer.verdict}",
        on_click=_say,
        args=(answer, case),
        shortcut=answer.shortcut,
    )


def _say(answer: Answer, case: _Case) -> None:
    """Store a verdict; what went wrong is told beside the form, which keeps its note."""
    from lepton_core.store import Verdict
    from lepton_core.ui.language import use_language
    from lepton_core.ui.reviewer import known_reviewer

    use_language()
    slot = case.slot
    if st.session_state.get(_LEFT) == slot:
        # Pressed before the next record's form was there: it is not meant for this one any more.
        return
    who = known_reviewer() or str(st.session_state.get("ui.reviewer") or "").strip()
    if not who:
        st.session_state[f"{slot}.problem"] = t("ui.verdict.no_name")
        return
    given = (st.session_state.get(f"{slot}.{name}") for name in ("reason", "note"))
    note = ": ".join(text for part in given if (text := str(part or "").strip()))
    if answer.needs_note and not note:
        st.session_state[f"{slot}.problem"] = t("ui.verdict.no_note", verdict=answer.label)
        return
    try:
        add_verdict(
            Verdict(
                case.task,
                case.bundle,
                case.record_id,
                who,
                answer.verdict,
                note,
                marks=answer.marks,
            )
        )
    except LeptonError as error:
        st.session_state[f"{slot}.problem"] = plain_but_code(error.text())
        return
    st.session_state[f"{slot}.note"] = ""
    st.session_state[f"{slot}.reason"] = None
    if case.after is not None:
        st.session_state[_LEFT] = slot
        case.after()
    st.toast(t("ui.verdict.stored", verdict=answer.label), icon=":material/check:")


def _withdrawn() -> str:
    from lepton_core.store import WITHDRAWN

    return WITHDRAWN
