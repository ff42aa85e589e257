"""The viewer: window and level, zoom and pan, a heatmap whose colours mean the same everywhere."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st

from lepton_core.messages import t
from lepton_core.records.frame import Frame, to_grey
from lepton_core.ui.language import use_language
from lepton_core.ui.picture_uri import encoded
from lepton_core.ui.zoomable import show_zoomable

from .dashboard_viewer_picture import frame, heat_scale, map_of
from .dashboard_viewer_window import choose_window
from .dashboard_xray_desk import Desk
from .xray.output.export import fitted
from .xray.output.overlay import Scale, color_bar, overlay
from .xray.output.pdf_report import percent

# More than a screen shows; the figures below the picture say its own size.
_LONGEST = 2048


def show_image(desk: Desk, row: int) -> None:
    """The picture with its controls; moving one draws nothing else again."""
    key = desk.image_key(row)
    found = frame(key, partial(desk.image, row))
    if found is None:
        st.warning(t("medical_imaging.viewer.gone"), icon=":material/broken_image:")
        return
    name = desk.readings.classes[1 if desk.readings.is_two else desk.readings.codes[row]]
    heat = Heat(map_of(desk, row), heat_scale(desk.folder), name)
    _show(key, desk.readings.ids[row], found, heat)


class Heat(NamedTuple):
    """What a picture's heatmap is drawn from.

    Args:
        values: float32 [rows, columns], evidence in logits; None where the model has no map.
        scale: what full colour stands for.
        finding: what the evidence speaks for.
    """

    values: np.ndarray | None
    scale: Scale
    finding: str


@st.fragment
def _show(key: str, record: str, found: Frame, heat: Heat) -> None:
    # A fragment's rerun has a thread of its own.
    use_language()
    place = st.container()
    window, is_inverted = choose_window(key, found)
    opacity = _choose_heat(heat)
    grey = fitted(to_grey(found, window), _LONGEST)
    if is_inverted:
        grey = 255 - grey
    shown = grey
    if heat.values is not None and opacity:
        shown = overlay(grey, heat.values, heat.scale, opacity)
    with place:
        height, width = found.values.shape[:2]
        # Rows and columns of different spacing: a millimetre is as long in both directions.
        down, across = found.spacing_mm or (1.0, 1.0)
        show_zoomable(
            encoded(shown),
            width * across / (height * down),
            record,
            "xray.viewer.picture",
            alt=t("medical_imaging.viewer.picture", record=record),
            millimetres=width * across if found.spacing_mm else None,
        )
        st.caption(_facts(found))


def _choose_heat(heat: Heat) -> float:
    """Draw the heatmap's switch, opacity and legend; 0 where it is off or there is none."""
    if heat.values is None:
        st.caption(t("medical_imaging.viewer.no_map"))
        return 0.0
    left, right = st.columns([4, 8], vertical_alignment="bottom")
    with left:
        is_on = st.toggle(
            t("medical_imaging.viewer.heatmap"),
            value=True,
            key="xray.viewer.heatmap",
            help=t("medical_imaging.viewer.heatmap_help", finding=heat.finding),
            persist_state="session",
        )
    with right:
        opacity = st.slider(
            t("medical_imaging.viewer.opacity"),
            min_value=5,
            max_value=100,
            value=40,
            step=5,
            format="%d %%",
            key="xray.viewer.opacity",
            disabled=not is_on,
            persist_state="session",
        )
    if not is_on:
        return 0.0
    st.image(color_bar(12, 480), width="stretch", alt=t("medical_imaging.viewer.legend_alt"))
    share = percent(heat.scale.probability)
    full = t("medical_imaging.output.pdf.full", log_odds=heat.scale.full, probability=share)
    st.caption(t("medical_imaging.output.pdf.scale", full=full))
    if not (heat.values > 0).any():
        st.caption(f"**{t('medical_imaging.viewer.nothing_speaks', finding=heat.finding)}**")
    return opacity / 100


def _facts(found: Frame) -> str:
    """Size, spacing and what kind of picture it is, in one line."""
    height, width = found.values.shape[:2]
    facts = [t("medical_imaging.viewer.size", width=width, height=height)]
    if found.spacing_mm is not None:
        down, across = found.spacing_mm
        facts.append(t("medical_imaging.viewer.spacing", down=down, across=across))
        if found.spacing_from == "ImagerPixelSpacing":
            facts.append(t("medical_imaging.viewer.at_detector"))
    else:
        facts.append(t("medical_imaging.viewer.no_spacing"))
    facts += [part for part in (found.modality, found.body_part, found.view) if part]
    facts.append(found.kind.upper())
    if found.burned_in:
        facts.append(f"**{t('medical_imaging.viewer.burned_in')}**")
    return " · ".join(facts)
