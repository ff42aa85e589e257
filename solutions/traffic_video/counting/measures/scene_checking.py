"""What can be wrong in a scene file: every fault is found at once and says where it is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from lepton_core.errors import DataError

from .geometry import area_px, corner_turns, is_crossing_itself
from .service_given import approach_faults, road_faults

_KEYS = {
    "": ("frame", "lines", "lanes", "zones", "calibration", "interval_s", "checked"),
    "frame": ("width", "height"),
    "lines": ("name", "start", "end", "to_right", "to_left", "service"),
    "lanes": ("name", "points"),
    "zones": ("name", "points", "service"),
    "calibration": ("pixels", "metres"),
}
_LEAST_LINE_PX = 4.0
_LEAST_AREA_PX = 16.0


def check_scene(tree: Any, source: str) -> None:
    """Say what is wrong with a scene.

    Args:
        tree: what was read.
        source: what errors call it.

    Raises:
        DataError: the one fault, or ``traffic_video.scene.several`` with all of them.
    """
    faults = list(_faults(tree, source))
    if len(faults) == 1:
        raise faults[0]
    if faults:
        told = " ".join(f"({i}) {fault}" for i, fault in enumerate(faults, 1))
        raise DataError("traffic_video.scene.several", source=source, n=len(faults), faults=told)


def _faults(tree: Any, source: str) -> Iterator[DataError]:
    def fault(key: str, where: str, **values: Any) -> DataError:
        return DataError(f"traffic_video.scene.{key}", source=source, where=where, **values)

    if not isinstance(tree, dict):
        yield fault("no_mapping", "frame", received=type(tree).__name__)
        return
    for name in tree:
        if name not in _KEYS[""]:
            yield fault("unknown_key", str(name), known=", ".join(_KEYS[""]))
    size = _size(tree.get("frame"))
    if size is None:
        yield fault("frame", "frame", received=tree.get("frame"))
        return
    for kind in ("lines", "lanes", "zones"):
        rows = tree.get(kind)
        if rows is None:
            continue
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            yield fault("no_list", kind, received=type(rows).__name__)
            continue
        yield from _names(rows, kind, fault)
        for number, row in enumerate(rows):
            where = f"{kind}[{number}]"
            unknown = [key for key in row if key not in _KEYS[kind]]
            if unknown:
                known = ", ".join(_KEYS[kind])
                yield fault("unknown_key", f"{where}.{unknown[0]}", known=known)
            yield from (_line if kind == "lines" else _area)(row, where, size, fault)
    calibration = tree.get("calibration")
    if calibration is not None:
        yield from _calibration(calibration, fault)
    interval = tree.get("interval_s")
    if interval is not None and not (_is_number(interval) and interval >= 1):
        yield fault("interval", "interval_s", received=interval)
    yield from _checked(tree.get("checked"), fault)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _checked(tree: Any, fault: Any) -> Iterator[DataError]:
    if tree is None:
        return
    names = ("right", "missed", "wrong")
    values: list[Any] = [tree.get(name) for name in names] if isinstance(tree, dict) else []
    whole = all(isinstance(v, int) and not isinstance(v, bool) and v >= 0 for v in values)
    if not values or set(tree) != set(names) or not whole:
        yield fault("checked", "checked", received=tree)
    elif not values[0] + values[1]:
        yield DataError("traffic_video.checked.empty", false=values[2])


def _size(frame: Any) -> tuple[int, int] | None:
    if not isinstance(frame, dict) or set(frame) != {"width", "height"}:
        return None
    width, height = frame["width"], frame["height"]
    whole = all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in (width, height))
    return (width, height) if whole else None


def _names(rows: list[dict[str, Any]], kind: str, fault: Any) -> Iterator[DataError]:
    for number, row in enumerate(rows):
        name = row.get("name")
        if not isinstance(name, str) or not name.strip():
            yield fault("name", f"{kind}[{number}].name", received=name)
    often = Counter(row.get("name") for row in rows if isinstance(row.get("name"), str))
    for name, count in often.items():
        if count > 1:
            yield fault("name_twice", kind, name=name, n=count)


def _point(value: Any) -> tuple[float, float] | None:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return None
    if any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in value):
        return None
    x, y = float(value[0]), float(value[1])
    return (x, y) if math.isfinite(x) and math.isfinite(y) else None


def _outside(point: tuple[float, float], size: tuple[int, int]) -> bool:
    return not (0 <= point[0] <= size[0] and 0 <= point[1] <= size[1])


def _line(
    row: dict[str, Any], where: str, size: tuple[int, int], fault: Any
) -> Iterator[DataError]:
    ends = []
    for key in ("start", "end"):
        point = _point(row.get(key))
        if point is None:
            yield fault("point", f"{where}.{key}", received=row.get(key))
        elif _outside(point, size):
            received = f"{point[0]:g}, {point[1]:g}"
            width, height = size
            yield fault("outside", f"{where}.{key}", point=received, width=width, height=height)
        else:
            ends.append(point)
    if len(ends) == 2 and math.dist(*ends) < _LEAST_LINE_PX:
        yield fault("short", where, length=math.dist(*ends), least=_LEAST_LINE_PX)
    for key in ("to_right", "to_left"):
        if key in row and not isinstance(row[key], str):
            yield fault("name", f"{where}.{key}", received=row[key])
    named = [row.get(key) for key in ("to_right", "to_left")]
    if named[0] == named[1] and named[0] is not None:
        yield fault("same_directions", where, name=named[0])
    yield from road_faults(row.get("service"), f"{where}.service", fault)


def _area(
    row: dict[str, Any], where: str, size: tuple[int, int], fault: Any
) -> Iterator[DataError]:
    if where.startswith("zones"):
        yield from approach_faults(row.get("service"), f"{where}.service", fault)
    points = row.get("points")
    if not isinstance(points, list) or len(points) < 3:
        n = len(points) if isinstance(points, list) else 0
        yield fault("few_points", where, n=n)
        return
    good = []
    for number, value in enumerate(points):
        point = _point(value)
        if point is None:
            yield fault("point", f"{where}.points[{number}]", received=value)
        elif _outside(point, size):
            received = f"{point[0]:g}, {point[1]:g}"
            place = f"{where}.points[{number}]"
            yield fault("outside", place, point=received, width=size[0], height=size[1])
        else:
            good.append(point)
    if len(good) != len(points):
        return
    polygon = np.array(good, float)
    if is_crossing_itself(polygon):
        yield fault("crosses_itself", where)
    elif area_px(polygon) < _LEAST_AREA_PX:
        yield fault("flat", where, area=area_px(polygon), least=_LEAST_AREA_PX)


def _calibration(tree: Any, fault: Any) -> Iterator[DataError]:
    if not isinstance(tree, dict):
        yield fault("no_mapping", "calibration", received=type(tree).__name__)
        return
    for key in tree:
        if key not in _KEYS["calibration"]:
            known = ", ".join(_KEYS["calibration"])
            yield fault("unknown_key", f"calibration.{key}", known=known)
    for key, least in (("pixels", 8.0), ("metres", 0.1)):
        rows = tree.get(key)
        points = [_point(row) for row in rows] if isinstance(rows, list) else []
        if len(points) != 4 or None in points:
            yield fault("four_points", f"calibration.{key}", received=rows)
            continue
        turns = corner_turns(np.array(points, float))
        # A corner that turns the other way, or hardly, makes a projection that folds.
        if not (np.all(turns > least) or np.all(turns < -least)):
            yield fault("no_quad", f"calibration.{key}")
