"""What all customers together say of items: how often, how lately, and along with what."""

from __future__ import annotations

import numpy as np

from .sequences import Sequences

_US_A_DAY = 86_400_000_000
# Choices of one customer that lie so few apart are taken for choices along with each other, where
# no times tell.
_NEAR = 3
# And so many microseconds, where times do: one visit.
_VISIT_US = 3_600_000_000
# Pairs that would come about so often by chance are added: few coincidences are no habit.
_CHANCE = 1.0
TOGETHER = 12


def trend(sequences: Sequences, items: int, days: float) -> np.ndarray:
    """How much each item is chosen lately, float32 [N].

    Args:
        sequences: all choices.
        items: N.
        days: after so many a choice counts half; all count alike where no times are known.

    Example:
        >>> times = np.array([0, 14, 14]) * _US_A_DAY
        >>> found = trend(Sequences(np.array([1, 2, 2], np.int32), np.array([0, 3]), times), 2, 14)
        >>> found.tolist()
        [0.5, 2.0]
    """
    if sequences.times is None:
        return sequences.counts(items).astype(np.float32)
    ago = (sequences.times.max(initial=0) - sequences.times) / _US_A_DAY
    weights = np.bincount(sequences.codes, 0.5 ** (ago / days), items + 1)[1 : items + 1]
    return weights.astype(np.float32)


def together(
    sequences: Sequences, items: int, most: int = TOGETHER
) -> tuple[np.ndarray, np.ndarray]:
    """What is chosen along with each item: within an hour, or next to each other without times.

    Args:
        sequences: all choices.
        items: N.
        most: how many of each.

    Returns:
        codes int32 [N, most] from 0, the most characteristic first, -1 where there are fewer; and
        how many times as often as by chance, float32 [N, most].

    Example:
        >>> codes, lift = together(Sequences.from_lists([[1, 2], [1, 2], [3, 3]]), 3, 1)
        >>> codes.ravel().tolist()
        [1, 0, -1]
    """
    users, codes = sequences.users, sequences.codes.astype(np.int64) - 1
    keys = []
    for gap in range(1, _NEAR + 1 if sequences.times is None else 4 * TOGETHER):
        near = users[gap:] == users[:-gap]
        if sequences.times is not None:
            near &= sequences.times[gap:] - sequences.times[:-gap] <= _VISIT_US
            if not near.any():
                break
        one, other = codes[:-gap][near], codes[gap:][near]
        differ = one != other
        keys += [one[differ] * items + other[differ], other[differ] * items + one[differ]]
    pairs, times = np.unique(np.concatenate([np.empty(0, np.int64), *keys]), return_counts=True)
    of, to = np.divmod(pairs, max(items, 1))
    total = np.bincount(of, times, items)
    expected = total[of] * total[to] / max(total.sum(), 1.0)
    lift = times / (expected + _CHANCE)
    order = np.lexsort((to, -lift, of))
    of, to, lift = of[order], to[order], lift[order]
    place = np.arange(len(of)) - np.searchsorted(of, of)
    kept = (place < most) & (lift > 0)
    found = np.full((items, most), -1, np.int32)
    value = np.zeros((items, most), np.float32)
    found[of[kept], place[kept]], value[of[kept], place[kept]] = to[kept], lift[kept]
    return found, value
