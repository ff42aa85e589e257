"""How far a training that a page began is, told while it runs, and why it failed."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import get_language, has_message, t
from lepton_core.ui.language import use_language
from lepton_core.ui.plain import plain, plain_but_code
from lepton_core.ui.training_job import RUNNING, PageTraining

_PAGE = "ui.training"
_EVERY_S = 1.0


def show_progress(training: PageTraining, state: str) -> None:
    """Draw a bar for each step and for the epochs, renewed while it runs.

    Once it has ended the whole page is drawn again, so that it shows what came of it.

    Args:
        training: whose.
        state: as the page has drawn it.
    """
    is_running = state == RUNNING
    st.fragment(_bars, run_every=_EVERY_S if is_running else None)(training, is_running)


def _bars(training: PageTraining, was_running: bool) -> None:
    # A fragment's rerun has a thread of its own.
    use_language()
    steps = training.steps()
    started = steps.pop("start", (0, 1))
    done, most = training.epochs()
    if was_running and not steps and not done:
        steps = {"start": started}
    for step, (part, total) in steps.items():
        st.progress(min(part / total, 1.0) if total else 1.0, step_text(step, part, total))
    if was_running and done and most:
        st.progress(min(done / most, 1.0), t(f"{_PAGE}.epochs", done=done, most=most))
    notes = [one["note"] for one in training.told() if "note" in one]
    if was_running and notes:
        st.caption(plain(notes[-1]))
    if was_running and training.state != RUNNING:
        st.rerun(scope="app")


def step_text(step: str, done: int, total: int) -> str:
    """How far a step is, in the page's language.

    Example:
        >>> step_text("read", 1200, 3000), step_text("unheard_of", 1, 2)
        ('Pictures read: 1,200 of 3,000.', 'unheard_of: 1 / 2')
    """
    key = f"train.step.{step}"
    return t(key, done=done, total=total) if has_message(key) else f"{step}: {done:,} / {total:,}"


def show_failure(training: PageTraining) -> None:
    """Draw why it failed, in the page's language.

    Args:
        training: one whose state is ``failed``.
    """
    last = training.last
    texts = last.get("text")
    if texts:
        text = plain_but_code(texts.get(get_language(), texts["en"]))
    else:
        reason, log = plain(last.get("reason", "-")), plain(str(training.log))
        text = t(f"{_PAGE}.failed", reason=reason, log=log)
    st.error(text, icon=":material/error:")
