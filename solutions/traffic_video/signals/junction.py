"""An intersection in one period: its movements as arrays, and plans for it in whole seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .config import TimingConfig
from .delay import control_delay, saturation_degree

MOST_PHASES = 8
# A 90% interval as three flows: the ends and the middle of any bell-like distribution, with the
# weights that keep its mean (Keefer and Bodily, Management Science 29, 1983: 5, 50 and 95%).
WEIGHTS = np.array([0.185, 0.63, 0.185])


@dataclass(frozen=True)
class Junction:
    """The movements of an intersection in one period.

    Args:
        serves: bool [m, n], which of the ``n`` phases, in the order that they are shown in, give
            which of the ``m`` movements green. A movement's phases follow each other, the first
            after the last; then it keeps its green between them.
        flow: veh/h [m], at least 0.
        saturation: veh/h of green [m], above 0, all lanes together.
        lanes: [m], at least 1.
        least: shortest shown green of each movement, s [m], its pedestrians' included.
        low: lower end of the flow's 90% interval [m]; the flow itself where there is none.
        high: upper end [m].
        names: of the movements.
    """

    serves: np.ndarray
    flow: np.ndarray
    saturation: np.ndarray
    lanes: np.ndarray
    least: np.ndarray
    low: np.ndarray
    high: np.ndarray
    names: tuple[str, ...] = ()

    @property
    def phases(self) -> int:
        """How many phases."""
        return int(self.serves.shape[1])

    @cached_property
    def always(self) -> np.ndarray:
        """bool [m]: movements that no phase stops."""
        return np.asarray(self.serves.all(axis=1))

    @cached_property
    def arcs(self) -> tuple[tuple[int, int], ...]:
        """First phase and number of phases of each movement."""
        found = []
        for row in self.serves:
            begins = np.flatnonzero(row & ~np.roll(row, 1))
            found.append((int(begins[0]) if len(begins) else 0, int(row.sum())))
        return tuple(found)

    @property
    def ratios(self) -> np.ndarray:
        """Flow over saturation flow [m], Webster's y."""
        return self.flow / self.saturation

    @property
    def scenarios(self) -> np.ndarray:
        """Flows at the low end, in the middle and at the high end, veh/h [3, m]."""
        return np.stack([self.low, self.flow, self.high])

    def at(self, flow: np.ndarray) -> Junction:
        """The same with other flows [m], which are then certain."""
        return replace(self, flow=flow, low=flow, high=flow)


@dataclass(frozen=True)
class Plan:
    """A fixed-time plan: the phases one after the other.

    Args:
        greens: shown greens in whole seconds [n].
        timing: intergreen and lost time.
    """

    greens: np.ndarray
    timing: TimingConfig

    @property
    def cycle(self) -> int:
        """The cycle, s."""
        return int(self.greens.sum()) + len(self.greens) * self.timing.intergreen

    @property
    def starts(self) -> np.ndarray:
        """When each phase's green begins in the cycle, s [n]."""
        before = np.cumsum(self.greens + self.timing.intergreen)
        return np.append(0, before[:-1]).astype(np.int64)

    def movement_starts(self, junction: Junction) -> np.ndarray:
        """When each movement's green begins in the cycle, s [m]; 0 for one never stopped."""
        first = np.array([first for first, _ in junction.arcs], np.int64)
        return np.where(junction.always, 0, self.starts[first])

    def shown(self, junction: Junction) -> np.ndarray:
        """Each movement's shown green, s [m]."""
        return shown_greens(junction, self.greens, self.timing)

    def effective(self, junction: Junction) -> np.ndarray:
        """Each movement's effective green, s [m]."""
        return effective_greens(junction, self.greens, self.timing)

    def capacity(self, junction: Junction) -> np.ndarray:
        """veh/h [m]."""
        return junction.saturation * self.effective(junction) / self.cycle

    def degree(self, junction: Junction) -> np.ndarray:
        """Degree of saturation [m]."""
        return saturation_degree(junction.flow, self.capacity(junction))

    def delays(self, junction: Junction, hours: float) -> np.ndarray:
        """Mean control delay of each movement, s/veh [m]."""
        green = self.effective(junction)
        return control_delay(junction.flow, junction.saturation, green, self.cycle, hours)

    def mean_delay(self, junction: Junction, hours: float) -> float:
        """Mean control delay of all vehicles, s/veh; 0 where none come."""
        total = junction.flow.sum()
        delays = self.delays(junction, hours)
        return float((junction.flow * delays).sum() / total) if total > 0 else 0.0


def shown_greens(junction: Junction, greens: np.ndarray, timing: TimingConfig) -> np.ndarray:
    """Shown greens of movements [..., m] by those of phases [..., n]."""
    _, counts = np.array(junction.arcs, np.int64).T
    bridged = np.where(junction.always, counts, counts - 1) * timing.intergreen
    return np.asarray(greens @ junction.serves.T + bridged)


def effective_greens(junction: Junction, greens: np.ndarray, timing: TimingConfig) -> np.ndarray:
    """Effective greens of movements [..., m]; the cycle for one that is never stopped."""
    gained = np.where(junction.always, 0, timing.intergreen - timing.lost)
    return np.maximum(shown_greens(junction, greens, timing) + gained, 0)


def total_delay(
    junction: Junction, greens: np.ndarray, timing: TimingConfig, hours: float, robust: bool
) -> np.ndarray:
    """Delay of all vehicles together, veh s/h, of many plans at once.

    Args:
        junction: the intersection.
        greens: shown greens of phases [..., n].
        timing: intergreen and lost time.
        hours: how long the flows last.
        robust: whether low and high flows count with their weights, or the flow alone.

    Returns:
        [...].
    """
    cycle = greens.sum(axis=-1) + junction.phases * timing.intergreen
    green = effective_greens(junction, greens, timing)
    certain = np.array_equal(junction.low, junction.high)
    flows = junction.scenarios if robust and not certain else junction.flow[None]
    weights = WEIGHTS if len(flows) > 1 else np.ones(1)
    found = np.zeros(cycle.shape)
    for weight, flow in zip(weights, flows, strict=True):
        delays = control_delay(flow, junction.saturation, green, cycle[..., None], hours)
        found += weight * (flow * delays).sum(axis=-1)
    return found
