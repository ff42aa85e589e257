"""Settings of the networks of the next item."""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.errors import UsageError
from lepton_core.setting_checks import check_choice, check_ranges

KINDS = ("attention", "convolution")


@dataclass(frozen=True)
class ModelConfig:
    """The network over a customer's items, and its training; checked when it is made.

    Args:
        kind: one of ``KINDS``.
        members: networks side by side, trained on the same choices; their vectors are joined.
        width: length of the vectors of items and customers, of each member.
        blocks: of attention, or of two dilated convolutions, one after the other.
        heads: of the attention, a divisor of ``width``.
        hidden: the inner layer of an attention block, in widths.
        gated: whether an attention block weighs what it adds by a gate (LiGR).
        length: how many of a customer's last items are read.
        dropout: share of units left out in training, 0 to 1.
        item_dropout: share of each history's items left out in training, others each time, so that
            what comes two or three items later is learned from as well, 0 to 1.
        backward: share of histories read from their end in training, others each time: what goes
            together does so in either order, 0 to 1.
        negatives: how many items, drawn anew for each step, each choice is compared with; with as
            many as there are items, or more, each step compares with all.
        popular: how strongly often bought items are drawn more often: 0 for all alike, 1 for as
            often as bought. The loss is corrected for it.
        rare: how far scores leave out how popular an item is anyway: 0 ranks by the chance that it
            comes next, 1 by how many times that is its usual chance.
        epochs: passes over the customers, at most.
        patience: epochs without a better figure on validation after which training stops.
        batch_items: choices in a training step.
        learning_rate: at the start; it falls to zero along a cosine over ``epochs``.
        weight_decay: how strongly weights are drawn to 0 at each step.
        rounded: whether item vectors and large kernels keep 8 bits a weight in the end, which makes
            a bundle a third as large.
    """

    kind: str = "attention"
    members: int = 1
    width: int = 64
    blocks: int = 1
    heads: int = 1
    hidden: int = 4
    gated: bool = False
    length: int = 50
    dropout: float = 0.3
    item_dropout: float = 0.2
    backward: float = 0.3
    negatives: int = 1024
    popular: float = 0.0
    rare: float = 0.0
    epochs: int = 30
    patience: int = 10
    batch_items: int = 1024
    learning_rate: float = 3e-3
    weight_decay: float = 0.0
    rounded: bool = True

    def __post_init__(self) -> None:
        check_choice("model", self, kind=KINDS)
        check_ranges(
            "model",
            self,
            members=(1, 100),
            width=(1, 4096),
            blocks=(1, 16),
            heads=(1, self.width),
            hidden=(1, 16),
            length=(1, 1000),
            dropout=(0, 0.9),
            item_dropout=(0, 0.9),
            backward=(0, 1),
            negatives=(1, 10_000_000),
            popular=(0, 1),
            rare=(0, 1),
            epochs=(1, 10_000),
            patience=(1, 10_000),
            batch_items=(1, 1_000_000),
            learning_rate=(1e-7, 1),
            weight_decay=(0, 1),
        )
        if self.width % self.heads:
            fits = ", ".join(str(n) for n in range(1, self.width + 1) if self.width % n == 0)
            raise UsageError(
                "usage.setting_choice", setting="model.heads", received=self.heads, known=fits
            )
