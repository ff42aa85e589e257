"""Every setting of ``retail_recommender/demand``; the first group is what a client decides."""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.setting_checks import check_choice, check_ranges

# The quantiles that the network gives.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
KINDS = ("tcn", "gru", "none")


@dataclass(frozen=True)
class DataConfig:
    """How the sales are read, and how far ahead demand is forecast.

    Args:
        step_minutes: length of a period: 10080 for weeks (from Monday to Sunday), 1440 for days.
        horizon: the longest time ahead, in periods.
        lags: how many periods of a series' past the network sees one by one.
        season_steps: periods after which sales repeat: 52 for weeks, 7 for days.
        recent: periods that tell a series' present level and growth.
        coverage: share of the truths that each interval shall hold, 0.5 to 0.99.
    """

    step_minutes: float = 10080.0
    horizon: int = 12
    lags: int = 26
    season_steps: int = 52
    recent: int = 8
    coverage: float = 0.9

    def __post_init__(self) -> None:
        check_ranges(
            "data",
            self,
            step_minutes=(1, 527_040),
            horizon=(1, 200),
            lags=(4, 400),
            season_steps=(1, 1000),
            recent=(1, 100),
            coverage=(0.5, 0.99),
        )

    @property
    def reach(self) -> int:
        """How many periods before the one forecast the season's reference can lie."""
        return -(-self.horizon // self.season_steps) * self.season_steps

    @property
    def length(self) -> int:
        """How many periods of each series are remembered."""
        return self.lags + self.horizon + self.reach + max(self.lags, 2 * self.recent)


@dataclass(frozen=True)
class ModelConfig:
    """The networks and their training.

    Args:
        kind: one of ``KINDS``: ``tcn`` reads the past by convolutions, ``gru`` step by step, and
            ``none`` not at all, only what is computed of it.
        members: how many networks are trained side by side; the mean of them is told.
        width: of the layers.
        channels: of what reads the past.
        embedding: length of the learned vectors of series, categories and weeks of the year; 0 for
            none.
        dropout: share of units left out in training, 0 to 1.
        alike: whether an error counts by the series' own size; else in units, so that large series
            weigh more.
        epochs: passes over the training records.
        batch_size: records a training step.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: how strongly weights are drawn to 0 at each step.
        short_pasts: for each so many training records one is shown again as of a series that nobody
            knows and that began a short time ago; 0 leaves that out.
        refit: whether the network that is kept learns from the validation records too, after these
            have set the intervals.
    """

    kind: str = "tcn"
    members: int = 1
    width: int = 32
    channels: int = 16
    embedding: int = 4
    dropout: float = 0.1
    alike: bool = True
    epochs: int = 12
    batch_size: int = 128
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    short_pasts: int = 10
    refit: bool = True

    def __post_init__(self) -> None:
        check_choice("model", self, kind=KINDS)
        check_ranges(
            "model",
            self,
            members=(1, 100),
            width=(1, 4096),
            channels=(1, 1024),
            embedding=(0, 1024),
            dropout=(0, 0.9),
            epochs=(1, 10_000),
            batch_size=(1, 100_000),
            learning_rate=(1e-7, 1),
            weight_decay=(0, 1),
            short_pasts=(0, 100_000),
        )


@dataclass(frozen=True)
class SplitConfig:
    """Which records are for what, by time; whole periods of all series stay together.

    Args:
        valid_steps: periods before the test, to choose by and to set the intervals.
        test_steps: the latest periods, for the figures on the card.
    """

    valid_steps: int = 12
    test_steps: int = 12

    def __post_init__(self) -> None:
        check_ranges("split", self, valid_steps=(0, 10_000), test_steps=(1, 10_000))


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train retail_recommender/demand --set key=value`` can change.

    Args:
        data: how the sales are read.
        model: the networks and their training.
        split: of the data.
    """

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
