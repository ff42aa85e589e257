"""A picture on which a person draws boxes and says of what class each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lepton_core.messages import t
from lepton_core.ui.component import check_source, component, nothing, told_of

_HTML = (
    '<div class="editor boxes" role="application" tabindex="0"><div class="frame">'
    '<img alt="" draggable="false"><svg preserveAspectRatio="none"></svg></div>'
    '<div class="row"><button class="remove" type="button"></button>'
    '<button class="rename" type="button"></button><button class="clear" type="button"></button>'
    '<span class="hint"></span></div></div>'
)
_CORNERS = ("x0", "y0", "x1", "y1")


def edit_boxes(
    source: str,
    size: tuple[int, int],
    boxes: Sequence[Mapping[str, Any]],
    picture: str,
    key: str,
    *,
    label: str,
    names: Mapping[str, str],
    colors: Mapping[str, str],
    alt: str,
) -> list[dict[str, Any]]:
    """Draw a picture with boxes that can be added, removed and given another class.

    Args:
        source: the picture as a data URI.
        size: its width and height, the pixels that boxes are counted in.
        boxes: those to begin with, ``label x0 y0 x1 y1`` each.
        picture: which one; another begins with its own boxes.
        key: of the element.
        label: the class of boxes that are drawn from now on.
        names: class -> what it is called on the page.
        colors: class -> ``#rrggbb``.
        alt: what is seen, for screen readers.

    Returns:
        the boxes as they stand, ``label x0 y0 x1 y1``, whole pixels within the picture.

    Raises:
        ValueError: ``source`` is no data URI.
    """
    check_source(source)
    width, height = size
    begin = [_box(box, width, height) for box in boxes]
    told = component("box_editor", _HTML, "editor.css")(
        data={
            "source": source,
            "width": width,
            "height": height,
            "boxes": begin,
            "key": picture,
            "label": label,
            "names": dict(names),
            "colors": dict(colors),
            "alt": alt,
            "words": {n: t(f"ui.boxes.{n}") for n in ("remove", "rename", "clear", "hint")},
        },
        key=key,
        on_boxes_change=nothing,
    )
    return drawn_boxes(told.boxes, picture, size, begin)


def drawn_boxes(
    told: Any, picture: str, size: tuple[int, int], begin: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What the browser told, where it is of this picture and makes sense; else what it began with.

    Example:
        >>> told = {"key": "a", "boxes": [{"label": "dent", "x0": -2, "y0": 1, "x1": 9, "y1": 99}]}
        >>> drawn_boxes(told, "a", (20, 10), [])
        [{'label': 'dent', 'x0': 0, 'y0': 1, 'x1': 9, 'y1': 10}]
        >>> drawn_boxes(told, "b", (20, 10), [])
        []
    """
    given = told_of(told, picture, "boxes")
    if given is None:
        return begin
    try:
        found = [_box(box, *size) for box in given]
    except (KeyError, TypeError, ValueError):
        return begin
    return [box for box in found if box["x1"] > box["x0"] and box["y1"] > box["y0"]]


def _box(box: Mapping[str, Any], width: int, height: int) -> dict[str, Any]:
    most = (width, height, width, height)
    corners = {
        name: min(max(round(float(box[name])), 0), end)
        for name, end in zip(_CORNERS, most, strict=True)
    }
    return {"label": str(box["label"]), **corners}
