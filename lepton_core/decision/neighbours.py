"""What stands beside one item: similar ones, those chosen along with it, and what is trending."""

from __future__ import annotations

import numpy as np

from lepton_core.decision.rank import Rank
from lepton_core.retrieval.exact import top_k

Found = tuple[np.ndarray, np.ndarray]


def similar_items(rank: Rank, code: int, k: int | None = None) -> Found:
    """The items whose vectors point most nearly in the same direction, after the filters.

    Args:
        rank: with the items and filters.
        code: of the item asked about.
        k: how many; the decision's own when None.

    Returns:
        codes int64 [m] and cosines float32 [m] in -1..1, the largest first; m at most k.

    Example:
        >>> from lepton_core.decision.catalogue import Catalogue
        >>> from lepton_core.decision.items import Items
        >>> vectors = np.float32([[1, 0], [0, 2], [3, 0.1]])
        >>> rank = Rank(Items(Catalogue(("a", "b", "c")), vectors, np.ones(3), np.ones(3)))
        >>> similar_items(rank, 0, 1)[0].tolist()
        [2]
    """
    vectors = rank.items.vectors
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(length > 0, length, 1).astype(np.float32)
    own = [np.array([code])]
    codes, cosines = top_k(unit[code : code + 1], unit, k or rank.k, rank.allowed, own)
    there = codes[0] >= 0
    return codes[0][there], cosines[0][there]


def items_together(rank: Rank, code: int, k: int | None = None) -> Found:
    """The items that are chosen along with one, after the filters.

    Returns:
        codes int64 [m] and how many times as often as by chance, float32 [m], the most
        characteristic first; m at most k, and at most as many as were kept in training.
    """
    codes = rank.items.together[code].astype(np.int64)
    there = codes >= 0
    if rank.allowed is not None:
        there &= rank.allowed[np.maximum(codes, 0)]
    k = k or rank.k
    return codes[there][:k], rank.items.lift[code][there][:k]


def trending_items(rank: Rank, k: int | None = None) -> Found:
    """The items that are chosen most lately, after the filters: codes int64 [m], float32 [m]."""
    width = rank.items.vectors.shape[1]
    codes, trend = rank.lists(np.zeros((1, width), np.float32), np.zeros((1, 1), np.int64), k)
    there = codes[0] >= 0
    return codes[0][there], trend[0][there]
