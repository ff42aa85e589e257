"""A product that is being taught or was: every step with its progress, then the bundle."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import t
from lepton_core.solution import Task
from lepton_core.ui.figures import Figure, show_figures
from lepton_core.ui.loader import metric_name, read_card
from lepton_core.ui.plain import plain
from lepton_core.ui.training_job import DONE, FAILED, RUNNING, STOPPED, PageTraining
from lepton_core.ui.training_progress import show_failure, show_progress

from .dashboard_teach_products import go_on
from .dashboard_threshold_save import zipped

_PAGE = "defect_detection.teach"


def show_product(product: PageTraining, task: Task) -> None:
    """Draw how far it is and, once it is done, its figures, downloads and a place to try it."""
    state = product.state
    show_progress(product, state)
    if state == FAILED:
        show_failure(product)
    elif state == STOPPED:
        st.warning(t(f"{_PAGE}.stopped"), icon=":material/pause_circle:")
    elif state == DONE:
        _show_done(product)
        from .dashboard_teach_try import show_try

        show_try(product, task)
    _show_buttons(product, state)


def _show_done(product: PageTraining) -> None:
    card = read_card(product.bundle)
    st.success(t(f"{_PAGE}.done", name=plain(product.name)), icon=":material/task_alt:")
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
            lambda: zipped(product.bundle),
            file_name=f"{product.name}.zip",
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            key="defect.teach.download",
        )
    st.caption(t(f"{_PAGE}.stands", folder=plain(product.bundle)))
    st.code(f"lepton score {product.bundle} PICTURES --watch --out RESULTS", language="bash")


def _figure(name: str, value: str) -> Figure:
    return Figure(t(f"{_PAGE}.{name}"), value, "", t(f"{_PAGE}.{name}_help"))


def _show_buttons(product: PageTraining, state: str) -> None:
    with st.container(horizontal=True):
        if state == RUNNING:
            st.button(
                t(f"{_PAGE}.cancel"),
                icon=":material/cancel:",
                key="defect.teach.cancel",
                on_click=product.cancel,
            )
            return
        if state in (STOPPED, FAILED):
            st.button(
                t(f"{_PAGE}.again"),
                icon=":material/replay:",
                type="primary",
                key="defect.teach.again",
                on_click=go_on,
                args=(product,),
            )
        with st.popover(t(f"{_PAGE}.remove"), icon=":material/delete:"):
            st.markdown(t(f"{_PAGE}.remove_sure", name=plain(product.name)))
            st.button(
                t(f"{_PAGE}.remove_yes"),
                key="defect.teach.remove",
                on_click=product.remove,
            )
