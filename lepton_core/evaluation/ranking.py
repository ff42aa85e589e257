"""What ranked lists are worth: whether what came next is in them, how high, and for which items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lepton_core.errors import DataError
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.report import Measured

CUTS = (5, 10, 20)
# Items by how often they were chosen: those that make up the first, second and last third of all.
STRATA = ("head", "mid", "tail")
_RESAMPLES = 200


@dataclass(frozen=True)
class Ranked:
    """Lists of items, what was chosen in the end, and how often each item had been chosen before.

    Args:
        lists: codes int64 [n, k], the best first, -1 where a list ends; k of 20 or more.
        truth: int64 [n], the code of what was chosen; -1 for an item that nobody knew.
        counts: int64 [N], how often each item was chosen in the training data.
    """

    lists: np.ndarray
    truth: np.ndarray
    counts: np.ndarray


def hit_rate(truth: ArrayLike, lists: ArrayLike, k: int = 10) -> float:
    """Share of the lists that hold the truth among their first k items.

    Args:
        truth: codes [n]; below 0 where it is an item that nobody knew, which no list can hold.
        lists: codes [n, k or more], the best first; below 0 where a list ends.
        k: how many count.

    Raises:
        DataError: ``evaluate.empty`` or ``evaluate.lengths``.

    Example:
        >>> hit_rate([7, 8], [[7, 1], [1, 8]], k=1)
        0.5
    """
    return float((_ranks(f"hr{k}", truth, lists) < k).mean())


def ndcg(truth: ArrayLike, lists: ArrayLike, k: int = 10) -> float:
    """Mean of 1 / log2(1 + rank) of the truth, 0 where it is not among the first k.

    Arguments and errors as :func:`hit_rate`.

    Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002; with
        one relevant item the ideal is 1.

    Example:
        >>> round(ndcg([7, 8], [[7, 1], [1, 8]], k=2), 3)
        0.815
    """
    ranks = _ranks(f"ndcg{k}", truth, lists)
    return float(np.where(ranks < k, 1.0 / np.log2(ranks + 2.0), 0.0).mean())


def item_coverage(lists: np.ndarray, items: int, k: int = 10) -> float:
    """Share of all items that are among the first k of any list.

    Example:
        >>> item_coverage(np.array([[0, 1], [0, 2]]), items=4, k=1)
        0.25
    """
    shown = np.zeros(items, bool)
    first = lists[:, :k]
    shown[first[first >= 0]] = True
    return float(shown.mean())


def novelty(lists: np.ndarray, counts: np.ndarray, k: int = 10) -> np.ndarray:
    """How little known what a list shows is: mean of -log2 of each item's share of all choices.

    Args:
        lists: codes [n, k or more].
        counts: int64 [N], how often each item was chosen; 0 counts as 1.
        k: how many count.

    Returns:
        bits, float64 [n]; NaN for an empty list.

    Source: Zhou et al., Solving the apparent diversity-accuracy dilemma, PNAS 2010.

    Example:
        >>> novelty(np.array([[0, 1]]), np.array([2, 1, 1]), k=2).tolist()
        [1.5]
    """
    bits = -np.log2(np.maximum(counts, 1) / max(int(counts.sum()), 1))
    first = lists[:, :k]
    there = first >= 0
    total = np.where(there, bits[np.where(there, first, 0)], 0.0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return total / there.sum(axis=1)


def strata(counts: np.ndarray) -> np.ndarray:
    """Which of ``STRATA`` each item is of, int64 [N]: thirds of all choices, not of all items.

    Example:
        >>> strata(np.array([1, 6, 1, 1])).tolist()
        [2, 0, 2, 2]
    """
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    found = np.empty(len(counts), np.int64)
    found[order] = np.minimum(3 * before // max(int(counts.sum()), 1), 2)
    return found


def ranking_measures(ranked: Ranked) -> dict[str, Measured]:
    """Figures of ranked lists; intervals by resampling customers.

    Returns:
        ``hr5 hr10 hr20 ndcg5 ndcg10 ndcg20``; ``item_coverage10`` and ``novelty10``; and of truths
        by how often they had been chosen, ``hr10_head hr10_mid hr10_tail``, as far as there are
        any.

    Raises:
        DataError: ``evaluate.empty``.
    """
    truth, lists = ranked.truth, ranked.lists
    found = {}
    for name, metric in (("hr", hit_rate), ("ndcg", ndcg)):
        for k in CUTS:
            found[f"{name}{k}"] = _bootstrapped(partial(metric, k=k), truth, lists)
    found["item_coverage10"] = Measured(item_coverage(lists, len(ranked.counts)))
    bits = novelty(lists, ranked.counts)
    bits = bits[np.isfinite(bits)]
    if len(bits):
        found["novelty10"] = _bootstrapped(np.mean, bits)
    of = np.where(truth >= 0, strata(ranked.counts)[np.maximum(truth, 0)], -1)
    for place, name in enumerate(STRATA):
        rows = of == place
        if rows.any():
            found[f"hr10_{name}"] = _bootstrapped(hit_rate, truth[rows], lists[rows])
    return found


def _bootstrapped(metric: Callable[..., Any], *arrays: np.ndarray) -> Measured:
    return Measured.of(bootstrap(metric, *arrays, n=_RESAMPLES))


def _ranks(name: str, truth: ArrayLike, lists: ArrayLike) -> np.ndarray:
    """The place of each truth in its list from 0, int64 [n]; beyond the end where it is not."""
    true, given = np.asarray(truth), np.asarray(lists)
    if not len(true):
        raise DataError("evaluate.empty", metric=name)
    if given.ndim != 2 or len(given) != len(true):
        raise DataError(
            "evaluate.lengths", metric=name, labels=list(true.shape), predicted=list(given.shape)
        )
    same = (given == true[:, None]) & (true[:, None] >= 0)
    return np.where(same.any(axis=1), same.argmax(axis=1), given.shape[1] + 10**6)
