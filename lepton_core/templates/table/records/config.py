"""Every setting of ``my_solution/records``, changed by ``lepton train --set key=value``."""

from __future__ import annotations

from dataclasses import dataclass


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

    units: tuple[int, ...] = (64, 32)
    dropout: float = 0.3
    epochs: int = 60
    patience: int = 12
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.1


@dataclass(frozen=True)
class SplitConfig:
    """Which records are for what, and how the decision is made.

    Args:
        valid_share: of the records, before the test: to stop early, calibrate, set the threshold.
        test_share: of the records, the latest: for the figures on the card.
        gap_days: days before the test that are left out, as long as labels take to be known.
        review_share: share of records just below the threshold that a person may look at.
    """

    valid_share: float = 0.15
    test_share: float = 0.2
    gap_days: float = 0.0
    review_share: float = 0.05


@dataclass(frozen=True)
class Config:
    """All settings.

    Args:
        features: of the preprocessing.
        model: of the network and its training.
        split: of the data and the decision.
    """

    features: FeatureConfig = FeatureConfig()
    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
