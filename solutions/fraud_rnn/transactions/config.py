"""Every setting of `fraud_rnn/transactions`; the defaults were chosen on the validation folds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FeatureConfig:
    """Settings of the history features.

    Args:
        label_delay_days: days after a transaction until its label may be used.
        decay_days: time constants of the decayed counters, in days.
        outlier_ratio: an amount above this many times the card's usual one is left out of the
            usual amount, and is what is anomalous about it at the terminal.
        outlier_amount: an amount above this is anomalous whoever pays it; infinite learns it from
            labelled rows.
        habit_rows: a card's first rows always count as usual, and so many outliers in a row
            are taken for a new habit.
        fraud_memory_days: how long a terminal stays compromised; 0 learns it from labelled rows.
        terminal_hazard: chance a day that an honest terminal becomes compromised; 0 learns it.
        max_age_days: ages are cut here; it also stands for "never".
        late_days: a transaction up to so many days older than its card's latest is scored as if
            it came with that one; an older one is refused.
        jump_days: a time further ahead of the stream's latest is doubtful until others agree.
            Not above `late_days`, so that a wrong time once believed refuses no honest one.
    """

    label_delay_days: float = 7.0
    decay_days: tuple[float, ...] = (1.0, 7.0, 30.0)
    outlier_ratio: float = 3.0
    outlier_amount: float = float("inf")
    habit_rows: int = 5
    fraud_memory_days: float = 0.0
    terminal_hazard: float = 0.0
    max_age_days: float = 60.0
    late_days: float = 7.0
    jump_days: float = 7.0


@dataclass(frozen=True)
class ModelConfig:
    """Settings of the network and of its training.

    Args:
        bins: of each feature, what the network reads it through.
        dense_units: width of the layer before the GRU.
        gru_units: width of the card's state.
        head_units: width of the layer after the GRU.
        terminal_units: width of the terminal's part.
        epochs: passes over the training cards.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: of AdamW.
        clipnorm: limit on the norm of each weight's gradient.
        batch_cards: cards a training step.
        context_days: days of a card's past read before the days that carry the loss.
        cold_days: the training rows are read a second time without labels and with every past
            forgotten each so many days, so that a file without its past is scored soberly; 0
            leaves that out.
    """

    bins: int = 12
    dense_units: int = 32
    gru_units: int = 32
    head_units: int = 64
    terminal_units: int = 16
    epochs: int = 12
    learning_rate: float = 3e-3
    weight_decay: float = 0.3
    clipnorm: float = 1.0
    batch_cards: int = 32
    context_days: float = 14.0
    cold_days: float = 30.0


@dataclass(frozen=True)
class SplitConfig:
    """How a client's transactions are split in time, and how the decision is made.

    Args:
        warmup_days: first days that only fill the histories and carry no loss.
        all_weeks: in the Handbook's folds, train on all past labelled weeks instead of one.
        valid_days: days before the delay, to stop early, calibrate and choose the threshold.
        delay_days: days between validation and test, as long as labels take to arrive.
        test_days: last days, for the figures on the card.
        policy: what sets the threshold, by name as in `lepton_core.decision.Policy`: `alert_rate`,
            `capacity` (cards alerted a day), `cost` (of a review, beside the missed amounts),
            `precision`, `recall` or `f1`.
        policy_value: what the policy asks for; `alert_rate` reads the setting of its name instead.
        alert_rate: share of transactions that shall become alerts, for the policy of that name.
        review_share: share of transactions just below the threshold that a person may look at.
        patience: epochs without a better validation loss after which training stops.
    """

    warmup_days: float = 14.0
    all_weeks: bool = False
    valid_days: float = 7.0
    delay_days: float = 7.0
    test_days: float = 7.0
    policy: str = "alert_rate"
    policy_value: float = 0.0
    alert_rate: float = 0.005
    review_share: float = 0.01
    patience: int = 3


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train fraud_rnn --set key=value`` can change.

    Args:
        features: of the histories.
        model: of the network and its training.
        split: of the data and the decision.
    """

    features: FeatureConfig = FeatureConfig()
    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
