"""Every setting of ``fraud_rnn/credit``; the defaults were chosen by folds within the training
part of the UCI data and on its validation part (``docs/experiments/fraud_rnn_credit.md``).
"""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.errors import UsageError

ATTRIBUTES = ("age", "education", "marriage", "sex")


@dataclass(frozen=True)
class FeatureConfig:
    """What is read of a client.

    Args:
        attributes: which of ``age education marriage sex`` are read besides the limit. None by
            default: they are protected in many countries, and together they are worth less than
            0.001 of AUC. The setting is there to measure that on your own data.
    """

    attributes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        strange = [name for name in self.attributes if name not in ATTRIBUTES]
        if strange:
            known = ", ".join(ATTRIBUTES)
            raise UsageError(
                "fraud_rnn.credit.error.attribute", received=", ".join(strange), known=known
            )


@dataclass(frozen=True)
class ModelConfig:
    """The network and its training.

    Args:
        bins: of each feature, what the network reads it through.
        dense_units: width of the layer before the GRU.
        gru_units: width of the GRU's state.
        head_units: width of the layer after the GRU.
        members: networks that are trained side by side and averaged, in one graph.
        row_share: share of the training records that each member learns from, 0 to 1.
        dropout: share of a layer's units left out in training, 0 to 1.
        epochs: passes over the training records at most.
        patience: epochs without a better validation loss after which training stops.
        batch_size: records a training step.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: of AdamW.
        clipnorm: limit on the norm of each weight's gradient.
    """

    bins: int = 12
    dense_units: int = 32
    gru_units: int = 32
    head_units: int = 32
    members: int = 4
    row_share: float = 0.7
    dropout: float = 0.3
    epochs: int = 16
    patience: int = 16
    batch_size: int = 256
    learning_rate: float = 4e-3
    weight_decay: float = 0.02
    clipnorm: float = 1.0


@dataclass(frozen=True)
class SplitConfig:
    """Which records are for what, and how the decision is made.

    Args:
        valid_share: of a client's records: to stop early, calibrate, set the threshold.
        test_share: of a client's records: for the figures on the card.
        seeds: models that ``lepton evaluate --train`` trains on the UCI data's own split.
        policy: what sets the threshold, by name as in ``lepton_core.decision.Policy``: ``f1``,
            ``precision``, ``recall`` or ``alert_rate``.
        policy_value: what the policy asks for.
        review_share: share of records just below the threshold that a person may look at.
    """

    valid_share: float = 0.15
    test_share: float = 0.2
    seeds: int = 5
    policy: str = "f1"
    policy_value: float = 0.0
    review_share: float = 0.05


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train fraud_rnn/credit --set key=value`` can change.

    Args:
        features: what is read of a client.
        model: of the network and its training.
        split: of the data and the decision.
    """

    features: FeatureConfig = FeatureConfig()
    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
