"""Every setting of `my_solution/events`; change one with `lepton train my_solution --set`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelConfig:
    """Settings of the network and of its training.

    Args:
        dense_units: width of the layer before the GRU.
        gru_units: width of a machine's state.
        head_units: width of the layer after the GRU.
        epochs: passes over the machines, at most.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: of AdamW.
        batch_machines: machines a training step.
    """

    dense_units: int = 24
    gru_units: int = 24
    head_units: int = 24
    epochs: int = 30
    learning_rate: float = 5e-3
    weight_decay: float = 1e-2
    batch_machines: int = 32


@dataclass(frozen=True)
class SplitConfig:
    """How events are split in time, and how the decision is made.

    Args:
        warmup_days: first days that only fill the machines' past and carry no loss.
        valid_days: days before the delay, to stop early, calibrate and choose the threshold.
        delay_days: days between validation and test, as long as a label takes to be known.
        test_days: last days, for the figures on the card.
        alert_rate: share of events that shall become alerts; sets the threshold.
        review_share: share of events just below the threshold that a person may look at.
        patience: epochs without a better validation loss after which training stops.
    """

    warmup_days: float = 7.0
    valid_days: float = 7.0
    delay_days: float = 7.0
    test_days: float = 14.0
    alert_rate: float = 0.15
    review_share: float = 0.05
    patience: int = 8


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train my_solution --set key=value`` can change.

    Args:
        model: of the network and its training.
        split: of the data and the decision.
    """

    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
