"""The baselines themselves: popularity, neighbours of items, and EASE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .baselines_weights import READ, ItemWeights
from .sequences import Sequences

_US_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class Popularity:
    """The same scores for everybody.

    Args:
        counts: float32 [N], weighted.
    """

    counts: np.ndarray

    def scores(self, history: Sequences) -> np.ndarray:
        """Scores float32 [users, N]."""
        return np.tile(self.counts, (len(history), 1))


def popularity(sequences: Sequences, items: int, *, half_life: float = 0.0) -> Popularity:
    """How often each item was bought, late purchases weighing more.

    Args:
        sequences: what is learned from.
        items: N.
        half_life: after so many days a purchase weighs half; where no times are known, after so
            many further items of its customer. 0 weighs all alike.
    """
    if not half_life:
        return Popularity(sequences.counts(items).astype(np.float32))
    if sequences.times is None:
        ago = sequences.starts[1:][sequences.users] - 1.0 - np.arange(len(sequences.codes))
    else:
        ago = (sequences.times.max(initial=0) - sequences.times) / _US_A_DAY
    weights = 0.5 ** (ago / half_life)
    return Popularity(np.bincount(sequences.codes, weights, items + 1)[1:].astype(np.float32))


def neighbours(
    sequences: Sequences,
    items: int,
    *,
    backward: float = 1.0,
    gap_decay: float = 1.0,
    popular: float = 0.5,
    shrink: float = 0.0,
    decay: float = 1.0,
    most: int = 200,
) -> ItemWeights:
    """Items that the same customers bought, the more alike the more of their customers are.

    With the settings as they stand it is the cosine between the customers of two items.

    Args:
        sequences: what is learned from.
        items: N.
        backward: what an item bought before says, compared with one bought after, 0 to 1.
        gap_decay: what a pair weighs for each further item between the two, above 0 to 1.
        popular: power of both items' counts by which a weight is divided.
        shrink: added to that divisor: pairs of rare items are trusted less.
        decay: what an item of a history weighs compared with the one after it, above 0 to 1.
        most: neighbours kept of each item.

    Source:
        Sarwar et al., Item-based collaborative filtering recommendation algorithms, WWW 2001;
        Ludewig and Jannach, Evaluation of session-based recommendation algorithms, 2018, for the
        order and the gap.
    """
    keys, weights = [np.empty(0, np.int64)], [np.empty(0)]
    users, codes = sequences.users, sequences.codes.astype(np.int64)
    for gap in range(1, min(READ, int(sequences.lengths.max(initial=1)))):
        together = users[gap:] == users[:-gap]
        before, after = codes[:-gap][together], codes[gap:][together]
        other = before != after
        before, after = before[other], after[other]
        worth = np.full(len(before), gap_decay ** (gap - 1))
        keys += [before * (items + 1) + after]
        weights += [worth]
        if backward:
            keys += [after * (items + 1) + before]
            weights += [worth * backward]
    pairs, place = np.unique(np.concatenate(keys), return_inverse=True)
    total = np.bincount(place, np.concatenate(weights), minlength=len(pairs))
    of, to = np.divmod(pairs, items + 1)
    count = np.maximum(sequences.counts(items), 1).astype(np.float64)
    total = total / ((count[of - 1] * count[to - 1]) ** popular + shrink)
    found = ItemWeights.from_triples(of, to, total, items, most)
    return ItemWeights(found.starts, found.codes, found.weights, decay)


def ease(
    sequences: Sequences,
    items: int,
    *,
    strength: float = 100.0,
    decay: float = 1.0,
    most: int = 200,
) -> ItemWeights:
    """Weights by which each item is best told from the other items of its customers.

    Needs memory and time of N x N and N x N x N: for catalogues to 20,000 items or so.

    Args:
        sequences: what is learned from.
        items: N.
        strength: of the regularisation.
        decay: what an item of a history weighs compared with the one after it, above 0 to 1.
        most: weights kept of each item.

    Source:
        Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019.
    """
    from scipy.linalg import lapack
    from scipy.sparse import csr_matrix

    once = np.unique(sequences.users * (items + 1) + sequences.codes.astype(np.int64))
    user, code = np.divmod(once, items + 1)
    bought = csr_matrix((np.ones(len(once), np.float32), (user, code - 1)), (len(sequences), items))
    gram = np.asfortranarray((bought.T @ bought).toarray())
    gram[np.diag_indices(items)] += strength
    factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    # Below the diagonal stands the inverse; row by row it is made whole, and into weights.
    diagonal = np.diag(inverse).copy()
    lower = np.tril(inverse, -1)
    weights = -(lower + lower.T) / diagonal
    return ItemWeights.from_dense(np.asarray(weights), most, decay)
