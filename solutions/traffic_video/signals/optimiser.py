"""The plan of least total delay: all allowed cycles, greens moved second by second.

Deterministic, without derivatives, and the same below and above capacity, where delay is finite
over the time that the flows last. Search begins from Webster's splits and from equal ones in every
cycle, so that the plan is never worse than either by the formula it minimises.
"""

from __future__ import annotations

import numpy as np

from .config import PlanConfig, TimingConfig
from .junction import Junction, Plan, shown_greens, total_delay
from .webster import allowed_cycle, equal_plan, webster_plan, webster_splits, whole_greens

# Seconds that one move takes from one phase and gives to another; the last is the resolution.
_STEPS = (8, 3, 1)
_COARSE = 6


def make_plan(junction: Junction, timing: TimingConfig, plan: PlanConfig) -> Plan:
    """The plan that the settings ask for.

    Args:
        junction: the intersection; its least cycle is at most ``timing.max_cycle``.
        timing: times that it keeps.
        plan: by which method.
    """
    if plan.method == "webster":
        return webster_plan(junction, timing)
    return optimal_plan(junction, timing, plan.hours, plan.robust)


def optimal_plan(junction: Junction, timing: TimingConfig, hours: float, robust: bool) -> Plan:
    """The plan of least total delay.

    Args:
        junction: the intersection.
        timing: times that it keeps.
        hours: how long the flows last.
        robust: whether the interval of the flows counts.
    """
    cycles = allowed_cycles(junction, timing)
    coarse = sorted({*cycles[:: max(_COARSE // timing.cycle_step, 1)].tolist(), int(cycles[-1])})
    webster = webster_plan(junction, timing)
    starts = [make(junction, timing, c).greens for c in coarse for make in _MAKERS]
    best = _descend(junction, timing, hours, robust, np.stack([webster.greens, *starts]))
    middle = best.sum() + junction.phases * timing.intergreen
    near = cycles[np.abs(cycles - middle) < _COARSE]
    found = [_in_cycle(junction, timing, best, int(cycle)) for cycle in near]
    return Plan(_descend(junction, timing, hours, robust, np.stack([best, *found])), timing)


def best_equal_plan(junction: Junction, timing: TimingConfig, hours: float) -> Plan:
    """Equal splits in the cycle that is best for them."""
    plans = [equal_plan(junction, timing, int(c)) for c in allowed_cycles(junction, timing)]
    costs = total_delay(junction, np.stack([p.greens for p in plans]), timing, hours, False)
    return plans[int(np.argmin(costs))]


def allowed_cycles(junction: Junction, timing: TimingConfig) -> np.ndarray:
    """All cycles that are allowed, ascending, s."""
    low = allowed_cycle(junction, timing, 0.0)
    return np.arange(low, timing.longest + 1, timing.cycle_step, dtype=np.int64)


_MAKERS = (webster_splits, equal_plan)


def _in_cycle(
    junction: Junction, timing: TimingConfig, greens: np.ndarray, cycle: int
) -> np.ndarray:
    """Greens scaled into another cycle."""
    return whole_greens(junction, timing, cycle, greens.astype(np.float64))


def _descend(
    junction: Junction, timing: TimingConfig, hours: float, robust: bool, greens: np.ndarray
) -> np.ndarray:
    """The best greens [n] that moves reach from any of ``greens`` [p, n], all at once."""
    n = junction.phases
    one = np.eye(n, dtype=np.int64)
    moves = np.array([one[b] - one[a] for a in range(n) for b in range(n) if a != b])
    cost = total_delay(junction, greens, timing, hours, robust)
    for step in _STEPS:
        going = np.arange(len(greens))
        while len(going):
            tried = greens[going, None] + step * moves
            fits = (tried >= timing.min_green).all(axis=-1)
            shown = shown_greens(junction, tried, timing)
            fits &= ((shown >= junction.least) | junction.always).all(axis=-1)
            costs = total_delay(junction, np.maximum(tried, 0), timing, hours, robust)
            costs = np.where(fits, costs, np.inf)
            chosen = np.argmin(costs, axis=1)
            least = costs[np.arange(len(going)), chosen]
            better = least < cost[going] * (1 - 1e-9)
            going, chosen = going[better], chosen[better]
            greens[going] += step * moves[chosen]
            cost[going] = least[better]
    return np.asarray(greens[int(np.argmin(cost))])
