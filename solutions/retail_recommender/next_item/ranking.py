"""The rank of what a customer chose among all items, and what such ranks say of a model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .sequences import HeldOut, Sequences

# Gives the scores float32 [b, N] of all items for the users of a slice of a history.
Scorer = Callable[[Sequences], np.ndarray]

_BLOCK = 512


def ranks(scores: Scorer, held: HeldOut, *, block: int = _BLOCK) -> np.ndarray:
    """The rank of each truth among all items that its user has not had, int64 [m], 1 is first.

    Items of the same score rank before the truth: a model that tells nothing apart gets nothing.

    Args:
        scores: gives float32 [b, N] for histories of b users.
        held: histories and truths.
        block: users at a time.

    Example:
        >>> held = HeldOut(np.array([0]), Sequences.from_lists([[1]]), np.array([3], np.int32))
        >>> ranks(lambda history: np.array([[9.0, 1.0, 2.0, 3.0]]), held).tolist()
        [2]
    """
    found = np.empty(len(held.truth), np.int64)
    for start in range(0, len(found), block):
        users = np.arange(start, min(start + block, len(found)))
        history = held.history.take(users)
        given = np.array(scores(history))
        right = given[np.arange(len(users)), held.truth[users] - 1]
        given[history.users, history.codes - 1] = -np.inf
        # A truth that the user had before is asked for all the same.
        given[np.arange(len(users)), held.truth[users] - 1] = right
        found[users] = (given >= right[:, None]).sum(axis=1)
    return found


def hit_rate(ranks: np.ndarray, k: int) -> float:
    """Share of truths among the first k."""
    return float((ranks <= k).mean())


def ndcg(ranks: np.ndarray, k: int) -> float:
    """Mean of 1 / log2(1 + rank) of truths among the first k, 0 of the others."""
    return float(np.where(ranks <= k, 1 / np.log2(1 + ranks), 0.0).mean())
