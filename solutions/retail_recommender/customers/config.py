"""Every setting of ``retail_recommender/customers``, with what it does."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DataConfig:
    """What is asked of a history, and at which moments.

    Args:
        horizon_days: how far ahead value and risk are told.
        step_days: training asks at moments so many days apart.
        least_days: a moment is asked at only where so many days of orders came before it.
        left_out: items that are no products (postage, bank charges), neither spent nor ordered.
    """

    horizon_days: int = 90
    step_days: int = 15
    least_days: int = 60
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelConfig:
    """The network and its training.

    Args:
        units: width of each hidden layer.
        dropout: share of a layer's units left out in training, 0 to 1.
        value_weight: how much the error of the (log) value counts beside that of the risk.
        epochs: passes over the training cases at most.
        patience: epochs without a better validation loss after which training stops.
        batch_size: cases a step.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: of AdamW.
    """

    units: tuple[int, ...] = (32, 16)
    dropout: float = 0.2
    value_weight: float = 0.5
    epochs: int = 40
    patience: int = 8
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.05


@dataclass(frozen=True)
class Config:
    """All settings.

    Args:
        data: what is asked, and when.
        model: of the network and its training.
    """

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
