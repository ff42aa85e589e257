"""Training on a page: a name, a button, every epoch as it is done, and the bundle in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.solution import Task
from lepton_core.ui.frame import show_error
from lepton_core.ui.loader import figure_line, read_card
from lepton_core.ui.plain import plain
from lepton_core.ui.training_home import Trainings, bundle_name
from lepton_core.ui.training_job import DONE, FAILED, RUNNING, STOPPED, PageTraining
from lepton_core.ui.training_progress import show_failure, show_progress

if TYPE_CHECKING:
    from lepton_core.ui.uploader import Source

_PAGE = "ui.training"


def ask_to_train(task: Task, source: Source, settings: Sequence[str], epochs: int) -> None:
    """Draw a name and the button that begins a training on a page's records.

    Args:
        task: what is trained.
        source: the records.
        settings: of the task, ``key=value``.
        epochs: at most so many.
    """
    stem = bundle_name(source.name.partition(".")[0]) or "own"
    typed = st.text_input(
        t(f"{_PAGE}.name"), stem, key=f"{_PAGE}.name.{source.key}", help=t(f"{_PAGE}.name_help")
    )
    name = bundle_name(typed)
    known = {one.name for one in Trainings(task.name).all()}
    if name in known:
        st.caption(t(f"{_PAGE}.replaces", name=plain(name)))
    if name in task.bundles():
        st.caption(t(f"{_PAGE}.shipped", name=plain(name)))
    if st.button(
        t(f"{_PAGE}.start"),
        type="primary",
        icon=":material/model_training:",
        disabled=not name or name in task.bundles(),
        key=f"{_PAGE}.start",
    ):
        from lepton_core.checking import check

        try:
            records = check(source.table, task.inputs, source.name).table
            Trainings(task.name).start(name, records, settings, source=source.name, epochs=epochs)
        except LeptonError as error:
            show_error(error)


def show_trainings(task: Task, use: Callable[[str], None]) -> None:
    """Draw all of a task's trainings: how far each is, and what came of it.

    Args:
        task: whose.
        use: called with the name of a bundle that a person wants to look through, as a callback.
    """
    for training in Trainings(task.name).all():
        with st.container(border=True):
            st.markdown(
                f"**{plain(training.name)}** :gray[{plain(training.asked.get('source', '-'))}]"
            )
            state = training.state
            if state == RUNNING:
                show_progress(training, state)
            elif state == FAILED:
                show_failure(training)
            elif state == STOPPED:
                st.warning(t(f"{_PAGE}.stopped"), icon=":material/pause_circle:")
            else:
                _figures(training, task)
            _buttons(training, state, use)


def _figures(training: PageTraining, task: Task) -> None:
    card = read_card(training.bundle)
    st.caption(t("ui.bundle.figures", figures=figure_line(card, task)))
    rivals = card.get("baselines", {})
    for key in task.headline[:1]:
        own = card.get("metrics", {}).get(key, {}).get("value")
        values = {n: v[key]["value"] for n, v in rivals.items() if key in v}
        best = max(values, key=values.__getitem__, default=None)
        if best is not None and own is not None and own < values[best]:
            text = t(f"{_PAGE}.weak", best=best, value=values[best], own=own)
            st.warning(text, icon=":material/warning:")
    st.caption(t(f"{_PAGE}.stands", folder=plain(str(training.bundle))))


def _buttons(training: PageTraining, state: str, use: Callable[[str], None]) -> None:
    key = f"{_PAGE}.{training.name}"
    with st.container(horizontal=True):
        if state == RUNNING:
            st.button(t(f"{_PAGE}.stop"), key=f"{key}.stop", on_click=training.cancel)
            return
        if state == DONE:
            st.button(
                t(f"{_PAGE}.use"),
                key=f"{key}.use",
                icon=":material/visibility:",
                on_click=use,
                args=(training.name,),
            )
        else:
            st.button(t(f"{_PAGE}.again"), key=f"{key}.again", on_click=training.go_on)
        with st.popover(t(f"{_PAGE}.remove"), icon=":material/delete:"):
            st.markdown(t(f"{_PAGE}.remove_sure", name=plain(training.name)))
            st.button(t(f"{_PAGE}.remove_yes"), key=f"{key}.remove", on_click=training.remove)
