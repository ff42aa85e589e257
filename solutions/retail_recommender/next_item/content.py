"""A vector for an item that nobody has bought yet, from its title and category.

A bag embedding: each feature of the text (:mod:`.content_words`) has a vector, and an item's
vector is a mean and their weighted sum, in which each field counts alike however long it is. It is
aligned with the space of the items that were bought: the features' vectors are those with which
the known items' texts give their trained vectors back best (ridge regression), whatever model
trained them. NumPy alone, in training and in scoring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .content_words import Bags, Text, bags

# Numbers that features are spread over: as float16 of 64 numbers each, 1 MB of a bundle.
BUCKETS = 8192
# Conjugate gradients end when what is left is so small against the beginning, or after so many.
_LEFT, _STEPS = 1e-3, 60
# Features whose vectors are gathered at a time.
_BLOCK = 1 << 18


@dataclass(frozen=True)
class ContentEncoder:
    """Texts to vectors in a space of items; :meth:`fit` makes one.

    Args:
        table: float32 [buckets, D], the vectors of features; zeros where training had none.
        rarity: float32 [buckets], what a feature weighs: the rarer the more.
        mean: float32 [D], the vector of a text that says nothing.
        shares: what each field weighs, the last one's for any further.

    Example:
        >>> texts = [("red shoes", "shoes"), ("blue shoes", "shoes"), ("tea pot", "kitchen")] * 5
        >>> vectors = np.array([[1.0, 0], [1, 0], [0, 1]] * 5, np.float32)
        >>> encoder = ContentEncoder.fit(texts, vectors)
        >>> shoe, pot = encoder.encode([("green shoes", "shoes"), ("coffee pot", "kitchen")])
        >>> bool(shoe[0] > shoe[1]), bool(pot[1] > pot[0])
        (True, True)
    """

    table: np.ndarray
    rarity: np.ndarray
    mean: np.ndarray
    shares: tuple[float, ...] = (1.0,)

    @classmethod
    def fit(
        cls,
        texts: Sequence[Text],
        vectors: np.ndarray,
        *,
        weights: np.ndarray | None = None,
        strength: float = 1.0,
        shares: tuple[float, ...] = (0.5, 1.0),
        buckets: int = BUCKETS,
    ) -> ContentEncoder:
        """Learn what the words of known items say about their vectors.

        Args:
            texts: n texts, each a string or a sequence of fields such as (title, category), in
                the order that :meth:`encode` will get them; fields may be None.
            vectors: float32 [n, D], of any model: the encoder's vectors can be used wherever
                these are.
            weights: float32 [n], at least 0, how far each vector is to be trusted, such as a
                function of how often the item was bought; None trusts all alike.
            strength: of the regularisation, above 0: how strongly vectors are drawn to the mean.
            shares: what each field weighs, the last one's for any further; by default the first,
                the title, half of what the others do.
            buckets: numbers that features are spread over.

        Raises:
            ValueError: no texts, or shapes that do not fit.
        """
        vectors = np.asarray(vectors, np.float32)
        trust = np.ones(len(texts)) if weights is None else np.asarray(weights, np.float64)
        if not len(texts) or vectors.ndim != 2 or not len(vectors) == len(texts) == len(trust):
            raise ValueError(
                "texts, vectors [n, D] and weights belong to the same n items, at least one. "
                f"Received: {len(texts)} texts, vectors {list(vectors.shape)}, {len(trust)} weights"
            )
        if not np.isfinite(vectors).all() or not (trust >= 0).all() or not trust.sum():
            raise ValueError("vectors are finite, weights 0 or more, and not all 0")
        trust = (trust / trust.mean()).astype(np.float32)
        found = bags(texts, buckets)
        seen = np.bincount(found.features, minlength=buckets)
        rarity = np.where(seen > 0, np.log1p(len(texts) / np.maximum(seen, 1)), 0)
        mean = (trust @ vectors / trust.sum()).astype(np.float32)
        rarity = rarity.astype(np.float32)
        bag = _Matrix(_weighted(found, rarity, shares), buckets)
        return cls(_ridge(bag, vectors - mean, trust, strength), rarity, mean, tuple(shares))

    def encode(self, texts: Sequence[Text]) -> np.ndarray:
        """Vectors of texts, float32 [n, D]; the mean where a text has no known feature."""
        found = bags(texts, len(self.table))
        bag = _Matrix(_weighted(found, self.rarity, self.shares), len(self.table))
        return self.mean + bag @ self.table

    def known(self, texts: Sequence[Text]) -> np.ndarray:
        """Share of a text's features that training saw, float32 [n]; 0 where there are none.

        Below a half or so the vector says little about the item.
        """
        found = bags(texts, len(self.table))
        seen = np.bincount(found.texts, self.rarity[found.features] > 0, len(found))
        return (seen / np.maximum(np.diff(found.starts), 1)).astype(np.float32)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """JSON and arrays; vectors of features that training saw alone, on 16 bits."""
        kept = np.flatnonzero(self.rarity > 0)
        return {"buckets": len(self.table), "shares": list(self.shares)}, {
            "features": kept.astype(np.int32),
            "table": self.table[kept].astype(np.float16),
            "rarity": self.rarity[kept],
            "mean": self.mean,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, np.ndarray]) -> ContentEncoder:
        """The encoder that :meth:`state` described."""
        stored = arrays["table"].astype(np.float32)
        table = np.zeros((state["buckets"], stored.shape[1]), np.float32)
        rarity = np.zeros(state["buckets"], np.float32)
        table[arrays["features"]], rarity[arrays["features"]] = stored, arrays["rarity"]
        return cls(table, rarity, arrays["mean"].astype(np.float32), tuple(state["shares"]))


def _weighted(found: Bags, rarity: np.ndarray, shares: tuple[float, ...]) -> Bags:
    """Bags in which each field has the length of its share, and rare features weigh more.

    Features of no rarity, which training did not see, are dropped.
    """
    known = rarity[found.features] > 0
    texts, fields = found.texts[known], found.fields[known]
    weights = found.weights[known] * rarity[found.features[known]]
    columns = int(fields.max(initial=0)) + 1
    line = texts * columns + fields
    length = np.sqrt(np.bincount(line, weights.astype(np.float64) ** 2, len(found) * columns))
    share = np.array(shares, np.float64)[np.minimum(fields, len(shares) - 1)]
    starts = np.searchsorted(texts, np.arange(len(found) + 1))
    weighted = (weights * share / length[line]).astype(np.float32)
    return Bags(found.features[known], weighted, fields, starts)


class _Matrix:
    """Bags as a matrix [n, buckets] that is mostly zeros: its product, and that of its transpose.

    Args:
        found: the bags.
        buckets: columns.
    """

    def __init__(self, found: Bags, buckets: int) -> None:
        self._rows = (found.features, found.weights, found.starts)
        order = np.argsort(found.features, kind="stable")
        starts = np.searchsorted(found.features[order], np.arange(buckets + 1))
        self._columns = (found.texts[order], found.weights[order], starts)

    def __matmul__(self, right: np.ndarray) -> np.ndarray:
        return _gathered(self._rows, right)

    def transposed(self, right: np.ndarray) -> np.ndarray:
        """The transpose's product with ``right`` float32 [n, D], float32 [buckets, D]."""
        return _gathered(self._columns, right)


def _gathered(side: tuple[np.ndarray, np.ndarray, np.ndarray], right: np.ndarray) -> np.ndarray:
    """Sums of the rows of ``right`` that each line names, as much as it names them."""
    which, weights, starts = side
    found = np.zeros((len(starts) - 1, right.shape[1]), np.float32)
    first = 0
    while first < len(found):
        # As many lines as fit into a block, at least one.
        reached = int(np.searchsorted(starts, starts[first] + _BLOCK, side="right")) - 1
        last = min(max(reached, first + 1), len(found))
        begin, end = starts[first], starts[last]
        filled = first + np.flatnonzero(np.diff(starts[first : last + 1]))
        if len(filled):
            part = right[which[begin:end]] * weights[begin:end, None]
            found[filled] = np.add.reduceat(part, starts[filled] - begin, axis=0)
        first = last
    return found


def _ridge(bag: _Matrix, target: np.ndarray, trust: np.ndarray, strength: float) -> np.ndarray:
    """The table [buckets, D] with the least ``trust`` (target - bag table)^2 + strength table^2.

    Conjugate gradients, every column of the target with steps of its own.
    """
    left = bag.transposed(trust[:, None] * target)
    table, way = np.zeros_like(left), left.copy()
    size = (left**2).sum(axis=0)
    small = _LEFT**2 * size
    for _ in range(_STEPS):
        if (size <= small).all():
            break
        turned = bag.transposed(trust[:, None] * (bag @ way)) + strength * way
        step = size / np.maximum((way * turned).sum(axis=0), 1e-30)
        table += step * way
        left -= step * turned
        before, size = size, (left**2).sum(axis=0)
        way = left + size / np.maximum(before, 1e-30) * way
    return table
