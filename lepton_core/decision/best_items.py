"""The items that fit customers best, of those that pass, before any order is changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_core.decision.items import Items
from lepton_core.retrieval.exact import top_k


@dataclass(frozen=True)
class Asked:
    """Customers whose lists are asked for.

    Args:
        score: vectors, float32 [n, D].
        history: int64 [n, H], codes + 1, the latest first, 0 where no more.
        had: codes that each does not get; None where what was had is shown again.
    """

    score: np.ndarray
    history: np.ndarray
    had: list[np.ndarray] | None

    @property
    def cold(self) -> np.ndarray:
        """Of whom nothing is known, bool [n]."""
        known: np.ndarray = np.any(self.history > 0, axis=1, keepdims=True)
        return ~known[:, 0]

    def one(self, row: int) -> Asked:
        """One of them alone."""
        some = slice(row, row + 1)
        had = None if self.had is None else self.had[some]
        return Asked(self.score[some], self.history[some], had)


def best_items(
    items: Items, allowed: np.ndarray | None, asked: Asked, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The best k of all items that pass, by vectors and what is added, or by the trend.

    Args:
        items: all items.
        allowed: bool [N], which pass; None for all.
        asked: the customers.
        k: how many.

    Returns:
        codes int64 [n, k] and scores float32 [n, k], the best first; -1 and -inf at the end where
        fewer pass. Of strangers the score is the trend.
    """
    codes, scores = top_k(asked.score, items.vectors, k, allowed, asked.had)
    cold = asked.cold
    if items.weights is not None:
        for row in np.flatnonzero(~cold).tolist():
            codes[row], scores[row] = _with_added(items, allowed, asked, row, codes[row], k)
    if cold.any():
        every = np.ones(len(items), bool)
        passing = np.flatnonzero(every if allowed is None else allowed)
        order = passing[np.argsort(-items.trend[passing], kind="stable")][:k]
        codes[cold], scores[cold] = -1, -np.inf
        codes[cold, : len(order)], scores[cold, : len(order)] = order, items.trend[order]
    return codes, scores


def every_score(items: Items, score: np.ndarray, history: np.ndarray) -> np.ndarray:
    """How well every item fits each customer, float64 [n, N]: for a few customers.

    Args:
        items: all items.
        score: customers' vectors, float32 [n, D].
        history: int [n, H], codes + 1, the latest first, 0 where no more.
    """
    found = score.astype(np.float64) @ items.vectors.T.astype(np.float64)
    for row, had in enumerate(np.asarray(history, np.int64)):
        if not (had > 0).any():
            found[row] = items.trend
        elif items.weights is not None:
            codes, added = items.weights.of(had[had > 0] - 1)
            found[row, codes] += added
    return found


def _with_added(
    items: Items, allowed: np.ndarray | None, asked: Asked, row: int, best: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The best k [k] of one customer with what is added for what they had.

    What is added is never below 0, so that of the items without it none but the best k by vectors
    can be among the best k.
    """
    assert items.weights is not None
    history = asked.history[row]
    added_to, added = items.weights.of(history[history > 0] - 1)
    passes = np.ones(len(added_to), bool) if allowed is None else allowed[added_to]
    if asked.had is not None:
        passes = passes & ~np.isin(added_to, asked.had[row])
    added_to, added = added_to[passes], added[passes]
    among = np.union1d(best[best >= 0], added_to)
    vector = asked.score[row].astype(np.float64)
    value = items.vectors[among].astype(np.float64) @ vector
    value[np.searchsorted(among, added_to)] += added
    order = np.lexsort((among, -value))[:k]
    codes, scores = np.full(k, -1, np.int64), np.full(k, -np.inf, np.float32)
    codes[: len(order)], scores[: len(order)] = among[order], value[order]
    return codes, scores
