"""Every setting of ``defect_detection/maintenance``; the first group is what a client decides."""

from __future__ import annotations

from dataclasses import dataclass

# The quantiles that the networks give.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class DataConfig:
    """How the machines are read, and when they are warned of.

    Args:
        sensors: names of the sensor columns, separated by commas; empty takes every further column
            of numbers that varies.
        cap: the longest remaining life that is learned and told, in cycles. Sound machines do not
            show how long they will live; a cap says "this many or more" instead of guessing.
        step_minutes: how long a cycle is where records tell the time and no cycle.
        alarm_cycles: alarm from so many cycles ahead.
        alarm_by: ``low`` compares the lower end of the interval with it, so that most units are
            warned at least so long before; ``value`` compares the value, which warns half of them.
        coverage: share of the truths that the interval shall hold, 0.5 to 0.99.
        least_history: a unit with fewer known cycles is marked for review.
    """

    sensors: str = ""
    cap: float = 125.0
    step_minutes: float = 1440.0
    alarm_cycles: float = 20.0
    alarm_by: str = "low"
    coverage: float = 0.9
    least_history: int = 20


@dataclass(frozen=True)
class ModelConfig:
    """The networks and their training.

    Args:
        members: how many parts the training units are cut into; each network leaves out one, on
            which it is measured and the interval is set.
        repeats: how many networks leave out the same part, each with other start weights.
        channels: width of the convolutions.
        head_units: width of the layer before the quantiles.
        weight_decay: how strongly weights are drawn to 0 at each step.
        epochs: passes over the training cycles.
        batch_size: cycles a training step.
        learning_rate: at the start; it falls to zero along a cosine.
        cuts: how many cycles of each unit, at random, the interval is set on.
    """

    members: int = 5
    repeats: int = 2
    channels: int = 32
    head_units: int = 64
    weight_decay: float = 3.0
    epochs: int = 6
    batch_size: int = 128
    learning_rate: float = 5e-3
    cuts: int = 3


@dataclass(frozen=True)
class SplitConfig:
    """Which units are for what, where the data set does not say.

    Args:
        test_share: of the units, for the figures on the card.
        cuts: cycles of each test unit, at random, that are tested.
        seed: of the choice.
    """

    test_share: float = 0.25
    cuts: int = 3
    seed: int = 0


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train defect_detection/maintenance --set key=value`` can change.

    Args:
        data: how the machines are read, and when they are warned of.
        model: the networks and their training.
        split: of the units.
    """

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
