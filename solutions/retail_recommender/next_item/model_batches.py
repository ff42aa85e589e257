"""Histories of like length side by side, with the item that came next and drawn others."""

from __future__ import annotations

import numpy as np

from lepton_core._keras import keras

from .sequences import PADDING, Sequences

# Lengths to which histories are padded: few, so that a compiling backend compiles little.
_LENGTHS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 26, 34, 44)

Batch = tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]


class ChoiceBatches(keras.utils.PyDataset):
    """Every item of every history as the choice after the items before it.

    A batch holds about as many choices whatever the length of its histories, and each choice
    weighs alike. Order, dropped items and drawn ones follow from seed and epoch alone.

    Args:
        sequences: histories; what is older than the last ``length`` + 1 items is not used.
        items: number of items, N.
        length: items read at most.
        batch_items: choices a batch.
        negatives: drawn items a batch; N or more gives all items.
        popular: exponent of an item's count in how often it is drawn.
        rare: exponent of an item's count in the bonus that its score gets in training.
        item_dropout: share of each history's items that are left out.
        backward: share of histories that are read from their end.
        seed: of all that is random.
    """

    def __init__(
        self,
        sequences: Sequences,
        items: int,
        *,
        length: int,
        batch_items: int,
        negatives: int,
        popular: float = 0.0,
        rare: float = 0.0,
        item_dropout: float = 0.0,
        backward: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._sequences = sequences.take(np.flatnonzero(sequences.lengths > 1))
        reads = np.minimum(self._sequences.lengths - 1, length)
        steps = np.asarray([n for n in _LENGTHS if n < length] + [length])
        self._reads, self._padded = reads, steps[np.searchsorted(steps, reads)]
        self._items, self._batch_items, self._negatives = items, batch_items, negatives
        count = np.maximum(sequences.counts(items), 1.0)
        weight = count**popular
        self._chance = weight / weight.sum()
        self._bonus = (rare * np.log(count / count.mean())).astype(np.float32)
        self._item_dropout, self._backward = item_dropout, backward
        self._seed, self._epoch = seed, 0
        self._shuffle()
        self.choices = int(reads.sum())

    def _shuffle(self) -> None:
        rng = np.random.default_rng([self._seed, self._epoch])
        self._batches = []
        order = rng.permutation(len(self._reads))
        for padded in np.unique(self._padded):
            alike = order[self._padded[order] == padded]
            rows = max(self._batch_items // int(padded), 1)
            self._batches += np.split(alike, np.arange(rows, len(alike), rows))
        rng.shuffle(self._batches)
        # Keras on TensorFlow takes a length as fixed when the first two batches agree in it.
        first = int(self._padded[self._batches[0][0]]) if self._batches else 0
        for place, batch in enumerate(self._batches):
            if int(self._padded[batch[0]]) != first:
                swap = self._batches[1]
                self._batches[1], self._batches[place] = batch, swap
                break

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:
        rng = np.random.default_rng([self._seed, self._epoch, index])
        users = self._batches[index]
        window = self._sequences.take(users).last(int(self._padded[users[0]]) + 1)
        window = self._varied(window, rng)
        x, target = window[:, :-1], window[:, 1:]
        known = (x != PADDING) & (target != PADDING)
        negatives, log_of = self._drawn(rng)
        log_of = log_of + self._bonus[negatives - 1]
        # Of a place without a target the last item's bonus is taken, which counts nothing.
        bonus = self._bonus[target - 1]
        inputs = {
            "x": x,
            "target": target,
            "bonus": bonus,
            "negatives": negatives,
            "log_of": log_of,
        }
        # Keras divides by all places; so weighted, every choice counts alike in its batch.
        weights = known * np.float32(known.size / self._batch_items)
        return inputs, np.zeros(x.shape, np.float32), weights

    def _varied(self, window: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Some histories backward and each without some of its items, padded on the left again."""
        turned = rng.random(len(window)) < self._backward
        window = np.where(turned[:, None], window[:, ::-1], window)
        kept = (window != PADDING) & (rng.random(window.shape) >= self._item_dropout)
        order = np.argsort(kept, axis=1, kind="stable")
        return np.take_along_axis(np.where(kept, window, PADDING), order, axis=1).astype(np.int32)

    def _drawn(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        if self._negatives >= self._items:
            return np.arange(1, self._items + 1, dtype=np.int32), np.zeros(self._items, np.float32)
        chance = None if np.ptp(self._chance) == 0 else self._chance
        places = rng.choice(self._items, self._negatives, p=chance)
        log_of = -np.log(self._negatives * self._chance[places])
        return (places + 1).astype(np.int32), log_of.astype(np.float32)

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._shuffle()
