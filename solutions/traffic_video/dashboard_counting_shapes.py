"""Between a scene's tree and the shapes that are drawn on a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lepton_core.messages import t
from lepton_core.ui.shape_editor import AREA, LINE

from .dashboard_counting import PAGE

GROUND = "ground"
FORMS = {"line": LINE, "zone": AREA, "lane": AREA, GROUND: AREA}
_COLORS = {"line": "#ffc400", "zone": "#4da3ff", "lane": "#b0b7bf", GROUND: "#ff7bd5"}
_LISTS = {"zone": "zones", "lane": "lanes"}


def kinds() -> dict[str, dict[str, Any]]:
    """What can be drawn, for :func:`lepton_core.ui.shape_editor.edit_shapes`."""
    return {
        kind: {
            "form": form,
            "color": _COLORS[kind],
            "name": t(f"{PAGE}.scene.new.{kind}"),
            "corners": 4 if kind == GROUND else 0,
            "most": 1 if kind == GROUND else 0,
        }
        for kind, form in FORMS.items()
    }


def shapes_of(tree: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The shapes of a scene's tree."""
    found: list[dict[str, Any]] = [
        {"kind": kind, "name": area["name"], "points": [list(p) for p in area["points"]]}
        for kind, name in _LISTS.items()
        for area in tree.get(name) or ()
    ]
    calibration = tree.get("calibration")
    if calibration is not None:
        points = [list(p) for p in calibration["pixels"]]
        found.append({"kind": GROUND, "name": t(f"{PAGE}.scene.new.ground"), "points": points})
    for line in tree.get("lines") or ():
        points = [list(line["start"]), list(line["end"])]
        side = line.get("to_right", "")
        found.append({"kind": "line", "name": line["name"], "points": points, "side": side})
    return found


def merged(
    tree: Mapping[str, Any], shapes: Sequence[Mapping[str, Any]], ground: tuple[float, float]
) -> dict[str, Any]:
    """The tree with what was drawn; names of directions stay with their lines.

    Args:
        tree: as it was; what was said of a line's or zone's service stays with it.
        shapes: as they stand on the picture.
        ground: metres across and along of a rectangle on the road, for a newly drawn one.
    """
    lines = {line["name"]: line for line in tree.get("lines") or ()}
    usual = {way: t(f"{PAGE}.scene.{way}") for way in ("to_right", "to_left")}
    new: dict[str, Any] = {
        name: tree[name] for name in ("frame", "interval_s", "checked") if name in tree
    }

    def kept(name: str, shape: Mapping[str, Any]) -> dict[str, Any]:
        return service_of(tree, name, shape["name"])

    for shape in shapes:
        points = [list(point) for point in shape["points"]]
        if shape["kind"] == "line":
            ends = {"name": shape["name"], "start": points[0], "end": points[1]}
            old = lines.get(shape["name"], usual)
            ways = {way: old.get(way, "") for way in usual}
            new.setdefault("lines", []).append({**ends, **ways, **kept("lines", shape)})
        elif shape["kind"] in _LISTS:
            name = _LISTS[shape["kind"]]
            area = {"name": shape["name"], "points": points, **kept(name, shape)}
            new.setdefault(name, []).append(area)
        elif shape["kind"] == GROUND:
            new["calibration"] = {"pixels": points, "metres": _metres(tree, points, ground)}
    return new


def service_of(tree: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
    """``{"service": ...}`` of a line or zone, which is not drawn; empty where nothing is given.

    Args:
        tree: of a scene.
        kind: ``lines`` or ``zones``.
        name: of the line or zone.
    """
    for one in tree.get(kind) or ():
        if one["name"] == name and "service" in one:
            return {"service": one["service"]}
    return {}


def _metres(
    tree: Mapping[str, Any], points: list[list[float]], ground: tuple[float, float]
) -> list[list[float]]:
    """Where the corners are on the ground: as told, unless they were drawn anew."""
    old = tree.get("calibration")
    moved = (
        0 if old is None else sum(list(a) != b for a, b in zip(old["pixels"], points, strict=False))
    )
    # Dragging moves one corner at a time; four new ones are another rectangle.
    if old is not None and moved <= 1:
        return [list(point) for point in old["metres"]]
    across, along = ground
    return [[0.0, 0.0], [across, 0.0], [across, along], [0.0, along]]
