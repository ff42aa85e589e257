"""What a cycle can serve: the greens that flows need, and how much the flows may still grow."""

from __future__ import annotations

import numpy as np

from .config import TimingConfig
from .junction import Junction

# Above this a queue is left over in many cycles: what plans are laid out for (Webster and Cobbe).
PRACTICAL = 0.9


def needed_greens(
    junction: Junction, timing: TimingConfig, cycle: float, degree: float, scale: float = 1.0
) -> np.ndarray:
    """The least shown greens [n] in which no movement is saturated more than ``degree``.

    Args:
        junction: the intersection.
        timing: intergreen, lost time and least greens, which are kept too.
        cycle: s; whether the greens fit into it is for the caller to see.
        degree: allowed degree of saturation, above 0.
        scale: what the flows are multiplied by.

    Returns:
        seconds, not whole; infinite where a movement that is always green does not suffice.
    """
    wanted = scale * junction.ratios / degree * cycle + timing.lost - timing.intergreen
    least = np.maximum(wanted, junction.least)
    always = junction.always
    if (scale * junction.ratios[always] > degree).any():
        return np.full(junction.phases, np.inf)
    found = [_from(junction, timing, least, first) for first in range(junction.phases)]
    return min(found, key=lambda greens: float(greens.sum()))


def _from(junction: Junction, timing: TimingConfig, least: np.ndarray, first: int) -> np.ndarray:
    """The greens when the phases are gone through from ``first`` on.

    Each movement in the order of its last phase; what it lacks goes to that phase, which helps
    most of those that follow. The least sum where no movement reaches across the border.
    """
    n = junction.phases
    greens = np.full(n, float(timing.min_green))
    ends = [((start - first) % n + count, at) for at, (start, count) in enumerate(junction.arcs)]
    for end, at in sorted(ends):
        count = junction.arcs[at][1]
        if count == n:
            continue
        shown = greens[junction.serves[at]].sum() + (count - 1) * timing.intergreen
        greens[(first + end - 1) % n] += max(least[at] - shown, 0.0)
    return greens


def fits(
    junction: Junction, timing: TimingConfig, cycle: float, degree: float, scale: float = 1.0
) -> bool:
    """Whether a cycle holds the greens that the flows need; arguments of :func:`needed_greens`."""
    greens = needed_greens(junction, timing, cycle, degree, scale)
    return bool(greens.sum() + junction.phases * timing.intergreen <= cycle + 1e-9)


def reserve(junction: Junction, timing: TimingConfig, degree: float = PRACTICAL) -> float:
    """How much all flows may grow until the longest cycle no longer serves them, as a share.

    Args:
        junction: the intersection.
        timing: its longest cycle, least greens and lost time.
        degree: degree of saturation up to which a movement counts as served.

    Returns:
        0.2 for 20% more; negative where it is too much already; at most 9 (ten times the flows).

    Source:
        Allsop, Estimating the traffic capacity of a signalized road junction, 1972: the practical
        reserve capacity.

    Example:
        >>> from .sample import two_phases
        >>> timing = TimingConfig(min_green=1, max_cycle=120)
        >>> round(reserve(two_phases(630, 630, 1800, 1800), timing), 2)  # (112 / 120) * 0.9 / 0.7
        0.2
    """
    low, high = 0.0, 10.0
    cycle = timing.longest
    for _ in range(40):
        middle = (low + high) / 2
        if fits(junction, timing, cycle, degree, middle):
            low = middle
        else:
            high = middle
    return low - 1
