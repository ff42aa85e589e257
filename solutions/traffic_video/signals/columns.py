"""What a movement's row of numbers holds, in the order of the task's outputs, and its notes."""

from __future__ import annotations

import numpy as np

from .capacity import PRACTICAL, reserve
from .config import Config
from .delay import level_of_service, queue_95, saturation_degree, webster_delay
from .junction import Junction, Plan
from .optimiser import make_plan
from .webster import critical, equal_plan, phase_least

COLUMNS = (
    *("cycle", "start", "green", "x", "delay", "delay_webster", "queue95", "los", "critical"),
    *("delay_equal", "delay_low", "delay_high", "plan_delay", "plan_equal", "reserve"),
    *("notes", "review"),
)
NOTES = (
    "oversaturated",
    "oversaturated_at_high",
    "intersection_oversaturated",
    "near_capacity",
    "longest_cycle",
    "least_green",
    "no_flow",
)
_REVIEW = ("oversaturated", "oversaturated_at_high", "intersection_oversaturated")


def plan_rows(junction: Junction, config: Config) -> np.ndarray:
    """Each movement's numbers under the plan that the settings ask for, float32 [m, columns]."""
    plan = make_plan(junction, config.timing, config.plan)
    return rows_of(junction, plan, config)


def rows_of(junction: Junction, plan: Plan, config: Config) -> np.ndarray:
    """Each movement's numbers under a plan, float32 [m, columns], in the order of ``COLUMNS``.

    Args:
        junction: the intersection.
        plan: of it.
        config: for how long the flows last, and when a movement is near its capacity.
    """
    hours, m = config.plan.hours, len(junction.flow)
    equal = equal_plan(junction, config.timing, plan.cycle)
    green, x = plan.effective(junction), plan.degree(junction)
    delay = plan.delays(junction, hours)
    of_lane = (junction.flow / junction.lanes, junction.saturation / junction.lanes)
    is_critical = np.zeros(m, bool)
    is_critical[list(critical(junction).movements)] = True
    notes = _notes(junction, plan, config)
    review = np.any([notes[name] for name in _REVIEW], axis=0)
    values = {
        "cycle": np.full(m, plan.cycle),
        "start": plan.movement_starts(junction),
        "green": plan.shown(junction),
        "x": x,
        "delay": delay,
        "delay_webster": webster_delay(junction.flow, junction.saturation, green, plan.cycle),
        "queue95": queue_95(*of_lane, green, plan.cycle, hours),
        "los": level_of_service(delay, x),
        "critical": is_critical,
        "delay_equal": equal.delays(junction, hours),
        "delay_low": plan.delays(junction.at(junction.low), hours),
        "delay_high": plan.delays(junction.at(junction.high), hours),
        "plan_delay": np.full(m, plan.mean_delay(junction, hours)),
        "plan_equal": np.full(m, equal.mean_delay(junction, hours)),
        "reserve": np.full(m, reserve(junction, config.timing, PRACTICAL)),
        "notes": sum((notes[name].astype(np.int64) << at for at, name in enumerate(NOTES)), 0),
        "review": review,
    }
    return np.stack([np.asarray(values[name], np.float32) for name in COLUMNS], axis=1)


def _notes(junction: Junction, plan: Plan, config: Config) -> dict[str, np.ndarray]:
    """Which notes hold, bool [m] each."""
    m, timing = len(junction.flow), config.timing
    x = plan.degree(junction)
    high = saturation_degree(junction.high, plan.capacity(junction))
    binding = (plan.greens <= phase_least(junction, timing)) @ junction.serves.T > 0
    return {
        "oversaturated": x > 1,
        "oversaturated_at_high": (high > 1) & (x <= 1),
        "intersection_oversaturated": np.full(m, critical(junction).total >= 1),
        "near_capacity": (x > config.plan.near_capacity) & (x <= 1),
        "longest_cycle": np.full(m, plan.cycle >= timing.longest),
        "least_green": binding & ~junction.always,
        "no_flow": junction.flow == 0,
    }
