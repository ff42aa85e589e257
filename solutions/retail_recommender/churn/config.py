"""Every setting of ``retail_recommender/churn``, changed by ``lepton train --set key=value``."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FeatureConfig:
    """How columns become features.

    Args:
        most_categories: features of one text column at most; rarer values share one.
        least_rows: training records that a value needs for a feature of its own.
    """

    most_categories: int = 20
    least_rows: int = 20


@dataclass(frozen=True)
class ModelConfig:
    """The network and its training.

    Args:
        units: width of each hidden layer.
        dropout: share of a layer's units left out in training, 0 to 1.
        epochs: passes over the training records at most.
        patience: epochs without a better validation loss after which training stops.
        batch_size: records a training step.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: of AdamW.
    """

    units: tuple[int, ...] = (32, 16)
    dropout: float = 0.3
    epochs: int = 40
    patience: int = 8
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.1


@dataclass(frozen=True)
class SplitConfig:
    """Which records are for what, and how the decision is made.

    Args:
        valid_share: of the records, for stopping early, calibration and threshold.
        test_share: of the records, for the figures on the card.
        policy: how the threshold is chosen on validation, as ``f1``, ``recall``, ``alert_rate``.
        policy_value: what the policy asks for, where it asks for something.
        review_share: share of records near the threshold that a person may look at.
    """

    valid_share: float = 0.15
    test_share: float = 0.2
    policy: str = "f1"
    policy_value: float = 0.0
    review_share: float = 0.05


@dataclass(frozen=True)
class Config:
    """All settings.

    Args:
        features: of the preprocessing.
        model: of the network and its training.
        split: of the data and the decision.
    """

    features: FeatureConfig = field(default_factory=FeatureConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
