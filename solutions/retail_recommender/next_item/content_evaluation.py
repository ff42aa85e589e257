"""How well items that nobody has bought are recommended: whole items are held out.

Items fall into folds by a seed. A fold's items are taken out of all histories; the item space is
trained on what is left, and the encoder on the texts of the items that are left. Then every
customer who bought some of the fold's items is asked for them, by the vector that his remaining
history gave him, and all candidates are ranked, none sampled:

- ``new``: among the items held out, as a shelf of new items would be filled;
- ``all``: among all items that the customer has not had, bought ones and new ones together.

Popularity knows nothing of an item that nobody bought: all are equal, and among new items its
recall is that of chance. The most that it can say is how well items of the same category sell
(``category_popularity``). How well the item did sell later (``popularity_hindsight``) is known to
nobody when it comes; it tells what there was to be known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .content import ContentEncoder
from .content_words import Text, bags
from .least_squares import alternate

K = 20
_LABEL_BUCKETS = 4096


@dataclass(frozen=True)
class Interactions:
    """Who bought what, each pair once, and what the items are called.

    Args:
        users: int64 [T], 0..U - 1.
        items: int64 [T], 0..N - 1.
        texts: N texts for the encoder.
        labels: N texts of the category alone, what the baselines compare.
    """

    users: np.ndarray
    items: np.ndarray
    texts: Sequence[Text]
    labels: Sequence[str]

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of users and items."""
        return int(self.users.max()) + 1, len(self.texts)


@dataclass(frozen=True)
class Setting:
    """What is chosen on validation items.

    Args:
        width, sweeps, confidence, item_strength: of the item space, see :func:`alternate`.
        strength: of the encoder.
        trust: power of an item's count that its vector is trusted by, 0 trusts all alike.
        shares: of the encoder's fields.
    """

    width: int = 32
    sweeps: int = 8
    confidence: float = 4.0
    item_strength: float = 10.0
    strength: float = 1.0
    trust: float = 1.0
    shares: tuple[float, ...] = (0.5, 1.0)


def folds(items: int, count: int, seed: int) -> list[np.ndarray]:
    """Codes of the items of each fold, int64, together all items."""
    return np.array_split(np.random.default_rng(seed).permutation(items), count)


def scores(
    data: Interactions, held: np.ndarray, setting: Setting, seed: int = 0
) -> dict[str, np.ndarray]:
    """Scores float32 [U, N] of all items by each way, the items ``held`` being new to it.

    Args:
        data: interactions of all items; those of ``held`` are not looked at but for hindsight.
        held: int64 [h], codes of the items held out.
    """
    new = np.zeros(len(data.texts), bool)
    new[held] = True
    seen = ~new[data.items]
    users, items = data.users[seen], data.items[seen]
    customers, goods = alternate(
        users,
        items,
        data.shape,
        width=setting.width,
        sweeps=setting.sweeps,
        confidence=setting.confidence,
        strength=setting.item_strength,
        seed=seed,
    )
    counts = np.bincount(items, minlength=len(new)).astype(np.float32)
    bought = np.flatnonzero(counts > 0)
    encoder = ContentEncoder.fit(
        [data.texts[int(code)] for code in bought],
        goods[bought],
        weights=counts[bought] ** setting.trust,
        strength=setting.strength,
        shares=setting.shares,
    )
    goods[held] = encoder.encode([data.texts[code] for code in held])
    alike = _alike(data.labels)
    history = np.zeros(data.shape, np.float32)
    history[users, items] = 1
    overlap = history @ alike / np.maximum(history.sum(axis=1, keepdims=True), 1)
    expected = counts.copy()
    near = alike[np.ix_(held, bought)]
    expected[held] = near @ counts[bought] / np.maximum(near.sum(axis=1), 1e-9)
    hindsight = np.bincount(data.items, minlength=len(new)).astype(np.float32)
    everyone = np.ones((data.shape[0], 1), np.float32)
    chance = np.random.default_rng(seed).random(data.shape, np.float32)
    return {
        "content": customers @ goods.T,
        "genre_overlap": overlap,
        "category_popularity": everyone * expected,
        "popularity": everyone * counts,
        "popularity_hindsight": everyone * hindsight,
        "random": chance,
    }


def recalls(
    data: Interactions, held: np.ndarray, given: np.ndarray, among: str, k: int = K, seed: int = 0
) -> np.ndarray:
    """Recall of each customer who bought an item held out, float64 [m].

    Hits among the first k, of the items held out that the customer bought or of k where he bought
    more. Items of the same score stand in an order that is drawn for each customer.

    Args:
        data: interactions of all items.
        held: int64 [h], codes of the items held out.
        given: float32 [U, N], scores.
        among: ``new`` ranks the items held out, ``all`` every item that the customer has not had.
    """
    new = np.zeros(len(data.texts), bool)
    new[held] = True
    wanted = np.zeros(data.shape, bool)
    wanted[data.users[new[data.items]], data.items[new[data.items]]] = True
    had = np.zeros(data.shape, bool)
    had[data.users[~new[data.items]], data.items[~new[data.items]]] = True
    out = had if among == "all" else np.broadcast_to(~new, data.shape)
    # Less than the last digit of a score: it decides between equal ones alone.
    drawn = np.random.default_rng(seed).random(data.shape) * np.spacing(np.abs(given).max())
    shown = np.where(out, np.inf, -(given + drawn))
    first = np.argpartition(shown, min(k, shown.shape[1]) - 1, axis=1)[:, :k]
    asked = np.flatnonzero(wanted.any(axis=1))
    hits = np.take_along_axis(wanted, first, axis=1).sum(axis=1)
    return hits[asked] / np.minimum(wanted.sum(axis=1), k)[asked]


def _alike(labels: Sequence[str]) -> np.ndarray:
    """Share of two items' words that both have (Jaccard), float32 [N, N]."""
    found = bags([" ".join(sorted(set(text.split()))) for text in labels], _LABEL_BUCKETS)
    has = np.zeros((len(found), _LABEL_BUCKETS), np.float32)
    has[found.texts, found.features] = found.weights == 1
    both = has @ has.T
    own = has.sum(axis=1)
    return both / np.maximum(own[:, None] + own - both, 1)
