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
