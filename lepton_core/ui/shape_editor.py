"""A picture on which a person draws lines and areas, moves their corners, and takes them away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lepton_core.messages import t
from lepton_core.ui.component import check_source, component, nothing, told_of

_HTML = (
    '<div class="editor shapes" role="application" tabindex="0"><div class="frame">'
    '<img alt="" draggable="false"><svg preserveAspectRatio="none"></svg></div>'
    '<div class="row"><button class="finish" type="button"></button>'
    '<button class="remove" type="button"></button>'
    '<span class="hint"></span></div></div>'
)
LINE, AREA = "line", "area"


def edit_shapes(
    source: str,
    size: tuple[int, int],
    shapes: Sequence[Mapping[str, Any]],
    picture: str,
    key: str,
    *,
    kind: str,
    kinds: Mapping[str, Mapping[str, Any]],
    alt: str,
) -> list[dict[str, Any]]:
    """Draw a picture with lines and areas that can be added, moved and removed.

    Args:
        source: the picture as a data URI.
        size: its width and height, the pixels that points are counted in.
        shapes: those to begin with: ``kind``, ``name``, ``points`` (lists of x and y), and ``side``
            (what is written at the arrow to a line's right hand) where there is one.
        picture: which one; another begins with its own shapes.
        key: of the element.
        kind: what is drawn from now on.
        kinds: kind -> ``form`` (``line``, two points, or ``area``), ``color``, ``name`` (what new
            ones are called, with a number), ``corners`` (after how many an area is done; 0 for any)
            and ``most`` (how many there may be; a further one takes its place; 0 for any).
        alt: what is seen, for screen readers.

    Returns:
        the shapes as they stand: ``kind``, ``name``, ``points`` within the picture.

    Raises:
        ValueError: ``source`` is no data URI.
    """
    check_source(source)
    width, height = size
    begin = [dict(shape) for shape in shapes]
    told = component("shape_editor", _HTML, "editor.css")(
        data={
            "source": source,
            "width": width,
            "height": height,
            "shapes": begin,
            "key": picture,
            "kind": kind,
            "kinds": {name: dict(facts) for name, facts in kinds.items()},
            "alt": alt,
            "words": {
                n: t(f"ui.shapes.{n}") for n in ("finish", "remove", "hint_line", "hint_area")
            },
        },
        key=key,
        on_shapes_change=nothing,
    )
    return drawn_shapes(told.shapes, picture, size, begin)


def drawn_shapes(
    told: Any, picture: str, size: tuple[int, int], begin: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What the browser told, where it is of this picture and makes sense; else what it began with.

    Example:
        >>> shape = {"kind": "line", "name": "a", "points": [[-3, 1], [30, 5.04]]}
        >>> drawn_shapes({"key": "p", "shapes": [shape]}, "p", (20, 10), [])
        [{'kind': 'line', 'name': 'a', 'points': [[0.0, 1.0], [20.0, 5.0]]}]
        >>> drawn_shapes({"key": "other", "shapes": [shape]}, "p", (20, 10), [])
        []
    """
    given = told_of(told, picture, "shapes")
    if given is None:
        return begin
    try:
        return [_shape(one, size) for one in given]
    except (KeyError, TypeError, ValueError):
        return begin


def _shape(one: Mapping[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    points = [
        [
            round(min(max(float(value), 0.0), float(most)), 1)
            for value, most in zip(p, size, strict=True)
        ]
        for p in one["points"]
    ]
    return {"kind": str(one["kind"]), "name": str(one["name"]), "points": points}
