"""One picture: looked at with window and zoom, its probability and how sure, a person's verdict."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import t

from . import dashboard_xray_desk as desks
from .dashboard_viewer_head import badges, title
from .dashboard_xray_desk import Desk

_LEFT_OVERS = 4


def show_viewer(desk: Desk) -> None:
    """The whole view: the picture that was opened, else the next that nobody has read."""
    row = desk.opened()
    if row is None:
        row = desk.next_open(None)
    if row is None:
        row = int(desk.readings.urgency[0])
    desk.open(row)
    desk.put_in_address(row)
    _steps(desk, row)
    st.subheader(f"{title(desk, row)} {badges(desk, row)}", anchor=False)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        from .dashboard_viewer_image import show_image

        show_image(desk, row)
    with right:
        from .dashboard_viewer_result import show_result
        from .dashboard_viewer_verdict import show_verdict

        # Measuring how steady the probability is takes a moment; the form does not wait.
        result = st.container()
        show_verdict(desk, row)
        _clear_left_overs()
        with result:
            show_result(desk, row)


def _clear_left_overs() -> None:
    """What the view before drew at these places would stand there until all is done."""
    for _ in range(_LEFT_OVERS):
        st.empty()


def _steps(desk: Desk, row: int) -> None:
    """Back to the list, to the neighbours in it, to the next that nobody has read."""
    listed = desk.listed()
    found = (listed == row).nonzero()[0]
    at = int(found[0]) if len(found) else None
    before = int(listed[at - 1]) if at else None
    after = int(listed[at + 1]) if at is not None and at + 1 < len(listed) else None
    following = desk.next_open(row)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            t("medical_imaging.viewer.back"),
            icon=":material/arrow_back:",
            key="xray.back",
            on_click=desks.go_to,
            args=("worklist",),
        )
        for name, icon, target, key in (
            ("previous", "chevron_left", before, "Left"),
            ("next", "chevron_right", after, "Right"),
        ):
            st.button(
                t(f"medical_imaging.viewer.{name}"),
                icon=f":material/{icon}:",
                key=f"xray.{name}",
                help=t(f"medical_imaging.viewer.{name}_help"),
                disabled=target is None,
                on_click=desk.open,
                args=(target,),
                shortcut=f"Shift+{key}",
            )
        if at is not None:
            place = t("medical_imaging.viewer.place", at=at + 1, n=len(listed))
            st.caption(place, width="content")
        st.button(
            t("medical_imaging.viewer.next_open"),
            icon=":material/skip_next:",
            type="primary",
            key="xray.next_open",
            help=t("medical_imaging.viewer.next_open_help"),
            disabled=following is None,
            on_click=desk.open,
            args=(following,),
            shortcut="N",
        )
