"""Every setting of ``medical_imaging/disease``; the defaults were chosen on cardio's validation
part and by folds within its training part (``docs/experiments/disease.md``).
"""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.errors import UsageError

from .factors import BY_NAME


@dataclass(frozen=True)
class PatientConfig:
    """What is read of a patient.

    Args:
        factors: which ones; empty for all that at least half of the training records have.
        needed: of those that are read, which every record must have.
        most_unknown: share of those that are read which a record may lack at most, 0 to 1.
    """

    factors: tuple[str, ...] = ()
    needed: tuple[str, ...] = ("age", "male", "ap_hi", "ap_lo")
    most_unknown: float = 0.34

    def __post_init__(self) -> None:
        strange = [name for name in (*self.factors, *self.needed) if name not in BY_NAME]
        if strange:
            raise UsageError(
                "medical_imaging.disease.error.factor",
                received=", ".join(strange),
                known=", ".join(BY_NAME),
            )


@dataclass(frozen=True)
class ModelConfig:
    """The network and its training.

    Args:
        bins: of each feature, what the network reads it through.
        units: width of each hidden layer.
        layers: hidden layers.
        members: networks that are trained side by side and averaged, in one graph.
        row_share: share of the training records that each member learns from, 0 to 1.
        directed: whether the estimated risk must go the way that medicine agrees on.
        hide: share of the values hidden from a second copy of each training record, so that the
            network knows what to make of those that are not known; 0 for no copy.
        dropout: share of a layer's units left out in training, 0 to 1.
        epochs: passes over the training records at most.
        least_steps: training steps at least: few records get more epochs.
        patience: epochs without a better validation loss after which training stops.
        batch_size: records a training step.
        learning_rate: at the start; it falls to zero along a cosine.
        weight_decay: of AdamW.
    """

    bins: int = 16
    units: int = 64
    layers: int = 2
    members: int = 4
    row_share: float = 0.8
    directed: bool = True
    hide: float = 0.15
    dropout: float = 0.0
    epochs: int = 16
    least_steps: int = 200
    patience: int = 16
    batch_size: int = 256
    learning_rate: float = 6e-3
    weight_decay: float = 0.02


@dataclass(frozen=True)
class SplitConfig:
    """Which records are for what, and how the decision is made.

    Args:
        valid_share: of a client's patients: to stop early, calibrate, set the threshold.
        test_share: of a client's patients: for the figures on the card.
        seeds: models that ``lepton evaluate --train`` trains on a data set's own split.
        policy: what sets the threshold, by name as in ``lepton_core.decision.Policy``: ``recall``
            (sensitivity), ``precision``, ``f1`` or ``alert_rate``.
        policy_value: what the policy asks for.
        review_share: share of records just below the threshold that a person may look at.
    """

    valid_share: float = 0.15
    test_share: float = 0.2
    seeds: int = 5
    policy: str = "recall"
    policy_value: float = 0.8
    review_share: float = 0.05


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train medical_imaging/disease --set key=value`` can change.

    Args:
        patients: what is read of a patient.
        model: of the network and its training.
        split: of the data and the decision.
    """

    patients: PatientConfig = PatientConfig()
    model: ModelConfig = ModelConfig()
    split: SplitConfig = SplitConfig()
