"""One part: picture, measurements, why it passes or fails, and a person's verdict on it."""

from __future__ import annotations

import streamlit as st

from lepton_core.messages import t
from lepton_core.ui.plain import plain

from .dashboard_line import verdict_badge
from .dashboard_part_list import draw_filters, draw_steps
from .dashboard_parts import Parts
from .dashboard_parts_choice import open_part, put_in_address

_PAGE = "defect_detection.part"


def show_part(parts: Parts) -> None:
    """The whole view."""
    rows = draw_filters(parts)
    if not len(rows):
        st.info(t(f"{_PAGE}.none"), icon=":material/filter_alt_off:")
        return
    row = draw_steps(parts, rows)
    open_part(parts, row)
    put_in_address(parts, row)
    label = plain(parts.name(str(parts.label[row])))
    verdict = verdict_badge(str(parts.verdict[row]))
    st.subheader(f"{plain(parts.ids[row])} {verdict} {label}", anchor=False)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        from .dashboard_part_picture import show_picture

        show_picture(parts, row)
    with right:
        _show_why(parts, row)
        from .dashboard_part_table import show_defects

        st.subheader(t(f"{_PAGE}.table.title"), anchor=False)
        show_defects(parts, row)
        from .dashboard_part_verdict import show_verdict

        show_verdict(parts, row)


def _show_why(parts: Parts, row: int) -> None:
    from .dashboard_part_why import reasons

    st.subheader(t(f"{_PAGE}.why.title"), anchor=False)
    for sentence in reasons(parts, row):
        st.markdown(sentence)
    known = parts.known_label[row]
    if known is not None:
        name = plain(parts.name(known))
        st.caption(t(f"{_PAGE}.known", name=name))
