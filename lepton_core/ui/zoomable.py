"""A picture that a person zooms and pans; what is drawn in it may change under the same view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from lepton_core.messages import t

_HTML = (
    '<div class="zoomable" role="img" tabindex="0"><img alt="" draggable="false">'
    '<div class="bar" hidden></div><div class="buttons">'
    '<button class="closer" type="button">+</button>'
    '<button class="wider" type="button">−</button>'
    '<button class="whole" type="button">⟲</button></div></div>'
)


def show_zoomable(
    source: str,
    aspect: float,
    picture: str,
    key: str,
    *,
    alt: str,
    height: int = 640,
    millimetres: float | None = None,
) -> None:
    """Draw a picture that zooms by wheel, pinch or buttons and pans by dragging.

    Args:
        source: the picture as a data URI; anything else would be fetched by the browser.
        aspect: width over height as it is to be seen, above 0.
        picture: which one; zoom and place are kept until another comes.
        key: of the element.
        alt: what is seen, for screen readers.
        height: of the frame in pixels, at most; less where the window is narrow.
        millimetres: width of the picture, for a bar of whole millimetres; None for no bar.

    Raises:
        ValueError: ``source`` is no data URI, or ``aspect`` is not above 0.
    """
    if not source.startswith("data:image/") or not aspect > 0:
        raise ValueError(
            "source is a data URI and aspect above 0. "
            f"Received: source={source[:20]!r}, aspect={aspect!r}"
        )
    _component()(
        data={
            "source": source,
            "aspect": aspect,
            "key": picture,
            "alt": alt,
            "height": height,
            "millimetres": millimetres,
            "words": {name: t(f"ui.zoom.{name}") for name in ("closer", "wider", "whole")},
        },
        key=key,
    )


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    folder = Path(__file__).parent
    return st.components.v2.component(
        "lepton_zoomable",
        html=_HTML,
        css=(folder / "zoomable.css").read_text(encoding="utf-8"),
        js=(folder / "zoomable.js").read_text(encoding="utf-8"),
    )
