"""Window and level: presets for what is to be seen, and two sliders from there."""

from __future__ import annotations

import numpy as np
import streamlit as st

from lepton_core.messages import t
from lepton_core.records.frame import Frame, Window, range_window

STORED, FULL, LUNG, DENSE, CONTRAST = "stored", "full", "lung", "dense", "contrast"
# Windows of a CT in Hounsfield units, as they are usual for reading.
_HOUNSFIELD = {LUNG: (-600.0, 1500.0), DENSE: (400.0, 1800.0), CONTRAST: (40.0, 400.0)}
# Percentiles of the values that are black and white, for a picture without units: lungs are the
# darker half of a chest X-ray, spine and diaphragm the brighter.
_PERCENTILES = {LUNG: (1.0, 65.0), DENSE: (35.0, 99.5), CONTRAST: (20.0, 80.0)}
_SAMPLE = 4


def windows(found: Frame) -> dict[str, Window | None]:
    """The presets of a frame, by name; None for its default view, which may be a curve.

    Example:
        >>> ramp = np.linspace(0, 100, 400, dtype=np.float32).reshape(20, 20)
        >>> made = windows(Frame(ramp, (50.5, 101.0)))
        >>> made["stored"] is None, made["full"]
        (True, (50.5, 101.0))
    """
    values = found.values
    low, high = float(values.min()), float(values.max())
    made: dict[str, Window | None] = {STORED: None, FULL: range_window(low, high)}
    if found.unit == "HU":
        return made | _HOUNSFIELD
    some = values[::_SAMPLE, ::_SAMPLE]
    for name, ends in _PERCENTILES.items():
        black, white = np.percentile(some, ends)
        made[name] = range_window(float(black), float(white))
    return made


def choose_window(key: str, found: Frame) -> tuple[Window | None, bool]:
    """Draw presets, sliders and the switch that turns black and white.

    Args:
        key: of the picture; sliders of another picture begin at its own preset.
        found: the frame.

    Returns:
        center and width, None for the frame's default view; and whether it is turned.
    """
    presets = windows(found)
    names = {name: t(f"medical_imaging.viewer.window.{name}") for name in presets}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        preset = st.segmented_control(
            t("medical_imaging.viewer.window.label"),
            list(presets),
            default=STORED,
            required=True,
            format_func=names.__getitem__,
            key="xray.viewer.preset",
            help=t("medical_imaging.viewer.window.help"),
            persist_state="session",
        )
        is_inverted = st.toggle(
            t("medical_imaging.viewer.invert"), key="xray.viewer.invert", persist_state="session"
        )
    first = presets[str(preset)]
    center, width = first or found.window
    low, high = float(found.values.min()), float(found.values.max())
    span = max(high - low, 1.0)
    # Whole steps where values are whole; a hundredth of a small range else.
    step = 1.0 if span >= 50 else span / 100
    slot = f"xray.viewer.{key}.{preset}"
    left, right = st.columns(2)
    with left:
        level = _slider("level", center, low, low + span, step, f"{slot}.level")
    with right:
        wide = _slider("width", width, step, 2 * span + step, step, f"{slot}.width")
    if level is None and wide is None:
        return first, is_inverted
    return (center if level is None else level, width if wide is None else wide), is_inverted


def _slider(
    name: str, value: float, low: float, high: float, step: float, key: str
) -> float | None:
    """A slider; None while it stands where the preset put it, which may be between two steps."""
    start = float(np.clip(round(value / step) * step, low, high))
    chosen = st.slider(
        t(f"medical_imaging.viewer.{name}"),
        min_value=low,
        max_value=high,
        value=start,
        step=step,
        format="%d" if step == 1 else "%.2f",
        key=key,
    )
    return None if abs(chosen - start) < step / 2 else chosen
