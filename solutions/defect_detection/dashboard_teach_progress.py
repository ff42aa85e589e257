"""A product that is being taught or was: every step with its progress, then the bundle."""

from __future__ import annotations

from typing import Any

import streamlit as st

from lepton_core.messages import get_language, has_message, t
from lepton_core.solution import Task
from lepton_core.ui.figures import Figure, show_figures
from lepton_core.ui.language import use_language
from lepton_core.ui.loader import metric_name, read_card
from lepton_core.ui.plain import plain, plain_but_code

from . import dashboard_teach_job as teaching
from .dashboard_threshold_save import zipped

_PAGE = "defect_detection.teach"
_EVERY_S = 1.0


def show_job(job: teaching.Job, task: Task) -> None:
    """Draw how far it is and, once it is done, its figures, downloads and a place to try it."""
    state = job.state()
    is_running = state == teaching.RUNNING
    st.fragment(_show_steps, run_every=_EVERY_S if is_running else None)(job, is_running)
    if state == teaching.FAILED:
        _show_failure(job)
    elif state == teaching.STOPPED:
        st.warning(t(f"{_PAGE}.stopped"), icon=":material/pause_circle:")
    elif state == teaching.DONE:
        _show_done(job)
        from .dashboard_teach_try import show_try

        show_try(job, task)
    _show_buttons(job, state)


def _show_steps(job: teaching.Job, was_running: bool) -> None:
    # A fragment's rerun has a thread of its own.
    use_language()
    steps = job.steps()
    if len(steps) > 1:  # by then it has started
        steps.pop("start", None)
    for step, (done, total) in steps.items():
        share = min(done / total, 1.0) if total else 1.0
        st.progress(share, step_text(step, done, total))
    notes = [one["note"] for one in job.told() if "note" in one]
    if notes and was_running:
        st.caption(plain(notes[-1]))
    if was_running and job.state() != teaching.RUNNING:
        # Once, so that the page shows what came of it.
        st.rerun(scope="app")


def step_text(step: str, done: int, total: int) -> str:
    """How far a step is, in the page's language."""
    for key in (f"{_PAGE}.step.{step}", f"train.step.{step}"):
        if has_message(key):
            return t(key, done=done, total=total)
    return f"{step}: {done:,} / {total:,}"


def _show_failure(job: teaching.Job) -> None:
    told = job.told()[-1]
    texts: Any = told.get("text")
    if texts:
        st.error(plain_but_code(texts.get(get_language(), texts["en"])), icon=":material/error:")
    else:
        reason = plain(told.get("reason", "-"))
        text = t(f"{_PAGE}.failed", reason=reason, log=plain(job.folder / "log.txt"))
        st.error(text, icon=":material/error:")


def _show_done(job: teaching.Job) -> None:
    card = read_card(job.bundle)
    st.success(t(f"{_PAGE}.done", name=plain(job.name)), icon=":material/task_alt:")
    figures = []
    decision = card.get("decision", {})
    if decision.get("false_reject") is not None:
        figures.append(_figure("promised", f"{decision['false_reject']:.1%}"))
    if decision.get("good"):
        figures.append(_figure("held_out", f"{decision['good'].get('groups', 0):,}"))
    for key, figure in card.get("metrics", {}).items():
        if isinstance(figure.get("value"), (int, float)):
            low, high = figure.get("low"), figure.get("high")
            # Where all parts are alike, resampling them knows no doubt.
            is_telling = low is not None and high is not None and low < high
            note = f"{low:.3f} – {high:.3f}" if is_telling else ""
            name = metric_name(key, "defect_detection")
            figures.append(Figure(name, f"{figure['value']:.3f}", note))
    show_figures(figures)
    with st.container(horizontal=True):
        st.download_button(
            t(f"{_PAGE}.download"),
            lambda: zipped(job.bundle),
            file_name=f"{job.name}.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            key="defect.teach.download",
        )
    st.caption(t(f"{_PAGE}.stands", folder=plain(job.bundle)))
    st.code(f"lepton score {job.bundle} PICTURES --watch --out RESULTS", language="bash")


def _figure(name: str, value: str) -> Figure:
    return Figure(t(f"{_PAGE}.{name}"), value, "", t(f"{_PAGE}.{name}_help"))


def _show_buttons(job: teaching.Job, state: str) -> None:
    with st.container(horizontal=True):
        if state == teaching.RUNNING:
            st.button(
                t(f"{_PAGE}.cancel"),
                icon=":material/cancel:",
                key="defect.teach.cancel",
                on_click=job.cancel,
            )
            return
        if state in (teaching.STOPPED, teaching.FAILED):
            st.button(
                t(f"{_PAGE}.again"),
                icon=":material/replay:",
                type="primary",
                key="defect.teach.again",
                on_click=teaching.go_on,
                args=(job,),
            )
        with st.popover(t(f"{_PAGE}.remove"), icon=":material/delete:"):
            st.markdown(t(f"{_PAGE}.remove_sure", name=plain(job.name)))
            st.button(
                t(f"{_PAGE}.remove_yes"),
                key="defect.teach.remove",
                on_click=teaching.remove,
                args=(job,),
            )
