"""Which parts one steps through: by verdict, class and name; the most urgent first."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lepton_core.messages import t

from .dashboard_parts import Parts
from .dashboard_parts_choice import open_part, opened

ALL, WRONG = "all", "wrong"
_PAGE = "defect_detection.part"
_VERDICT_KEY, _CLASS_KEY, _SEARCH_KEY = (f"defect.part.{n}" for n in ("verdict", "class", "search"))


def wrong_rows(parts: Parts) -> np.ndarray:
    """bool [n], known escapes and overkill: defective parts that pass, good ones that fail."""
    escapes = (parts.known == 1) & (parts.verdict == "pass")
    return escapes | ((parts.known == 0) & (parts.verdict == "fail"))


def draw_filters(parts: Parts) -> np.ndarray:
    """Draw the filters, and give the rows that they leave, in order of urgency."""
    wrong = wrong_rows(parts)
    counts = {ALL: len(parts)}
    counts |= {name: int((parts.verdict == name).sum()) for name in ("fail", "unsure", "pass")}
    names = {name: t(f"defect_detection.verdict.{name}") for name in ("fail", "unsure", "pass")}
    names = {ALL: t(f"{_PAGE}.all"), **names}
    if (parts.known >= 0).any():
        counts[WRONG], names[WRONG] = int(wrong.sum()), t(f"{_PAGE}.wrong")
    chosen = st.segmented_control(
        t(f"{_PAGE}.show"),
        list(names),
        default=ALL,
        required=True,
        format_func=lambda name: f"{names[name]} {counts[name]:,}",
        key=_VERDICT_KEY,
        label_visibility="collapsed",
        persist_state="session",
    )
    labels = list(dict.fromkeys(sorted(parts.label.tolist())))
    classes = {"": t(f"{_PAGE}.every"), **{label: parts.name(label) for label in labels}}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            t(f"{_PAGE}.class"),
            list(classes),
            format_func=classes.__getitem__,
            key=_CLASS_KEY,
            width=190,
            persist_state="session",
        )
        wanted = st.text_input(
            t(f"{_PAGE}.search"),
            key=_SEARCH_KEY,
            placeholder=t(f"{_PAGE}.search_hint"),
            width=190,
            persist_state="session",
        )
    keep = np.ones(len(parts), bool)
    if chosen == WRONG:
        keep &= wrong
    elif chosen != ALL:
        keep &= parts.verdict == chosen
    if label:
        keep &= parts.label == label
    text = str(wanted or "").strip().lower()
    if text:
        keep &= np.array([text in name.lower() for name in parts.ids])
    return parts.urgency[keep[parts.urgency]]


def draw_steps(parts: Parts, rows: np.ndarray) -> int:
    """Draw previous and next; the chosen row, at first the most urgent one."""
    row = opened(parts)
    at = np.flatnonzero(rows == row)
    place = int(at[0]) if len(at) else 0
    if not len(at):
        row = int(rows[0])
    assert row is not None
    before = int(rows[place - 1]) if place else None
    after = int(rows[place + 1]) if place + 1 < len(rows) else None
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, icon, target, key in (
            ("previous", "chevron_left", before, "Left"),
            ("next", "chevron_right", after, "Right"),
        ):
            st.button(
                t(f"{_PAGE}.{name}"),
                icon=f":material/{icon}:",
                key=f"defect.part.{name}",
                help=t(f"{_PAGE}.{name}_help"),
                disabled=target is None,
                on_click=open_part,
                args=(parts, target),
                shortcut=f"Shift+{key}",
            )
        st.caption(t(f"{_PAGE}.place", at=place + 1, n=len(rows)), width="content")
    return row
