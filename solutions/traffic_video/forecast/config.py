"""Every setting of ``traffic_video/forecast``; the first group is what a client decides."""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.setting_checks import check_choice, check_ranges

# The quantiles that the network gives.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
KINDS = ("identity", "tcn", "gru")
VALUES = ("median", "mean")


@dataclass(frozen=True)
class DataConfig:
    """How the counts are read, and how far ahead they are forecast.

    Args:
        step_minutes: length of an interval: the minutes from one count of a station to the next.
        ahead_minutes: the times ahead that are forecast at once, ascending, whole intervals each.
        lags: how many intervals of a station's past the network sees.
        unit: of the counts, for people: ``vehicles``, or ``mph`` where speeds are forecast.
        timezone: where the stations stand (``Europe/Berlin``), so that the rush hour stays in its
            place when the clocks change; ``UTC`` where times are told by the local clock already.
        smooth_minutes: how far a station's usual day is smoothed; more where few days are known.
        season_minutes: what the naive forecast repeats: 10080 for a week, 1440 for a day.
        coverage: share of the truths that each interval shall hold, 0.5 to 0.99.
    """

    step_minutes: float = 5.0
    ahead_minutes: tuple[float, ...] = (5.0, 15.0, 30.0, 60.0)
    lags: int = 12
    unit: str = "vehicles"
    timezone: str = "UTC"
    smooth_minutes: float = 5.0
    season_minutes: float = 10080.0
    coverage: float = 0.9

    def __post_init__(self) -> None:
        check_ranges(
            "data",
            self,
            step_minutes=(0.1, 1440),
            lags=(1, 1000),
            smooth_minutes=(0, 720),
            season_minutes=(1, 527_040),
            coverage=(0.5, 0.99),
        )


@dataclass(frozen=True)
class ModelConfig:
    """The networks and their training.

    Args:
        kind: one of ``KINDS``: ``identity`` reads the past as one row and knows station, time of
            day and weekday by a learned vector each; ``tcn`` reads it by convolutions, ``gru`` step
            by step. All know the same.
        members: how many networks are trained side by side; the mean of them is told.
        width: of the layers.
        blocks: residual blocks of ``identity``, convolutions of ``tcn``.
        embedding: length of the learned vectors.
        dropout: share of units left out in training, 0 to 1.
        value: ``median`` makes the absolute error small, ``mean`` the squared one.
        alike: whether an error counts by the station's own spread; else in units, so that stations
            with large errors weigh more.
        epochs: passes over the training records, at most.
        patience: epochs without a better validation loss after which training stops.
        batch_size: records a training step.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: how strongly weights are drawn to 0 at each step.
        short_pasts: for each so many training records one is shown again with its past cut off;
            0 leaves that out.
        new_stations: for each so many training records one is shown again as of a station that
            nobody knows; 0 leaves that out.
    """

    kind: str = "identity"
    members: int = 3
    width: int = 64
    blocks: int = 2
    embedding: int = 8
    dropout: float = 0.1
    value: str = "median"
    alike: bool = True
    epochs: int = 12
    patience: int = 4
    batch_size: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    short_pasts: int = 10
    new_stations: int = 10

    def __post_init__(self) -> None:
        check_choice("model", self, kind=KINDS, value=VALUES)
        check_ranges(
            "model",
            self,
            members=(1, 100),
            width=(1, 4096),
            blocks=(0, 100),
            embedding=(1, 1024),
            dropout=(0, 0.9),
            epochs=(1, 10_000),
            patience=(1, 10_000),
            batch_size=(1, 100_000),
            learning_rate=(1e-7, 1),
            weight_decay=(0, 1),
            short_pasts=(0, 100_000),
            new_stations=(0, 100_000),
        )


@dataclass(frozen=True)
class SplitConfig:
    """Which records are for what, by time; whole intervals of all stations stay together.

    Args:
        valid_share: of the time before the test, its last part: to stop early and to set the
            intervals, 0 to 0.95.
        test_share: of the time, the latest, for the figures on the card, 0 to 0.95.
    """

    valid_share: float = 0.2
    test_share: float = 0.2

    def __post_init__(self) -> None:
        check_ranges("split", self, valid_share=(0, 0.95), test_share=(0, 0.95))


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train traffic_video/forecast --set key=value`` can change.

    Args:
        data: how the counts are read.
        model: the networks and their training.
        split: of the data.
    """

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
