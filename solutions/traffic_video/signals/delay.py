"""Delay, queue and level of service of a movement at a signal, by the published formulas.

All functions take numbers or arrays of any shapes that go together, and work on them at once.
Flows and capacities are in veh/h, times in seconds, ``hours`` in hours, delays in s/veh.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

# Upper ends of control delay, s/veh: HCM 2000, Exhibit 16-2, the same in HCM 2010 and 6th edition.
LOS_ENDS = (10.0, 20.0, 35.0, 55.0, 80.0)
LEVELS = ("A", "B", "C", "D", "E", "F")
_LEAST = 1e-9


def saturation_degree(flow: ArrayLike, capacity: ArrayLike) -> np.ndarray:
    """Flow over capacity; 0 where nothing comes, infinite where something comes and no green is.

    Example:
        >>> saturation_degree([0, 450, 10], [900, 900, 0]).tolist()
        [0.0, 0.5, inf]
    """
    flow, capacity = np.asarray(flow, np.float64), np.asarray(capacity, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = flow / capacity
    return np.where(flow > 0, found, 0.0)


def uniform_delay(cycle: ArrayLike, green: ArrayLike, x: ArrayLike) -> np.ndarray:
    """Delay if vehicles came evenly (D/D/1); beyond saturation that at saturation.

    Args:
        cycle: cycle, above 0.
        green: effective green, 0 to ``cycle``.
        x: degree of saturation, at least 0.

    Source:
        Webster 1958, first term; HCM 2000, equation 16-11 (d1).

    Example:
        >>> float(uniform_delay(60, 30, (20 / 50) / (30 / 60)))  # 20 and 50 veh/min
        12.5
    """
    cycle = np.asarray(cycle, np.float64)
    share = np.asarray(green, np.float64) / cycle
    room = 1 - np.minimum(x, 1.0) * share
    return 0.5 * cycle * (1 - share) ** 2 / np.maximum(room, _LEAST)


def incremental_delay(x: ArrayLike, capacity: ArrayLike, hours: float) -> np.ndarray:
    """Delay by chance and by overflow in a time that begins without a queue.

    Args:
        x: degree of saturation, also above 1.
        capacity: veh/h.
        hours: how long the flow lasts.

    Source:
        HCM 2000, equation 16-12 (d2), with k = 0.5 (fixed time) and I = 1 (isolated).

    Example:
        >>> round(float(incremental_delay(800 / 775, 775, 0.25)), 1)
        40.9
    """
    away = np.asarray(x, np.float64) - 1
    room = np.maximum(np.asarray(capacity, np.float64) * hours, _LEAST)
    return 900 * hours * (away + np.sqrt(away**2 + 4 * (away + 1) / room))


def control_delay(
    flow: ArrayLike, saturation: ArrayLike, green: ArrayLike, cycle: ArrayLike, hours: float
) -> np.ndarray:
    """Mean control delay, below and above capacity: d1 + d2 of the Highway Capacity Manual.

    Args:
        flow: veh/h; without a flow the delay is that of a single vehicle.
        saturation: veh/h of green.
        green: effective green.
        cycle: cycle.
        hours: how long the flow lasts.
    """
    saturation, green = np.asarray(saturation, np.float64), np.asarray(green, np.float64)
    capacity = saturation * green / np.asarray(cycle, np.float64)
    x = saturation_degree(flow, np.maximum(capacity, _LEAST))
    return uniform_delay(cycle, green, x) + incremental_delay(x, capacity, hours)


def webster_delay(
    flow: ArrayLike, saturation: ArrayLike, green: ArrayLike, cycle: ArrayLike
) -> np.ndarray:
    """Webster's delay with its correction term, of a flow that lasts; NaN from saturation on.

    Args:
        flow: veh/h.
        saturation: veh/h of green.
        green: effective green.
        cycle: cycle.

    Source:
        Webster, Traffic signal settings, Road Research Technical Paper 39, 1958.

    Example:
        >>> webster_delay([600, 900], 1800, 30, 60).round(1).tolist()
        [13.9, nan]
    """
    flow, cycle = np.asarray(flow, np.float64), np.asarray(cycle, np.float64)
    saturation = np.asarray(saturation, np.float64)
    share = np.asarray(green, np.float64) / cycle
    x = saturation_degree(flow, saturation * share)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        q = flow / 3600
        chance = np.where(flow > 0, x**2 / (2 * q * (1 - x)), 0.0)
        correction = 0.65 * np.cbrt(cycle / q**2) * x ** (2 + 5 * share)
        found = uniform_delay(cycle, green, x) + chance - np.where(flow > 0, correction, 0.0)
    return np.where(x < 1, np.maximum(found, 0.0), np.nan)


def md1_wait(flow: ArrayLike, capacity: ArrayLike) -> np.ndarray:
    """Mean wait, s/veh, where vehicles come by chance and one server takes each the same time.

    Source:
        Pollaczek and Khinchine, for M/D/1: x / (2 mu (1 - x)). NaN from saturation on.

    Example:
        >>> float(md1_wait(900, 1800))
        1.0
    """
    x = saturation_degree(flow, capacity)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = x / (2 * (1 - x)) * 3600 / np.asarray(capacity, np.float64)
    return np.where(x < 1, found, np.nan)


def queue_95(
    flow: ArrayLike, saturation: ArrayLike, green: ArrayLike, cycle: ArrayLike, hours: float
) -> np.ndarray:
    """How far back the queue of one lane reaches at most in 95 of 100 cycles, vehicles.

    Args:
        flow: of one lane, veh/h.
        saturation: of one lane, veh/h of green.
        green: effective green.
        cycle: cycle.
        hours: how long the flow lasts.

    Source:
        HCM 2000, chapter 16, appendix G: Q1 + Q2 with the factor for 95% and fixed time.
    """
    flow, saturation = np.asarray(flow, np.float64), np.asarray(saturation, np.float64)
    cycle = np.asarray(cycle, np.float64)
    share = np.asarray(green, np.float64) / cycle
    capacity = np.maximum(saturation * share, _LEAST)
    x = saturation_degree(flow, capacity)
    room = np.maximum(1 - np.minimum(x, 1.0) * share, _LEAST)
    first = flow * cycle / 3600 * (1 - share) / room
    k = 0.12 * np.maximum(saturation * np.asarray(green, np.float64) / 3600, _LEAST) ** 0.7
    away, n = x - 1, capacity * hours
    second = 0.25 * n * (away + np.sqrt(away**2 + 8 * k * x / n))
    mean = first + second
    return mean * (1.6 + np.exp(-mean / 5))


def level_of_service(delay: ArrayLike, x: ArrayLike) -> np.ndarray:
    """Place in ``LEVELS`` by control delay; above capacity F, whatever the delay.

    Source:
        HCM 2010, Exhibit 18-4.

    Example:
        >>> [LEVELS[at] for at in level_of_service([10, 10.1, 80, 81, 30], [0.5] * 4 + [1.01])]
        ['A', 'B', 'E', 'F', 'F']
    """
    by_delay = np.searchsorted(LOS_ENDS, np.asarray(delay, np.float64), side="left")
    return np.where(np.asarray(x) > 1, len(LOS_ENDS), by_delay)
