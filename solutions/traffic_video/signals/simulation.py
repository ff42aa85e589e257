"""Queues at a fixed-time signal, vehicle by vehicle, without a time step.

Vehicles come by chance (Poisson) and leave one saturation headway after the other while there is
effective green. On a clock that runs only then, a movement is a server that takes each vehicle the
same time; the moment at which each leaves follows from a running maximum, for whole hours at once
(Lindley's recursion solved). Always green, it is M/D/1.

The same random numbers serve every plan, so that a difference between two is that of the plans.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .junction import Junction, Plan

_TINY = 1e-9


@dataclass(frozen=True)
class Settings:
    """How long and how often is simulated.

    Args:
        hours: how long delays are measured, above 0.
        warm_up: hours before that, at least 0.
        replications: independent repetitions, at least 2.
        seed: the same seed gives the same arrivals.
    """

    hours: float = 1.0
    warm_up: float = 0.25
    replications: int = 20
    seed: int = 0

    @property
    def seconds(self) -> float:
        """All of it, s."""
        return 3600 * (self.hours + self.warm_up)


@dataclass(frozen=True)
class Simulated:
    """What came out of a simulation.

    Args:
        delays: mean delay of each movement in each replication, s/veh [r, m]; NaN without vehicles.
        vehicles: how many were measured [r, m].
        queue_95: of each movement, 95% quantile over cycles and replications of how many vehicles
            had stopped at once behind the line, vehicles [m].
    """

    delays: np.ndarray
    vehicles: np.ndarray
    queue_95: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """Mean delay of all vehicles in each replication, s/veh [r]."""
        total = np.maximum(self.vehicles.sum(axis=1), 1)
        return np.asarray(np.nansum(self.delays * self.vehicles, axis=1) / total)

    @property
    def movement_means(self) -> np.ndarray:
        """Mean delay of each movement, s/veh [m]; NaN without vehicles."""
        total = self.vehicles.sum(axis=0)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.nansum(self.delays * self.vehicles, axis=0) / total)

    @property
    def mean(self) -> float:
        """Mean delay over replications, s/veh."""
        return float(self.means.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of :attr:`mean`."""
        return interval_of(self.means)


def interval_of(values: np.ndarray) -> tuple[float, float]:
    """95% interval of a mean of independent replications, by Student's t.

    Args:
        values: [r], at least 2.
    """
    half = _t_95(len(values) - 1) * float(values.std(ddof=1)) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def simulate(junction: Junction, plan: Plan, settings: Settings | None = None) -> Simulated:
    """Simulate all movements of a plan.

    Args:
        junction: the intersection; its flows are those simulated.
        plan: the plan.
        settings: how long, how often, and the seed. Flows that are scaled, and other plans, see
            the same random numbers.

    Example:
        >>> from .config import TimingConfig
        >>> from .sample import two_phases
        >>> from .webster import webster_plan
        >>> junction = two_phases(700, 300, 1800, 1800)
        >>> plan = webster_plan(junction, TimingConfig())
        >>> found = simulate(junction, plan)
        >>> found.delays.shape, bool(found.interval[0] < found.mean < found.interval[1])
        ((20, 2), True)
    """
    settings = settings or Settings()
    effective, starts = plan.effective(junction), plan.movement_starts(junction)
    found = []
    for at, flow in enumerate(junction.flow.tolist()):
        rng = np.random.default_rng([settings.seed, at])
        come = arrivals(flow, settings, rng)
        signal = (float(starts[at]), float(effective[at]), float(plan.cycle))
        found.append(_movement(come, signal, float(junction.saturation[at]), settings))
    delays, vehicles, queues = zip(*found, strict=True)
    return Simulated(np.stack(delays, axis=1), np.stack(vehicles, axis=1), np.array(queues))


def arrivals(flow: float, settings: Settings, rng: np.random.Generator) -> np.ndarray:
    """When vehicles come, s [r, k], ascending; those after the end stand at infinity.

    Args:
        flow: veh/h, at least 0.
        settings: how long and how often.
        rng: of this movement; the gaps are drawn replication by replication, so that a higher flow
            has the same vehicles, closer together.
    """
    if flow <= 0:
        return np.full((settings.replications, 1), np.inf)
    expected = flow * settings.seconds / 3600
    most = int(expected + 6 * np.sqrt(expected) + 20)
    seeds = rng.integers(0, 2**63, settings.replications)
    gaps = np.stack([np.random.default_rng(int(s)).exponential(size=most) for s in seeds])
    times = np.cumsum(gaps, axis=1) * 3600 / flow
    return np.where(times < settings.seconds, times, np.inf)


def departures(
    come: np.ndarray, start: float, green: float, cycle: float, saturation: float
) -> np.ndarray:
    """When vehicles leave, s [r, k]: the moment at which each passes the line.

    Args:
        come: see :func:`arrivals`.
        start: when the effective green begins in the cycle, s.
        green: effective green, s, above 0.
        cycle: cycle, s.
        saturation: veh/h of green.

    Example:
        >>> departures(np.array([[0.0, 1.0, 45.0]]), 30, 30, 60, 1800).tolist()
        [[30.0, 32.0, 45.0]]
    """
    there = np.isfinite(come)
    times = np.where(there, come, 0.0)
    in_green = _green_until(times, start, green, cycle)
    headway = 3600 / saturation
    order = np.arange(come.shape[1]) * headway
    # A vehicle begins to leave at its arrival, or a headway after the one before.
    begun = np.maximum.accumulate(np.where(there, in_green - order, -np.inf), axis=1) + order
    begun = np.where(there, begun, 0.0)
    rounds = np.floor(begun / green + _TINY)
    left = np.maximum(start + rounds * cycle + np.maximum(begun - rounds * green, 0), times)
    return np.where(there, left, np.inf)


def _green_until(times: np.ndarray, start: float, green: float, cycle: float) -> np.ndarray:
    """Effective green from 0 until each time, s; a cycle that began before 0 counts as none."""
    since = times - start
    rounds = np.floor(since / cycle)
    return np.maximum(rounds * green + np.minimum(since - rounds * cycle, green), 0)


def _movement(
    come: np.ndarray, signal: tuple[float, float, float], saturation: float, settings: Settings
) -> tuple[np.ndarray, np.ndarray, float]:
    start, green, cycle = signal
    left = departures(come, start, max(green, _TINY), cycle, saturation)
    measured = (come >= 3600 * settings.warm_up) & np.isfinite(come)
    waited = np.where(measured, left - np.where(measured, come, 0.0), 0.0)
    counts = measured.sum(axis=1)
    with np.errstate(invalid="ignore"):
        delays = waited.sum(axis=1) / np.where(counts > 0, counts, np.nan)
    return delays, counts, _queue_95(come, left, signal, settings)


def _queue_95(
    come: np.ndarray, left: np.ndarray, signal: tuple[float, float, float], settings: Settings
) -> float:
    """How far back the queue reached, over cycles: vehicles stopped that left in a green, and those
    that it left behind.
    """
    start, green, cycle = signal
    ends = np.arange(int(settings.seconds // cycle)) * cycle + start + green
    ends = ends[(ends > 3600 * settings.warm_up) & (ends < settings.seconds)]
    if not len(ends):
        return float("nan")
    reached = []
    for came, gone in zip(come, left, strict=True):
        stopped = np.isfinite(came) & (gone - np.where(np.isfinite(came), came, 0) > _TINY)
        before = np.searchsorted(gone[stopped], ends - cycle + _TINY, side="right")
        until = np.searchsorted(gone[stopped], ends + _TINY, side="right")
        behind = np.searchsorted(came, ends) - np.searchsorted(gone, ends + _TINY, side="right")
        reached.append(until - before + np.maximum(behind, 0))
    return float(np.quantile(np.concatenate(reached), 0.95))


def _t_95(freedom: int) -> float:
    """Student's 97.5% quantile: a table for few, a series for many.

    Source:
        Abramowitz and Stegun, 26.7.5 and table 26.10.
    """
    few = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
    if freedom <= len(few):
        return few[freedom - 1]
    z = 1.959964
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
