"""Teach a new product from pictures of good parts: choose, check, start, watch, try, take along."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from lepton_core.errors import LeptonError
from lepton_core.messages import t
from lepton_core.solution import Task, find_task, load_solution
from lepton_core.ui.frame import show_error
from lepton_core.ui.plain import plain
from lepton_core.ui.training_home import bundle_name
from lepton_core.ui.training_job import PageTraining

from .anomaly.config import METHODS
from .dashboard_teach_checks import LEAST, MOST, Checked, check_pictures, counting
from .dashboard_teach_products import PRODUCTS, TASK

_PAGE = "defect_detection.teach"
_SLOT = "defect.teach"
_RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_LEVELS = {"error": st.error, "warning": st.warning, "info": st.info}
_ICONS = {"error": "error", "warning": "warning", "info": "info"}


def view() -> None:
    """The whole view."""
    task = {one.name: one for one in load_solution("defect_detection").tasks}.get(TASK)
    if task is None:
        st.info(t(f"{_PAGE}.no_task"), icon=":material/inventory_2:")
        return
    st.subheader(t(f"{_PAGE}.title"), anchor=False)
    st.caption(t(f"{_PAGE}.help"))
    product = _choose_product()
    if product is None:
        _show_new(task)
        return
    from .dashboard_teach_progress import show_product

    show_product(product, task)


def _choose_product() -> PageTraining | None:
    """Draw the choice between a new product and those that were taught; None for a new one."""
    known = {product.name: product for product in PRODUCTS.all()}
    if not known:
        return None
    if st.session_state.get(f"{_SLOT}.product") not in ("", None, *known):
        st.session_state.pop(f"{_SLOT}.product")
    asked = st.query_params.get("product")
    if asked in known:
        st.session_state.setdefault(f"{_SLOT}.product", asked)
    chosen = st.selectbox(
        t(f"{_PAGE}.product"),
        ["", *known],
        format_func=lambda name: name or t(f"{_PAGE}.new"),
        key=f"{_SLOT}.product",
        persist_state="session",
    )
    if chosen:
        st.query_params["product"] = chosen
    elif asked:
        del st.query_params["product"]
    return known.get(str(chosen))


def _show_new(task: Task) -> None:
    """Pictures, what is found in them, and what shall be promised."""
    left, right = st.columns([6, 6], gap="medium")
    with left:
        records = _upload(task)
    with right:
        name = st.text_input(
            t(f"{_PAGE}.name"),
            max_chars=60,
            placeholder=t(f"{_PAGE}.name_hint"),
            key=f"{_SLOT}.name",
            help=t(f"{_PAGE}.name_help"),
        )
        rate = st.select_slider(
            t(f"{_PAGE}.rate"),
            _RATES,
            value=0.05,
            format_func=lambda share: f"{share:.1%}",
            key=f"{_SLOT}.rate",
            help=t(f"{_PAGE}.rate_help"),
        )
        names = {method: t(f"{_PAGE}.method.{method}") for method in _methods()}
        method = st.radio(
            t(f"{_PAGE}.method.label"),
            list(names),
            format_func=names.__getitem__,
            captions=[t(f"{_PAGE}.method.{one}_help") for one in names],
            key=f"{_SLOT}.method",
        )
    if records is None:
        st.info(t(f"{_PAGE}.nothing", least=LEAST, most=MOST), icon=":material/upload_file:")
        return
    checked = _checked(records, rate, counting(method))
    st.markdown(t(f"{_PAGE}.found", n=checked.good))
    _show_samples(checked)
    for finding in checked.findings:
        icon = f":material/{_ICONS[finding.level]}:"
        _LEVELS[finding.level](plain(finding.text()), icon=icon)
    folder = bundle_name(str(name or ""))
    if not folder:
        st.caption(t(f"{_PAGE}.needs_name"))
    if st.button(
        t(f"{_PAGE}.start"),
        type="primary",
        icon=":material/school:",
        key=f"{_SLOT}.start",
        disabled=not folder or not checked.is_usable,
    ):
        # As many again are for a person, so that there is a band in which the model takes no side.
        rates = [f"decision.false_reject={rate:g}", f"decision.unsure={2 * rate:g}"]
        _start(folder, checked, [f"method={method}", *rates])


def _methods() -> list[str]:
    """Those that can be used here: patches are remembered by a network that `surface` trained."""
    has_network = "neu_det" in find_task("defect_detection/surface").bundles()
    return [method for method in METHODS if method != "memory" or has_network]


def _upload(task: Task) -> Any:
    """The pictures that were dropped, read once; None while there are none."""
    from lepton_core.records.picture_files import picture_suffixes

    endings = sorted({suffix.rpartition(".")[2] for suffix in picture_suffixes(())})
    files = st.file_uploader(
        t(f"{_PAGE}.upload"),
        type=[*endings, "zip"],
        accept_multiple_files=True,
        key=f"{_SLOT}.files",
        help=t(f"{_PAGE}.upload_help"),
    )
    if not files:
        return None
    key = "+".join(file.file_id for file in files)
    kept = st.session_state.get(f"{_SLOT}.read")
    if kept is None or kept["id"] != key:
        from lepton_core.ui.uploaded import read_uploaded

        kept = {"id": key}
        try:
            with st.spinner(t(f"{_PAGE}.reading", n=len(files))):
                kept["table"] = read_uploaded(task, files)
        except LeptonError as error:
            kept["error"] = error
        st.session_state[f"{_SLOT}.read"] = kept
    if "error" in kept:
        show_error(kept["error"])
        return None
    return kept["table"]


def _checked(records: Any, rate: float, share: float) -> Checked:
    """The checks, made once for pictures, rate, and share of them that the threshold is set by."""
    kept = st.session_state.get(f"{_SLOT}.checked")
    key = (st.session_state[f"{_SLOT}.read"]["id"], rate, share)
    if kept is None or kept[0] != key:
        kept = (key, check_pictures(records, rate, share))
        st.session_state[f"{_SLOT}.checked"] = kept
    return kept[1]


def _show_samples(checked: Checked) -> None:
    """The first pictures, so that a person sees what will be learned from."""
    from .dashboard_part_drawing import thumbnail

    with st.container(horizontal=True, gap="small"):
        for image in checked.records.column("image").slice(0, 8).to_pylist():
            small = thumbnail(str(image["sha256"]), "", partial(bytes, image["bytes"]))
            st.image(small, width=96, alt=str(image["path"]))


def _start(name: str, checked: Checked, settings: list[str]) -> None:
    try:
        product = PRODUCTS.start(name, checked.records, settings, source=name, file="PICTURES")
    except LeptonError as error:
        show_error(error)
        return
    st.query_params["product"] = product.name
    # The choice among products is a widget that stands already: the next run begins with this one.
    st.session_state.pop(f"{_SLOT}.product", None)
    st.rerun()
