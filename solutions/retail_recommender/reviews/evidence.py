"""The evidence of pieces of text: log count ratios, weighed by a logistic regression.

A naive Bayes classifier whose ratios a logistic regression corrects: strong on short texts, and
wrong in other places than a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .config import GramConfig
from .grams import gram_hashes

# Added to each count, so that a piece seen in one class alone is no certainty.
_SMOOTHING = 1.0
# Hashes take a hundred times the room of a text.
_TEXTS_A_TURN = 512
# Weights below this move no score by a hundredth of a logit, however many there are of them.
_LEAST = 1e-4


@dataclass(frozen=True)
class Evidence:
    """What each known piece says for a positive text.

    Args:
        config: which pieces.
        left_out: words that stand in none.
        hashes: uint32 [k], the known pieces, ascending.
        weights: float32 [k], logits.
        offset: logit of a text without any.
    """

    config: GramConfig
    left_out: frozenset[str] = frozenset()
    hashes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint32))
    weights: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    offset: float = 0.0

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Logit float32 [n] of a positive for normalised texts [n]."""
        sums = np.zeros(len(texts))
        for at in range(0, len(texts), _TEXTS_A_TURN):
            some = texts[at : at + _TEXTS_A_TURN]
            text, piece = gram_hashes(some, self.config, self.left_out)
            place, known = _places(self.hashes, piece)
            # In double, and in order of the pieces: a sum does not depend on the texts beside it.
            weights = self.weights[place[known]].astype(np.float64)
            sums[at : at + len(some)] = np.bincount(text[known], weights, minlength=len(some))
        return (sums + self.offset).astype(np.float32)

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: np.ndarray,
        config: GramConfig,
        left_out: frozenset[str] = frozenset(),
    ) -> Evidence:
        """Learned from training texts.

        Args:
            texts: normalised texts [n].
            labels: 0 or 1 [n].
            config: which pieces, how many, how strong.
            left_out: words that stand in none.

        Source:
            Wang and Manning, Baselines and Bigrams: Simple, Good Sentiment and Topic
            Classification, ACL 2012.
        """
        if not config.letters_strength or not config.letters[1]:
            return cls(config, left_out, *_weighed(texts, labels, config, left_out))
        # Weighed by one regression, the many pieces of letters leave pairs of words little to say.
        both = (
            replace(config, letters=(0, 0)),
            replace(config, words=1, strength=config.letters_strength),
        )
        found = [_weighed(texts, labels, one, left_out) for one in both]
        hashes, place = np.unique(np.concatenate([one[0] for one in found]), return_inverse=True)
        weights = np.concatenate([one[1] for one in found]).astype(np.float64)
        means = np.bincount(place, weights / len(found), minlength=len(hashes))
        offset = sum(one[2] for one in found) / len(found)
        return cls(config, left_out, hashes, means.astype(np.float32), offset)


def _weighed(
    texts: Sequence[str], labels: np.ndarray, config: GramConfig, left_out: frozenset[str]
) -> tuple[np.ndarray, np.ndarray, float]:
    """Hashes uint32 [k], ascending, weights float32 [k] and offset of one regression."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    text, piece = gram_hashes(texts, config, left_out)
    known = _known(piece, config)
    place, there = _places(known, piece)
    shape = (len(texts), len(known))
    ones = np.ones(int(there.sum()), np.float32)
    counts = sparse.csr_matrix((ones, (text[there], place[there])), shape=shape)
    labels = np.asarray(labels)
    ratio = log_count_ratio(counts, labels)
    if not len(known) or len(np.unique(labels)) < 2:
        return np.zeros(0, np.uint32), np.zeros(0, np.float32), 0.0
    # The dual problem is the small one: fewer texts than pieces. One seed: always the same.
    model = LogisticRegression(
        C=config.strength, solver="liblinear", dual=True, max_iter=300, tol=0.1, random_state=0
    )
    model.fit(counts.multiply(ratio[None, :]).tocsr(), labels)
    weights = (model.coef_[0] * ratio).astype(np.float32)
    kept = np.abs(weights) >= _LEAST
    return known[kept], weights[kept], float(model.intercept_[0])


def log_count_ratio(counts: Any, labels: np.ndarray) -> np.ndarray:
    """How much more often each piece stands in positive texts, as a logarithm, float64 [k].

    Args:
        counts: sparse [n, k], 1 where a piece stands in a text.
        labels: 0 or 1 [n].
    """
    shares = []
    for label in (1, 0):
        seen = _SMOOTHING + np.asarray(counts[labels == label].sum(axis=0), np.float64).ravel()
        shares.append(np.log(seen / seen.sum()))
    return shares[0] - shares[1]


def _known(piece: np.ndarray, config: GramConfig) -> np.ndarray:
    """The pieces that are kept, ascending: in texts enough, and the most frequent of these."""
    found, texts = np.unique(piece, return_counts=True)
    enough = texts >= config.least
    found, texts = found[enough], texts[enough]
    if len(found) > config.most:
        order = np.argsort(-texts, kind="stable")[: config.most]
        found = np.sort(found[order])
    return found


def _places(known: np.ndarray, piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each piece stands among the known ones, int64 [m], and whether it does, bool [m]."""
    if not len(known):
        return np.zeros(len(piece), np.int64), np.zeros(len(piece), bool)
    place = np.minimum(np.searchsorted(known, piece), len(known) - 1)
    return place, known[place] == piece
