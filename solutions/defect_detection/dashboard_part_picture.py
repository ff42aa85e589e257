"""One part's picture: boxes, the defect map over it, zoom."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lepton_core.images import decode
from lepton_core.messages import t
from lepton_core.ui.language import use_language
from lepton_core.ui.picture_uri import encoded
from lepton_core.ui.zoomable import show_zoomable

from .dashboard_part_drawing import drawn
from .dashboard_part_table import legend
from .dashboard_parts import Parts
from .heat import strangeness

_PAGE = "defect_detection.part"


def heat_of(parts: Parts, row: int) -> np.ndarray | None:
    """How suspicious each place of a part is, float [rows, columns] in 0..1; None for no map.

    A map of probabilities is shown as it is. In an anomaly map half color is what hardly any good
    part has anywhere, and none what is usual here, so that a color means the same in every picture.
    """
    values = parts.scored.raw.get("map")
    if values is None:
        return None
    heat = np.asarray(values[row], np.float64).squeeze()
    if parts.is_outlier:
        return strangeness(heat, parts.usual_map, parts.strange_map)
    return np.clip(heat, 0.0, 1.0)


def show_picture(parts: Parts, row: int) -> None:
    """The picture with its controls; moving one draws nothing else again."""
    picture = decode(parts.image(row))
    if picture is None:  # it decoded when it was scored, so this is a file that changed
        st.warning(t(f"{_PAGE}.gone"), icon=":material/broken_image:")
        return
    _show(parts, row, picture)


@st.fragment
def _show(parts: Parts, row: int, picture: np.ndarray) -> None:
    # A fragment's rerun has a thread of its own.
    use_language()
    place = st.container()
    heat = heat_of(parts, row)
    with_boxes, strength = _controls(heat is not None)
    boxes = parts.boxes(row) if with_boxes else []
    shown = drawn(picture, boxes, parts.decision.classes, heat, strength)
    height, width = picture.shape[:2]
    with place:
        scale = float(parts.scale[row])
        show_zoomable(
            encoded(shown),
            width / height,
            parts.ids[row],
            "defect.part.picture",
            alt=t(f"{_PAGE}.picture", record=parts.ids[row]),
            millimetres=width * scale if scale > 0 else None,
        )
        names = legend(parts, row)
        if names:
            st.html(f'<div style="font-size:.85rem">{names}</div>')
        facts = [t(f"{_PAGE}.size", width=width, height=height)]
        if scale > 0:
            facts.append(t(f"{_PAGE}.scale", scale=scale))
        st.caption(" · ".join(facts))


def _controls(has_map: bool) -> tuple[bool, float]:
    """Draw the switches; whether boxes are drawn, and how strong the map is."""
    left, right = st.columns([4, 8], vertical_alignment="bottom")
    with left:
        with_boxes = st.toggle(
            t(f"{_PAGE}.boxes"), value=True, key="defect.part.boxes", persist_state="session"
        )
    if not has_map:
        return with_boxes, 0.0
    with right:
        percent = st.slider(
            t(f"{_PAGE}.map"),
            min_value=0,
            max_value=100,
            value=40,
            step=5,
            format="%d %%",
            key="defect.part.map",
            help=t(f"{_PAGE}.map_help"),
            persist_state="session",
        )
    return with_boxes, percent / 100
