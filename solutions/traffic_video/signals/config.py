"""Every setting of ``traffic_video/signals``; `lepton train` writes them into a bundle."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lepton_core.errors import UsageError
from lepton_core.setting_checks import check_choice, check_ranges

METHODS = ("optimised", "webster")


def _wrong(key: str, **values: object) -> UsageError:
    return UsageError(f"traffic_video.signals.error.{key}", **values)


@dataclass(frozen=True)
class TimingConfig:
    """Times that every plan keeps, in whole seconds unless said.

    Args:
        intergreen: amber and all-red between two phases, 1 to 20.
        lost: of each phase, what no vehicle uses, 0 to 20: starting up, and the end of amber and
            all-red. The effective green is the shown one plus ``intergreen`` less ``lost``.
        min_green: shortest green of a phase, 1 to 60.
        min_cycle: shortest cycle, 10 to 300.
        max_cycle: longest cycle, 20 to 300.
        cycle_step: cycles are multiples of it, 1 to 30.
        walk: how long pedestrians are shown walk, 0 to 30; 7 in the MUTCD, 4I.06.
        walking_speed: m/s, 0.3 to 3; 1.07 (3.5 ft/s) in the MUTCD.
    """

    intergreen: int = 5
    lost: int = 4
    min_green: int = 7
    min_cycle: int = 30
    max_cycle: int = 120
    cycle_step: int = 1
    walk: int = 7
    walking_speed: float = 1.07

    def __post_init__(self) -> None:
        check_ranges(
            "timing",
            self,
            intergreen=(1, 20),
            lost=(0, 20),
            min_green=(1, 60),
            min_cycle=(10, 300),
            max_cycle=(20, 300),
            cycle_step=(1, 30),
            walk=(0, 30),
            walking_speed=(0.3, 3.0),
        )
        if self.min_cycle > self.max_cycle:
            raise _wrong("cycles", low=self.min_cycle, high=self.max_cycle)
        if self.longest < self.min_cycle:
            raise _wrong(
                "cycle_step", step=self.cycle_step, low=self.min_cycle, high=self.max_cycle
            )

    @property
    def longest(self) -> int:
        """The longest cycle that is a multiple of the step, s."""
        return self.max_cycle // self.cycle_step * self.cycle_step

    def crossing_green(self, width: float) -> int:
        """The green, in whole seconds, in which pedestrians cross ``width`` metres.

        Walk and clearance both fit into the shown green; none of the intergreen is counted on.

        Source:
            MUTCD 2009, section 4E.06: walk of 7 s, clearance at 3.5 ft/s.

        Example:
            >>> TimingConfig().crossing_green(39.6)  # 130 ft: 7 s and 38 s
            45
        """
        return self.walk + math.ceil(width / self.walking_speed)


@dataclass(frozen=True)
class PlanConfig:
    """How a plan is found.

    Args:
        method: ``optimised``: least total delay; ``webster``: Webster's cycle and splits.
        robust: whether the interval of the flows counts (its ends with 0.185, the flow itself with
            0.63), where there is one.
        hours: how long the flows last, 0.05 to 4; the Highway Capacity Manual takes 0.25. Near and
            above capacity the queue, and so the delay, grows with it.
        saturation_lane: saturation flow of a lane in veh/h of green, 500 to 3000, for movements
            that bring none.
        near_capacity: degree of saturation above which a movement is noted as near its capacity.
    """

    method: str = "optimised"
    robust: bool = True
    hours: float = 1.0
    saturation_lane: float = 1800.0
    near_capacity: float = 0.9

    def __post_init__(self) -> None:
        check_choice("plan", self, method=METHODS)
        check_ranges(
            "plan",
            self,
            hours=(0.05, 4.0),
            saturation_lane=(500, 3000),
            near_capacity=(0.5, 1.0),
        )


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train traffic_video/signals --set key=value`` can change.

    Args:
        timing: times that every plan keeps.
        plan: how it is found.
    """

    timing: TimingConfig = TimingConfig()
    plan: PlanConfig = PlanConfig()
