"""Stored pictures as they are shown: thumbnails, one at a glance, a frame to window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st

from lepton_core.decision import Decision
from lepton_core.image_header import read_header
from lepton_core.images import resize
from lepton_core.records.frame import Frame
from lepton_core.records.frame_reading import decode_frame, read_frame
from lepton_core.rejects import Refusal
from lepton_core.ui.loader import bundle_stamp, load
from lepton_core.ui.picture_uri import encoded

from .dashboard_xray_desk import Desk
from .xray.output.evidence import evidence, scale_of
from .xray.output.export import fitted
from .xray.output.overlay import Scale, overlay

_THUMBNAIL = 72
_GLANCE_OPACITY = 0.4
_EXIF_BYTES = 4096

# What is remembered is given a reader and no bytes: a rerun then copies no stored picture.


@st.cache_data(show_spinner=False, max_entries=4096, scope="session")
def thumbnail(key: str, _read: Callable[[], bytes]) -> str:
    """A picture of at most 72 pixels a side as a data URI; a grey square for what is gone."""
    picture = decoded(_read(), _THUMBNAIL)
    return encoded(np.full((8, 8), 120, np.uint8) if picture is None else picture)


def decoded(data: bytes, longest: int) -> np.ndarray | None:
    """A picture in its default view at most so many pixels a side, uint8 [height, width].

    A large JPEG decodes at a fraction of its size. None where it no longer decodes.
    """
    header = read_header(data)
    size = None
    # One that EXIF data may turn has its sides in an order that only decoding tells.
    is_turned = b"Exif" in data[:_EXIF_BYTES]
    if header is not None and not is_turned and max(header.width, header.height) > longest:
        factor = longest / max(header.width, header.height)
        size = max(round(header.height * factor), 1), max(round(header.width * factor), 1)
    try:
        return fitted(decode_frame(data, channels=1, size=size)[..., 0], longest)
    except Refusal:
        return None


# Few: a film is tens of megabytes.
@st.cache_data(show_spinner=False, max_entries=4, scope="session")
def frame(key: str, _read: Callable[[], bytes]) -> Frame | None:
    """A picture in the units of its file, at its own size; None where it no longer decodes."""
    try:
        return read_frame(_read())
    except Refusal:
        return None


def map_of(desk: Desk, row: int) -> np.ndarray | None:
    """Evidence for what the row's probability is of, float32 [rows, columns] in logits.

    None where the model has no map.
    """
    values = desk.scored.raw.get("map")
    if values is None:
        return None
    readings = desk.readings
    number = 1 if readings.is_two else int(readings.codes[row])
    decision: Decision = readings.decision
    return evidence(decision, values[row], readings.decision.classes[number])


def heat_scale(folder: Path) -> Scale:
    """What full colour stands for on every picture of a bundle, as in the files handed on."""
    return _scale(str(folder), bundle_stamp(folder))


@st.cache_resource(show_spinner=False, max_entries=8)
def _scale(folder: str, stamp: int) -> Scale:
    return scale_of(load(Path(folder)))


def glance(desk: Desk, row: int, longest: int) -> np.ndarray | None:
    """A picture with its heatmap, uint8 [height, width, 3], at least half of ``longest`` large."""
    picture = decoded(desk.image(row), longest)
    if picture is None:
        return None
    times = max(longest // max(picture.shape), 1)
    height, width = picture.shape
    picture = resize(picture, (height * times, width * times))
    values = map_of(desk, row)
    if values is None:
        return np.repeat(picture[..., None], 3, axis=2)
    return overlay(picture, values, heat_scale(desk.folder), _GLANCE_OPACITY)
