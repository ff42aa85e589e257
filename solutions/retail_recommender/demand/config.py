"""Every setting of ``retail_recommender/demand``; the first group is what a client's data decides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SeriesConfig:
    """How the series are read.

    Args:
        step_minutes: minutes from one value of a series to the next: 60, 720, 1440...
        horizon: how many steps ahead is forecast, at least 1.
        window: how many steps of the past the network sees; two seasons or more.
        season_steps: steps of the season that the naive forecast repeats: a week, or a day.
        may_be_negative: whether values below 0 exist; if not, no forecast lies there.
    """

    step_minutes: float = 720.0
    horizon: int = 1
    window: int = 42
    season_steps: int = 14
    may_be_negative: bool = False


@dataclass(frozen=True)
class ModelConfig:
    """The network and its training.

    Args:
        channels: width of each convolution.
        head_units: width of the layer before the quantiles.
        dropout: share of that layer's units left out in training, 0 to 1.
        epochs: passes over the training records, at most.
        patience: epochs without a better validation loss after which training stops.
        batch_size: records a training step.
        learning_rate: at the start; it falls to zero along a cosine.
        short_pasts: for each so many training records one is shown again with its past cut off, so
            that a new series is forecast soberly; 0 leaves that out.
    """

    channels: int = 24
    head_units: int = 48
    dropout: float = 0.1
    epochs: int = 12
    patience: int = 5
    batch_size: int = 128
    learning_rate: float = 3e-3
    short_pasts: int = 8


@dataclass(frozen=True)
class SplitConfig:
    """Which records are for what, by time.

    Args:
        valid_share: of the records, before the test, to stop early and to set the interval.
        test_share: of the records, the latest, for the figures on the card.
    """

    valid_share: float = 0.15
    test_share: float = 0.2


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train retail_recommender --set key=value`` can change.

    Args:
        series: how they are read.
        model: the network and its training.
        split: of the data.
    """

    series: SeriesConfig = SeriesConfig()
    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
