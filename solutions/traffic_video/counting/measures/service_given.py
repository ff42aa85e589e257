"""What a level of service needs and no camera sees: a person writes it beside a line or a zone.

lines:
  - name: gate
    ...
    service: {lanes_to_right: 2, lanes_to_left: 1, heavy_share: 0.1, free_speed_kmh: 100}
zones:
  - name: approach
    ...
    service: {control: signal, free_s: 4.5}
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

SIGNAL, STOP = "signal", "stop"
CONTROLS = (SIGNAL, STOP)
"""Who holds traffic up at the end of a zone: a signal, or a stop sign."""
MOST_LANES = 12


@dataclass(frozen=True)
class RoadService:
    """A freeway or multilane road at a line; what nobody told is None.

    Args:
        lanes_to_right: lanes of the direction that crosses to the line's right hand, at least 1.
        lanes_to_left: likewise for the other way.
        heavy_share: trucks and buses among all vehicles, 0 to 1; as counted where nobody says.
        free_speed_kmh: of vehicles that nothing holds up; stands for the speed where the camera
            is not calibrated.
    """

    lanes_to_right: int | None = None
    lanes_to_left: int | None = None
    heavy_share: float | None = None
    free_speed_kmh: float | None = None


@dataclass(frozen=True)
class ApproachService:
    """A zone before a signal or a stop sign.

    Args:
        control: one of ``CONTROLS``.
        free_s: how long a vehicle that nothing holds up is in the zone, seconds, at least 0.
    """

    control: str
    free_s: float


def road_of(tree: Any) -> RoadService | None:
    """Of a checked tree; None where nothing is given."""
    if tree is None:
        return None
    heavy, free = (
        None if tree.get(name) is None else float(tree[name])
        for name in ("heavy_share", "free_speed_kmh")
    )
    return RoadService(tree.get("lanes_to_right"), tree.get("lanes_to_left"), heavy, free)


def approach_of(tree: Any) -> ApproachService | None:
    """Of a checked tree; None where nothing is given."""
    return None if tree is None else ApproachService(tree["control"], float(tree["free_s"]))


def tree_of_service(service: RoadService | ApproachService | None) -> dict[str, Any]:
    """``{"service": ...}`` for a scene's tree; empty where nothing is given.

    Example:
        >>> tree_of_service(RoadService(lanes_to_right=2))
        {'service': {'lanes_to_right': 2}}
    """
    known = {} if service is None else {k: v for k, v in asdict(service).items() if v is not None}
    return {"service": known} if known else {}


def road_faults(tree: Any, where: str, fault: Any) -> Iterator[Any]:
    """What is wrong with the service of a line."""
    checks = {
        "lanes_to_right": _is_lanes,
        "lanes_to_left": _is_lanes,
        "heavy_share": lambda value: _is_number(value) and 0 <= value <= 1,
        "free_speed_kmh": lambda value: _is_number(value) and value > 0,
    }
    usual = "{lanes_to_right: 2, lanes_to_left: 2, heavy_share: 0.1, free_speed_kmh: 100}"
    yield from _faults(tree, where, fault, checks, usual)


def approach_faults(tree: Any, where: str, fault: Any) -> Iterator[Any]:
    """What is wrong with the service of a zone."""
    checks = {
        "control": lambda value: isinstance(value, str) and value in CONTROLS,
        "free_s": lambda value: _is_number(value) and value >= 0,
    }
    usual = "{control: signal, free_s: 4.5}"
    if isinstance(tree, dict) and set(checks) - set(tree):
        yield fault("service", where, received=tree, usual=usual)
        return
    yield from _faults(tree, where, fault, checks, usual)


def _faults(tree: Any, where: str, fault: Any, checks: dict[str, Any], usual: str) -> Iterator[Any]:
    if tree is None:
        return
    if not isinstance(tree, dict):
        yield fault("service", where, received=tree, usual=usual)
        return
    for name, value in tree.items():
        if name not in checks:
            yield fault("unknown_key", f"{where}.{name}", known=", ".join(checks))
        elif not checks[name](value):
            yield fault("service", f"{where}.{name}", received=value, usual=usual)


def _is_lanes(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_LANES


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
