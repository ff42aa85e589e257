"""Cards of like length side by side, and the bins of features: what training reads, in NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_LENGTH_GROWTH = 1.35


@dataclass(frozen=True)
class SequenceBatch:
    """Cards of like length, padded on the right.

    Args:
        rows: int64 [B, T], the row of each transaction, -1 where padded.
    """

    rows: np.ndarray

    def take(self, values: np.ndarray) -> np.ndarray:
        """`values` [N, ...] by card and step [B, T, ...], 0 where padded."""
        out = values[self.rows]
        out[self.rows < 0] = 0
        return out


def card_sequences(
    card_slots: np.ndarray, batch_cards: int, seed: int | None = None
) -> list[SequenceBatch]:
    """Batches of whole cards, of few distinct shapes, so that a compiling backend compiles little.

    Args:
        card_slots: int64 [N], the card of each row; rows in order of arrival.
        batch_cards: cards a batch; the last one of a length is filled up with empty cards.
        seed: shuffles cards among batches of like length, and the batches; None keeps the order.

    Returns:
        Batches that hold every row once.
    """
    order = np.argsort(card_slots, kind="stable")
    first = np.flatnonzero(np.diff(card_slots[order], prepend=-1))
    sizes = np.diff(first, append=len(order))
    cards = np.arange(len(first))
    rng = None if seed is None else np.random.default_rng(seed)
    if rng is not None:
        cards = rng.permutation(cards)
    steps = _steps(sizes)
    batches = []
    for length in np.unique(steps):
        alike = cards[steps[cards] == length]
        for part in np.split(alike, np.arange(batch_cards, len(alike), batch_cards)):
            rows = np.full((batch_cards, length), -1, dtype=np.int64)
            filled = np.arange(length) < sizes[part, None]
            rows[: len(part)][filled] = order[(first[part, None] + np.arange(length))[filled]]
            batches.append(SequenceBatch(rows))
    if rng is not None:
        batches = [batches[i] for i in rng.permutation(len(batches))]
    return batches


def _steps(sizes: np.ndarray) -> np.ndarray:
    """Each length rounded up to the next of a geometric series."""
    lengths = [16]
    while lengths[-1] < sizes.max(initial=1):
        lengths.append(8 * int(np.ceil(lengths[-1] * _LENGTH_GROWTH / 8)))
    return np.asarray(lengths)[np.searchsorted(lengths, sizes)]


def fit_bins(features: np.ndarray, n_bins: int) -> np.ndarray:
    """Bins of each feature: two thirds follow its quantiles, one third its range.

    Args:
        features: float32 [N, F], rows of the training split only.
        n_bins: bins a feature; where values are few, some stay unused.

    Returns:
        float32 [F, n_bins, 2], lower edge and width; width 0 is unused.
    """
    n_even = n_bins // 3
    quantiles = np.quantile(features, np.linspace(0.0, 1.0, n_bins - n_even + 1), axis=0)
    bins = np.zeros((features.shape[1], n_bins, 2), dtype=np.float32)
    for feature in range(features.shape[1]):
        low, high = quantiles[0, feature], quantiles[-1, feature]
        # Rare values carry the frauds and lie beyond every quantile: hence the even edges.
        edges = np.concatenate([quantiles[:, feature], np.linspace(low, high, n_even + 1)])
        edges = np.unique(np.round((edges - low) / max(high - low, 1e-9), 3))
        edges = low + (high - low) * edges[: n_bins + 1]
        bins[feature, : len(edges) - 1] = np.stack([edges[:-1], np.diff(edges)], axis=1)
    return bins
