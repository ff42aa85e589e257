"""The viewer: window and level, zoom and pan, a heatmap whose colours mean the same everywhere."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lepton_core.messages import t
from lepton_core.records.frame import Frame, to_grey
from lepton_core.ui.language import use_language

from .dashboard_viewer_picture import encoded, frame, heat_scale, map_of
from .dashboard_viewer_window import choose_window
from .dashboard_xray_desk import Desk
from .xray.output.export import fitted
from .xray.output.overlay import Scale, color_bar, overlay
from .xray.output.pdf_report import percent

# More than a screen shows; the figures below the picture say its own size.
_LONGEST = 2048
_HEIGHT = 600
_BAR_SHARE = 0.25
_BAR_MM = (200, 100, 50, 20, 10, 5)
_MODE_BAR = {
    "displaylogo": False,
    "displayModeBar": True,
    "scrollZoom": True,
    "modeBarButtons": [["zoomIn2d", "zoomOut2d", "resetScale2d"]],
}


def show_image(desk: Desk, row: int) -> None:
    """The picture with its controls; moving one draws nothing else again."""
    key = desk.image_key(row)
    found = frame(key, desk.image(row))
    if found is None:
        st.warning(t("medical_imaging.viewer.gone"), icon=":material/broken_image:")
        return
    name = desk.readings.classes[1 if desk.readings.is_two else desk.readings.codes[row]]
    _show(key, found, map_of(desk, row), heat_scale(desk.folder), name)


@st.fragment
def _show(key: str, found: Frame, values: np.ndarray | None, scale: Scale, name: str) -> None:
    # A fragment's rerun has a thread of its own.
    use_language()
    place = st.container()
    window, is_inverted = choose_window(key, found)
    opacity = _choose_heat(values, scale, name)
    grey = fitted(to_grey(found, window), _LONGEST)
    if is_inverted:
        grey = 255 - grey
    shown = grey if values is None or not opacity else overlay(grey, values, scale, opacity)
    with place:
        st.plotly_chart(
            picture_figure(shown, found, key),
            key="xray.viewer.figure",
            config=_MODE_BAR,
            alt=t("medical_imaging.viewer.picture", record=name),
        )
        st.caption(_facts(found))


def _choose_heat(values: np.ndarray | None, scale: Scale, name: str) -> float:
    """Draw the heatmap's switch, opacity and legend; 0 where it is off or there is none."""
    if values is None:
        st.caption(t("medical_imaging.viewer.no_map"))
        return 0.0
    left, right = st.columns([4, 8], vertical_alignment="bottom")
    with left:
        is_on = st.toggle(
            t("medical_imaging.viewer.heatmap"),
            value=True,
            key="xray.viewer.heatmap",
            help=t("medical_imaging.viewer.heatmap_help", finding=name),
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
    share = percent(scale.probability)
    full = t("medical_imaging.output.pdf.full", log_odds=scale.full, probability=share)
    st.caption(t("medical_imaging.output.pdf.scale", full=full))
    if not (values > 0).any():
        st.caption(f"**{t('medical_imaging.viewer.nothing_speaks', finding=name)}**")
    return opacity / 100


def picture_figure(picture: np.ndarray, found: Frame, key: str) -> go.Figure:
    """A picture that zooms by wheel or buttons and pans by dragging.

    Args:
        picture: uint8 [height, width] or [height, width, 3], as shown.
        found: the frame it is of, whose size and spacing give the axes.
        key: of the picture; zoom and place are kept until it changes.
    """
    height, width = found.values.shape[:2]
    # Rows and columns of different spacing: a millimetre is as long in both directions.
    down, across = found.spacing_mm or (1.0, 1.0)
    size_x, size_y = width * across, height * down
    figure = go.Figure()
    figure.add_scatter(
        x=[0, size_x], y=[0, size_y], mode="markers", marker={"opacity": 0}, hoverinfo="skip"
    )
    figure.add_layout_image(
        source=encoded(picture),
        xref="x",
        yref="y",
        x=0,
        y=0,
        sizex=size_x,
        sizey=size_y,
        sizing="stretch",
        layer="below",
    )
    hidden = {"visible": False, "constrain": "domain"}
    figure.update_xaxes(range=[0, size_x], **hidden)
    figure.update_yaxes(range=[size_y, 0], scaleanchor="x", **hidden)
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        plot_bgcolor="#000000",
        paper_bgcolor="#000000",
        dragmode="pan",
        showlegend=False,
        uirevision=key,
        modebar={"bgcolor": "rgba(0,0,0,0.4)", "color": "#c8d2dc", "activecolor": "#ffffff"},
    )
    if found.spacing_mm is not None:
        _add_bar(figure, size_x, size_y)
    return figure


def _add_bar(figure: go.Figure, size_x: float, size_y: float) -> None:
    """A bar of whole millimetres in the lower left corner; it grows with the zoom."""
    long = next((mm for mm in _BAR_MM if mm <= _BAR_SHARE * size_x), _BAR_MM[-1])
    left, low = 0.03 * size_x, 0.97 * size_y
    # White on black: seen on any picture.
    for color, width in (("#000000", 7), ("#ffffff", 3)):
        line = {"color": color, "width": width}
        figure.add_shape(type="line", x0=left, x1=left + long, y0=low, y1=low, line=line)
    figure.add_annotation(
        x=left + long / 2,
        y=low,
        text=f"{long} mm",
        showarrow=False,
        yanchor="bottom",
        yshift=5,
        bgcolor="rgba(0,0,0,0.6)",
        font={"color": "#ffffff", "size": 12},
    )


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
