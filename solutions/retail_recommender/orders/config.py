"""Every setting of ``retail_recommender/orders``; ``lepton train`` writes them into a bundle."""

from __future__ import annotations

from dataclasses import dataclass

from lepton_core.setting_checks import check_ranges


@dataclass(frozen=True)
class SupplyConfig:
    """What holds for products whose records do not say otherwise. Periods are those of the
    forecast: weeks where weeks are forecast, days where days are.

    Args:
        lead: periods from an order to its delivery, on average.
        lead_sd: standard deviation of that.
        order_every: periods from one chance to order to the next.
        service: probability that nothing is missing until the order after this one arrives.
        holding: cost of a unit that is left over for a period, in parts of its cost.
        pack: units are ordered in multiples of it.
    """

    lead: float = 2.0
    lead_sd: float = 0.0
    order_every: float = 1.0
    service: float = 0.95
    holding: float = 0.005
    pack: float = 1.0

    def __post_init__(self) -> None:
        check_ranges(
            "supply",
            self,
            lead=(0, 200),
            lead_sd=(0, 100),
            order_every=(0.01, 200),
            service=(0.5, 0.9999),
            holding=(1e-6, 10),
            pack=(1e-6, 1e9),
        )


@dataclass(frozen=True)
class PlanConfig:
    """How a plan is made.

    Args:
        correlation: of the demand of two periods around what was forecast for them at one moment, 0
            to 0.99; the card of a bundle of ``retail_recommender/demand`` tells it.
        budget: money for all orders of a plan whose records name none; 0 for no limit.
        paths: courses of the demand that are looked at.
    """

    correlation: float = 0.5
    budget: float = 0.0
    paths: int = 2000

    def __post_init__(self) -> None:
        check_ranges("plan", self, correlation=(0, 0.99), budget=(0, 1e15), paths=(100, 1_000_000))


@dataclass(frozen=True)
class Config:
    """Everything that ``lepton train retail_recommender/orders --set key=value`` can change.

    Args:
        supply: of products that do not tell their own.
        plan: how it is made.
    """

    supply: SupplyConfig = SupplyConfig()
    plan: PlanConfig = PlanConfig()
