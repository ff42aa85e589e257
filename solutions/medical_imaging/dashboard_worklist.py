"""The worklist: how far the reading is, filters, the pictures by urgency, and one at a glance."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lepton_core.messages import t
from lepton_core.ui.figures import Figure, show_figures
from lepton_core.ui.plain import plain
from lepton_core.ui.verdict_store import show_store_error

from . import dashboard_xray_desk as desks
from .dashboard_worklist_table import ROW_HEIGHT, table_columns, worklist_table
from .dashboard_xray_desk import Desk
from .dashboard_xray_status import AGREED, OPEN, OVERRIDDEN, REVIEW

_PAGE_ROWS = 50
_MOST_ROWS_SEEN = 10
_HEADER = 38
_GLANCE = 520


def show_worklist(desk: Desk) -> None:
    """The whole view."""
    show_figures(_figures(desk))
    show_store_error()
    _show_progress(desk)
    left, right = st.columns([8, 5], gap="medium")
    with left:
        row = _show_list(desk)
    with right:
        if row is not None:
            _show_glance(desk, row)


def _figures(desk: Desk) -> list[Figure]:
    readings, statuses = desk.readings, desk.statuses
    n = len(readings)
    parts = [
        ("pictures", desk.scored.read, t("medical_imaging.worklist.read_of", n=n)),
        ("to_read", statuses.count(*OPEN), ""),
        ("review", statuses.count(REVIEW), ""),
        ("agreed", statuses.count(AGREED), ""),
        ("overridden", statuses.count(OVERRIDDEN), ""),
    ]
    if desk.scored.rejects.counts():
        parts.append(("refused", len(desk.scored.rejects), ""))
    figures = [
        Figure(
            t(f"medical_imaging.worklist.figure.{name}"),
            f"{value:,}",
            note,
            t(f"medical_imaging.worklist.help.{name}"),
        )
        for name, value, note in parts
    ]
    if readings.is_two:
        finding, called = readings.classes[1], int((readings.codes == 1).sum())
        of = t("medical_imaging.worklist.help.finding", finding=finding)
        figures.insert(3, Figure(finding, f"{called:,}", f"{called / max(n, 1):.1%}", of))
    return figures


def _show_progress(desk: Desk) -> None:
    """How many are read, and the way to the next one."""
    n, waiting = len(desk.readings), desk.statuses.count(*OPEN)
    following = desk.next_open(None)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("medical_imaging.worklist.start", n=waiting),
            icon=":material/play_arrow:",
            type="primary",
            key="xray.start",
            shortcut="N",
            disabled=following is None,
            on_click=desks.read,
            args=(desk, following),
        )
        st.progress(
            (n - waiting) / max(n, 1), t("medical_imaging.worklist.progress", n=n - waiting, of=n)
        )


def _show_list(desk: Desk) -> int | None:
    """Filters, a page of the list, and what can be taken along.

    Returns:
        the clicked row, at first the one that is open or the first; None where none is listed.
    """
    place = _filters(desk)
    rows = desk.listed()
    if not len(rows):
        st.info(t("medical_imaging.worklist.none"), icon=":material/filter_alt_off:")
        return None
    with place:
        page_rows = rows[_page(len(rows))]
    event: Any = st.dataframe(
        worklist_table(desk, page_rows),
        hide_index=True,
        height=_HEADER + min(len(page_rows), _MOST_ROWS_SEEN) * ROW_HEIGHT,
        row_height=ROW_HEIGHT,
        key=f"xray.table.{desk.scored.key}.{_signature(page_rows)}",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        column_config=table_columns(desk),
        placeholder="–",
        alt=t("medical_imaging.worklist.title"),
    )
    from .dashboard_worklist_export import show_export

    show_export(desk, rows)
    clicked = [*event.selection.rows, *(at for at, _ in event.selection.cells)]
    opened = desk.opened()
    row = opened if opened is not None and opened in page_rows else int(page_rows[0])
    if clicked and clicked[0] < len(page_rows):
        row = int(page_rows[clicked[0]])
    desk.open(row)
    return row


def _signature(rows: np.ndarray) -> int:
    # Another list is another table: a selection by place must not move to another picture.
    return hash(rows.tobytes())


def _page(n: int) -> slice:
    """Draw the choice of a page where there is more than one, and what of the list is shown."""
    pages = -(-n // _PAGE_ROWS)
    if pages < 2:
        return slice(0, n)
    page = int(
        st.number_input(
            t("medical_imaging.worklist.page", n=pages),
            min_value=1,
            max_value=pages,
            key=f"xray.page.{pages}",
            width=128,
        )
    )
    return slice((page - 1) * _PAGE_ROWS, page * _PAGE_ROWS)


def _filters(desk: Desk) -> DeltaGenerator:
    """Draw the filters; :meth:`Desk.listed` reads what was chosen from the session.

    Returns:
        the row that they stand in, where the page is chosen too.
    """
    statuses, readings = desk.statuses, desk.readings
    counts = {name: statuses.count(name) for name in desks.SHOWN}
    counts |= {desks.ALL: len(readings), desks.TO_READ: statuses.count(*OPEN)}
    names = {name: t(f"medical_imaging.worklist.status.{name}") for name in desks.SHOWN}
    st.segmented_control(
        t("medical_imaging.worklist.show"),
        list(desks.SHOWN),
        default=desks.ALL,
        required=True,
        format_func=lambda name: f"{names[name]} {counts[name]:,}",
        key=desks.STATUS_KEY,
        label_visibility="collapsed",
        persist_state="session",
    )
    classes = {-1: t("medical_imaging.worklist.every"), **dict(enumerate(readings.classes))}
    orders = {name: t(f"medical_imaging.worklist.order.{name}") for name in desks.ORDERS}
    place = st.container(horizontal=True, vertical_alignment="bottom")
    with place:
        st.selectbox(
            t("medical_imaging.worklist.taken_for"),
            list(classes),
            format_func=classes.__getitem__,
            key=desks.CLASS_KEY,
            width=132,
            persist_state="session",
        )
        st.selectbox(
            t("medical_imaging.worklist.order.label"),
            list(orders),
            format_func=orders.__getitem__,
            key=desks.ORDER_KEY,
            help=t("medical_imaging.worklist.order.help"),
            width=132,
            persist_state="session",
        )
        st.text_input(
            t("medical_imaging.worklist.search"),
            key=desks.SEARCH_KEY,
            placeholder=t("medical_imaging.worklist.search_hint"),
            width=150,
            persist_state="session",
        )
    return place


def _show_glance(desk: Desk, row: int) -> None:
    """One picture small with its heatmap, what it is taken for, and the way into the viewer."""
    from .dashboard_viewer_head import badges
    from .dashboard_viewer_picture import glance

    st.markdown(f"**{plain(desk.readings.ids[row])}**")
    st.markdown(badges(desk, row))
    picture = glance(desk, row, _GLANCE)
    if picture is None:
        st.caption(t("medical_imaging.viewer.gone"))
    else:
        st.image(picture, alt=t("medical_imaging.viewer.picture", record=desk.readings.ids[row]))
    said = desk.statuses.said.get(row)
    if said is not None and said.note:
        st.caption(f"{plain(said.who)}: {plain(said.note)}")
    st.button(
        t("medical_imaging.worklist.open"),
        icon=":material/radiology:",
        key="xray.open",
        on_click=desks.read,
        args=(desk, row),
    )
