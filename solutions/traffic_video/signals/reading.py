"""Records of one intersection and period to a :class:`.junction.Junction`, or what is wrong."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from lepton_core.planned import Fault

from .config import Config
from .junction import MOST_PHASES, Junction
from .webster import least_cycle

_APART = re.compile(r"[\s;,+/&|]+")
_DEFAULT_LANES = 1


def phases_in(text: str) -> tuple[int, ...] | None:
    """The phases that a cell names, ascending, once each; None where it is no list of them.

    Example:
        >>> phases_in("2 1"), phases_in("1;4;4"), phases_in("2.0"), phases_in("A"), phases_in("9")
        ((1, 2), (1, 4), (2,), None, (9,))
    """
    parts = [part.removesuffix(".0") for part in _APART.split(text.strip()) if part]
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return tuple(sorted({int(part) for part in parts}))


def follows(phases: tuple[int, ...], n: int) -> bool:
    """Whether phases (from 1) of ``n`` follow each other, the first after the last.

    Example:
        >>> follows((1, 4), 4), follows((1, 3), 4)
        (True, False)
    """
    row = np.zeros(n, bool)
    row[[phase - 1 for phase in phases]] = True
    return bool(row.all() or (row & ~np.roll(row, 1)).sum() == 1)


def read_junction(rows: list[dict[str, Any]], config: Config) -> Junction | list[Fault]:
    """The junction of a unit's records, or all that is wrong with them.

    Args:
        rows: checked records with the columns of the task's inputs.
        config: timing and what stands for what records do not say.
    """
    faults: list[Fault] = []
    phases = [_phases(at, row, faults) for at, row in enumerate(rows)]
    for at, row in enumerate(rows):
        faults += _interval(at, row)
    if not faults:
        faults += _together(phases)
    if not faults and not any(row["flow"] > 0 for row in rows):
        faults.append(Fault(None, "signals_no_flow", {"n": len(rows)}))
    if faults:
        return faults
    junction = _junction(rows, phases, config)
    least, most = least_cycle(junction, config.timing), config.timing.longest
    if least > most:
        return [Fault(None, "signals_least", {"least": least, "most": most})]
    return junction


def _phases(at: int, row: dict[str, Any], faults: list[Fault]) -> tuple[int, ...]:
    """A record's phases; () where that is a fault."""
    text = row["phases"]
    found = phases_in(text)
    if found is None:
        key = "signals_phases" if text.strip() else "signals_no_phase"
        faults.append(Fault(at, key, {"received": text}))
        return ()
    if found[0] < 1 or found[-1] > MOST_PHASES:
        values = {"received": text, "most": MOST_PHASES}
        faults.append(Fault(at, "signals_many_phases", values))
        return ()
    return found


def _interval(at: int, row: dict[str, Any]) -> list[Fault]:
    low, flow, high = row["flow_low"], row["flow"], row["flow_high"]
    given = [one for one in (low, flow, high) if one is not None]
    if given == sorted(given):
        return []
    values = {"low": low, "flow": flow, "high": high}
    shown = {name: "-" if one is None else f"{one:g}" for name, one in values.items()}
    return [Fault(at, "signals_interval", shown)]


def _together(phases: list[tuple[int, ...]]) -> list[Fault]:
    used = sorted({phase for one in phases for phase in one})
    n = used[-1]
    missing = sorted(set(range(1, n + 1)) - set(used))
    if missing:
        named = ", ".join(map(str, missing))
        return [Fault(None, "signals_missing_phase", {"missing": named, "last": n})]
    if n < 2:
        return [Fault(None, "signals_one_phase", {})]
    return [
        Fault(at, "signals_apart_phases", {"received": " ".join(map(str, one)), "last": n})
        for at, one in enumerate(phases)
        if not follows(one, n)
    ]


def _junction(
    rows: list[dict[str, Any]], phases: list[tuple[int, ...]], config: Config
) -> Junction:
    serves = np.zeros((len(rows), max(max(one) for one in phases)), bool)
    for at, one in enumerate(phases):
        serves[at, [phase - 1 for phase in one]] = True
    lanes = np.array([row["lanes"] or _DEFAULT_LANES for row in rows], np.int64)
    flow = np.array([row["flow"] for row in rows], np.float64)
    given = np.array([row["saturation"] or np.nan for row in rows], np.float64)
    saturation = np.where(np.isnan(given), lanes * config.plan.saturation_lane, given)
    least = [_least(row, config) for row in rows]
    return Junction(
        serves,
        flow,
        saturation,
        lanes,
        np.array(least, np.float64),
        np.array([_or(row["flow_low"], row["flow"]) for row in rows], np.float64),
        np.array([_or(row["flow_high"], row["flow"]) for row in rows], np.float64),
        tuple(row["movement"] or row["record_id"] for row in rows),
    )


def _least(row: dict[str, Any], config: Config) -> float:
    """Shortest green by setting, record and pedestrians, s."""
    width = row["crossing_m"]
    crossing = config.timing.crossing_green(width) if width else 0
    return max(config.timing.min_green, row["min_green_s"] or 0.0, crossing)


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
