"""Every setting of ``retail_recommender/next_item``, with what it does."""

from __future__ import annotations

from dataclasses import dataclass, field

from lepton_core.setting_checks import check_ranges

from .model_config import ModelConfig


@dataclass(frozen=True)
class ListConfig:
    """What is known of items, and what lists are made at first; ``lepton decide`` changes both.

    Args:
        catalogue: a data set's name or a file with ``item`` and any of ``title category price
            margin stock``; without one, what order lines say of items is what is known.
        k: items in a list.
        seen: whether customers are shown again what they had, as where things are used up.
        trend_days: after so many days a purchase counts half for what is trending; where no times
            are known, all count alike.
    """

    catalogue: str = ""
    k: int = 10
    seen: bool = False
    trend_days: float = 14.0


@dataclass(frozen=True)
class BlendConfig:
    """What simple item weights add to the network.

    Args:
        kind: a baseline whose weights are added, as ``ordered_knn``; empty for the network alone.
        share: what the weights are multiplied by; 0 lets validation choose.
        most: other items of which an item says something, those of the largest weights.
    """

    kind: str = ""
    share: float = 0.0
    most: int = 100

    def __post_init__(self) -> None:
        check_ranges("blend", self, share=(0, 1e9), most=(1, 1_000_000))


@dataclass(frozen=True)
class Config:
    """All settings.

    Args:
        lists: the lists.
        model: the network and its training.
        blend: what is added to the network.
        learn_valid: whether the choices that validation is made of are learned from, too, at the
            end: the network is then trained for all ``epochs``, since nothing is left to stop by.
    """

    lists: ListConfig = field(default_factory=ListConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    blend: BlendConfig = field(default_factory=BlendConfig)
    learn_valid: bool = False
