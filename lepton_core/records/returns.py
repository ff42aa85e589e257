"""What is left of purchases when returns and cancellations have taken some of them back."""

from __future__ import annotations

import numpy as np


def after_returns(
    entity: np.ndarray, item: np.ndarray, quantity: np.ndarray
) -> tuple[np.ndarray, dict[str, int]]:
    """Quantities after all returns; each takes back the latest purchases of its item before it.

    A return of more than was bought before, as of what was bought before the table begins, takes
    back what there is.

    Args:
        entity: int64 [n], whose line it is; lines of one entity in order of time.
        item: int64 [n].
        quantity: float64 [n], below 0 for a return; NaN where nobody says, which counts as one.

    Returns:
        float64 [n]: what is left of each purchase, 0 of those taken back in full and of returns,
        NaN where it was; and the counts ``returned`` (purchases taken back in full) and
        ``unmatched`` (returns of something that was not bought).

    Example:
        >>> of, item = np.array([0, 0, 0, 0]), np.array([7, 7, 8, 7])
        >>> after_returns(of, item, np.array([2.0, 5.0, 1.0, -6.0]))
        (array([1., 0., 1., 0.]), {'returned': 1, 'unmatched': 0})
    """
    left = np.array(quantity, np.float64)
    returns = left < 0
    if not returns.any():
        return left, {"returned": 0, "unmatched": 0}
    pairs = entity * (int(item.max()) + 1) + item
    touched = np.flatnonzero(np.isin(pairs, pairs[returns]))
    bought: dict[int, list[int]] = {}
    returned = unmatched = 0
    for row in touched.tolist():
        open_ones = bought.setdefault(int(pairs[row]), [])
        if not returns[row]:
            open_ones.append(row)
            continue
        owed, found = -left[row], bool(open_ones)
        left[row] = 0.0
        while owed > 0 and open_ones:
            last = open_ones[-1]
            there = 1.0 if np.isnan(left[last]) else left[last]
            left[last] = max(there - owed, 0.0)
            owed -= there
            if left[last] == 0:
                open_ones.pop()
                returned += 1
        unmatched += not found
    return left, {"returned": returned, "unmatched": unmatched}
