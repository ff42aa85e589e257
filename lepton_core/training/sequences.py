"""Entities of like length side by side, padded: what a recurrent network is trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_LENGTH_GROWTH = 1.35


@dataclass(frozen=True)
class SequenceBatch:
    """Entities of like length, padded on the right.

    Args:
        rows: int64 [B, T], the row of each event, -1 where padded.
    """

    rows: np.ndarray

    def take(self, values: np.ndarray) -> np.ndarray:
        """`values` [N, ...] by entity and step [B, T, ...], 0 where padded."""
        out = values[self.rows]
        out[self.rows < 0] = 0
        return out


def entity_sequences(
    slots: np.ndarray, batch_entities: int, seed: int | None = None
) -> list[SequenceBatch]:
    """Batches of whole histories, of few distinct shapes, so that a compiling backend compiles
    little.

    Args:
        slots: int64 [N], the entity of each row; rows in order of arrival.
        batch_entities: entities a batch; the last one of a length is filled up with empty ones.
        seed: shuffles entities among batches of like length, and the batches; None keeps the
            order.

    Returns:
        Batches that hold every row once.

    Example:
        >>> [batch.rows[:, :3].tolist() for batch in entity_sequences(np.array([7, 3, 7]), 2)]
        [[[1, -1, -1], [0, 2, -1]]]
    """
    order = np.argsort(slots, kind="stable")
    first = np.flatnonzero(np.diff(slots[order], prepend=-1))
    sizes = np.diff(first, append=len(order))
    entities = np.arange(len(first))
    rng = None if seed is None else np.random.default_rng(seed)
    if rng is not None:
        entities = rng.permutation(entities)
    steps = _steps(sizes)
    batches = []
    for length in np.unique(steps):
        alike = entities[steps[entities] == length]
        for part in np.split(alike, np.arange(batch_entities, len(alike), batch_entities)):
            rows = np.full((batch_entities, length), -1, dtype=np.int64)
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
