"""A plan against equal splits in the same simulated traffic, also at the ends of the interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .junction import Junction, Plan
from .simulation import Settings, Simulated, interval_of, simulate

SCENARIOS = ("low", "middle", "high")


@dataclass(frozen=True)
class Compared:
    """Two plans in the same traffic.

    Args:
        before: of the first plan.
        after: of the second.
    """

    before: Simulated
    after: Simulated

    @property
    def saved(self) -> float:
        """Mean delay that the second saves, s/veh."""
        return float((self.before.means - self.after.means).mean())

    @property
    def saved_interval(self) -> tuple[float, float]:
        """95% interval of :attr:`saved`, from pairs of the same traffic."""
        return interval_of(self.before.means - self.after.means)


def compare(
    junction: Junction, before: Plan, after: Plan, settings: Settings | None = None
) -> Compared:
    """Simulate two plans with the same vehicles.

    Example:
        >>> from .config import TimingConfig
        >>> from .sample import two_phases
        >>> from .webster import equal_plan, webster_plan
        >>> junction, timing = two_phases(900, 300, 1800, 1800), TimingConfig()
        >>> plan = webster_plan(junction, timing)
        >>> compare(junction, equal_plan(junction, timing, plan.cycle), plan).saved > 0
        True
    """
    settings = settings or Settings()
    return Compared(simulate(junction, before, settings), simulate(junction, after, settings))


def compare_scenarios(
    junction: Junction, before: Plan, after: Plan, settings: Settings | None = None
) -> dict[str, Compared]:
    """The same at the low end of the flows' interval, in its middle and at its high end.

    Returns:
        one for each of ``SCENARIOS``; the middle alone where flows have no interval.
    """
    flows = dict(zip(SCENARIOS, junction.scenarios, strict=True))
    if np.array_equal(junction.low, junction.high):
        flows = {"middle": junction.flow}
    return {
        name: compare(junction.at(flow), before, after, settings) for name, flow in flows.items()
    }
