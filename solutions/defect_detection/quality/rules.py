"""Run rules: what a chart's points say beside one beyond the limits.

The first four are the rules of the Western Electric Statistical Quality Control Handbook (1956),
the other four the sensitizing rules that Montgomery adds (Introduction to Statistical Quality
Control, 7th edition, table 5.1). The eight are numbered as there. More rules find more and cry wolf
more often: with the first four a chart in control signals every 92 points on average, with the
first alone every 370 (Champ and Woodall, Technometrics 1987).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# In this order they are bits of a number: 1, 2, 4...
RULES = (
    "beyond_limit",
    "two_of_three",
    "four_of_five",
    "eight_one_side",
    "six_trend",
    "fifteen_near",
    "fourteen_alternating",
    "eight_far",
)
WESTERN_ELECTRIC = RULES[:4]
# Points that a rule looks at, the newest included.
REACH = {
    "beyond_limit": 1,
    "two_of_three": 3,
    "four_of_five": 5,
    "eight_one_side": 8,
    "six_trend": 6,
    "fifteen_near": 15,
    "fourteen_alternating": 14,
    "eight_far": 8,
}
MOST = max(REACH.values())


def violated(z: np.ndarray, rules: Sequence[str] = WESTERN_ELECTRIC) -> int:
    """Which rules the newest point breaks.

    Args:
        z: float [n], the points from old to new, each as its distance from the centre in standard
            deviations; the last ``MOST`` decide.
        rules: any of ``RULES``.

    Returns:
        bits in the order of ``RULES``.

    Example:
        >>> violated(np.array([0.1, 2.4, -0.3, 2.2])) == 1 << RULES.index("two_of_three")
        True
    """
    bits = 0
    for place, rule in enumerate(RULES):
        if rule in rules and len(z) >= REACH[rule] and _broken(rule, z[-REACH[rule] :]):
            bits |= 1 << place
    return bits


def _broken(rule: str, z: np.ndarray) -> bool:
    side = np.sign(z[-1])
    if rule == "beyond_limit":
        return bool(abs(z[-1]) > 3)
    # The newest point takes part, or the alarm would come again for a point that is back inside.
    if rule == "two_of_three":
        return bool(side * z[-1] > 2 and (side * z > 2).sum() >= 2)
    if rule == "four_of_five":
        return bool(side * z[-1] > 1 and (side * z > 1).sum() >= 4)
    if rule == "eight_one_side":
        return bool(side != 0 and (side * z > 0).all())
    step = np.diff(z)
    if rule == "six_trend":
        return bool((step > 0).all() or (step < 0).all())
    if rule == "fifteen_near":
        return bool((np.abs(z) < 1).all())
    if rule == "fourteen_alternating":
        return bool((step[1:] * step[:-1] < 0).all())
    return bool((np.abs(z) > 1).all() and (z > 0).any() and (z < 0).any())


def points_of(rule: str, end: int) -> range:
    """The points that a rule which point ``end`` (from 0) breaks has looked at."""
    return range(max(end - REACH[rule] + 1, 0), end + 1)
