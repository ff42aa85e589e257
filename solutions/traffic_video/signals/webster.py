"""Webster's cycle and splits, and equal splits, as plans in whole seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .capacity import PRACTICAL, fits
from .config import TimingConfig
from .junction import Junction, Plan, shown_greens


@dataclass(frozen=True)
class Critical:
    """What an intersection needs of every cycle.

    Args:
        total: Webster's Y, the greatest sum of flow ratios of movements that never have green
            together; from 1 on no plan serves all that comes.
        movements: places of these movements, in the order of their phases.
        first: the phase at which they begin.
    """

    total: float
    movements: tuple[int, ...]
    first: int


def critical(junction: Junction) -> Critical:
    """The critical movements.

    Example:
        >>> from .sample import two_phases
        >>> found = critical(two_phases(1000, 900, 2500, 3000))
        >>> round(found.total, 2), found.movements
        (0.7, (0, 1))
    """
    n, ratios = junction.phases, junction.ratios
    best = Critical(-1.0, (), 0)
    for first in range(n):
        # Longest path over the phases from ``first`` on; movements across its border are left out.
        reached: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
        for end in range(1, n + 1):
            here = reached[end - 1]
            for at, (start, count) in enumerate(junction.arcs):
                begin = (start - first) % n
                if count < n and begin + count == end:
                    total, chosen = reached[begin]
                    if total + ratios[at] > here[0]:
                        here = (total + float(ratios[at]), (*chosen, at))
            reached.append(here)
        if reached[n][0] > best.total + 1e-12:
            best = Critical(*reached[n], first)
    return best


def optimal_cycle(total: float, lost: float) -> float:
    """Webster's cycle of least delay, s; infinite where ``total`` is 1 or more.

    Args:
        total: sum of the critical flow ratios.
        lost: lost time of a cycle, s.

    Source:
        Webster 1958: (1.5 L + 5) / (1 - Y).

    Example:
        >>> round(optimal_cycle(0.25 + 0.25 + 0.22, 12))  # Rogers, Highway Engineering, ex. 5.6
        82
    """
    return (1.5 * lost + 5) / (1 - total) if total < 1 else math.inf


def webster_plan(junction: Junction, timing: TimingConfig) -> Plan:
    """Webster's cycle, within what is allowed, and splits by the critical flow ratios.

    Where least greens take so much of that cycle that a movement would be saturated above 0.9, the
    cycle is the shortest in which none is, or the longest allowed.
    """
    found = critical(junction)
    wanted = optimal_cycle(found.total, junction.phases * timing.lost)
    cycle = allowed_cycle(junction, timing, wanted)
    while cycle < timing.longest and not fits(junction, timing, cycle, PRACTICAL):
        cycle += timing.cycle_step
    return webster_splits(junction, timing, cycle)


def webster_splits(junction: Junction, timing: TimingConfig, cycle: int) -> Plan:
    """Effective greens in proportion to the flow ratios of the phases, in a given cycle."""
    needed = phase_ratios(junction)
    total = needed.sum()
    lost = junction.phases * timing.lost
    share = needed / total if total > 0 else np.full(junction.phases, 1 / junction.phases)
    greens = share * max(cycle - lost, 0) + timing.lost - timing.intergreen
    return Plan(whole_greens(junction, timing, cycle, greens), timing)


def equal_plan(junction: Junction, timing: TimingConfig, cycle: int) -> Plan:
    """The same green for every phase, as far as least greens let it, in a given cycle."""
    return Plan(whole_greens(junction, timing, cycle, np.ones(junction.phases)), timing)


def phase_ratios(junction: Junction) -> np.ndarray:
    """What each phase has to serve [n], such that every movement gets its flow ratio in sum."""
    n, needed = junction.phases, np.zeros(junction.phases)
    first = critical(junction).first
    order = sorted(
        ((start - first) % n + count, count, at) for at, (start, count) in enumerate(junction.arcs)
    )
    for end, count, at in order:
        if count == n:
            continue
        mine = np.flatnonzero(junction.serves[at])
        short = junction.ratios[at] - needed[mine].sum()
        if short > 0:
            # The last phase helps most of those that follow: the sum stays the least.
            needed[(first + end - 1) % n] += short
    return needed


def phase_least(junction: Junction, timing: TimingConfig) -> np.ndarray:
    """Least whole greens of the phases [n], such that every movement has its own least green."""
    least = np.full(junction.phases, timing.min_green, np.int64)
    for at in np.argsort([count for _, count in junction.arcs], kind="stable"):
        mine = np.flatnonzero(junction.serves[at])
        short = math.ceil(junction.least[at] - shown_greens(junction, least, timing)[at])
        if short > 0 and not junction.always[at]:
            # Evenly, the first ones more.
            least[mine] += short // len(mine) + (np.arange(len(mine)) < short % len(mine))
    return least


def least_cycle(junction: Junction, timing: TimingConfig) -> int:
    """The shortest cycle that holds all least greens, s."""
    return int(phase_least(junction, timing).sum()) + junction.phases * timing.intergreen


def allowed_cycle(junction: Junction, timing: TimingConfig, wanted: float) -> int:
    """The whole cycle next above ``wanted`` that the settings and the least greens allow."""
    step = timing.cycle_step
    low = max(timing.min_cycle, least_cycle(junction, timing))
    wanted = min(max(wanted, low), timing.longest)
    return math.ceil(wanted / step - 1e-9) * step


def whole_greens(
    junction: Junction, timing: TimingConfig, cycle: int, wanted: np.ndarray
) -> np.ndarray:
    """Whole greens [n] that fill the cycle, near ``wanted`` in proportion, none below its least.

    Args:
        junction: the intersection.
        timing: intergreen and least green.
        cycle: s, at least :func:`least_cycle`.
        wanted: greens, or shares of them, [n].
    """
    least = phase_least(junction, timing)
    left = cycle - junction.phases * timing.intergreen
    if left < least.sum():
        raise ValueError(f"the cycle holds the least greens. Received: {cycle} for {least}")
    wanted = np.maximum(np.asarray(wanted, np.float64), 1e-6)
    free = np.ones(len(least), bool)
    while True:
        room = left - least[~free].sum()
        greens = np.where(free, wanted / wanted[free].sum() * room if free.any() else 0, least)
        short = free & (greens < least)
        if not short.any():
            break
        free &= ~short
    whole = np.floor(greens + 1e-9).astype(np.int64)
    # Largest remainders; the first phases where they are alike.
    more = np.argsort(-(greens - whole), kind="stable")[: left - int(whole.sum())]
    whole[more] += 1
    return whole
