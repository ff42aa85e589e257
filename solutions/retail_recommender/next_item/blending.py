"""A network and item weights as one score: what serves is a product and a sparse sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .baselines_weights import ItemWeights
from .ranking import Scorer, hit_rate, ndcg, ranks
from .sequences import HeldOut, Sequences

# Weights tried for the item weights, in parts of the spread of the network's scores.
SHARES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class Blend:
    """Scores of a network plus a constant times those of item weights.

    Args:
        weights: sparse, from item to item.
        share: what they are multiplied by; 0 leaves the network alone.
    """

    weights: ItemWeights
    share: float

    def added(self, scores: np.ndarray, history: Sequences) -> np.ndarray:
        """The network's scores float32 [users, N] with those of the item weights added."""
        if not self.share:
            return scores
        return scores + np.float32(self.share) * self.weights.scores(history)

    def scorer(self, network: Scorer) -> Scorer:
        """What ranks, from what gives the network's scores."""
        return lambda history: self.added(network(history), history)


@dataclass(frozen=True)
class Tried:
    """What a share gave on validation."""

    share: float
    hr10: float
    ndcg10: float


def choose_share(
    network: Scorer, weights: ItemWeights, valid: HeldOut, shares: Sequence[float] = SHARES
) -> tuple[Blend, list[Tried]]:
    """The blend with the best NDCG@10 on validation, and what each share gave.

    A share is told in spreads: the network's scores of a user spread by some standard deviation,
    and so do the non-zero scores of the item weights; their ratio is one share.

    Args:
        network: gives the network's scores.
        weights: of a baseline fitted on the same histories as the network.
        valid: what chooses.
        shares: what is tried.
    """
    some = valid.history.take(np.arange(min(len(valid.truth), 256)))
    sparse = weights.scores(some)
    spread = sparse[sparse != 0].std() if (sparse != 0).any() else 0.0
    unit = float(network(some).std(axis=1).mean() / spread) if spread else 0.0
    tried = []
    for share in shares:
        found = ranks(Blend(weights, share * unit).scorer(network), valid)
        tried.append(Tried(share * unit, hit_rate(found, 10), ndcg(found, 10)))
    best = max(tried, key=lambda one: one.ndcg10)
    return Blend(weights, best.share), tried
