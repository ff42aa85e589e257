"""A picture that a person zooms and pans; what is drawn in it may change under the same view."""

from __future__ import annotations

from lepton_core.messages import t
from lepton_core.ui.component import check_source, component

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
    check_source(source)
    if not aspect > 0:
        raise ValueError(f"aspect is above 0. Received: {aspect!r}")
    component("zoomable", _HTML, "zoomable.css")(
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
