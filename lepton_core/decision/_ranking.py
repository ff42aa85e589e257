"""Records ranked by probability: where a threshold can cut, and what lies above each cut."""

from __future__ import annotations

import numpy as np


def between(above: float, below: float) -> float:
    """A threshold that ``above`` reaches and ``below`` does not, in float32 too.

    Example:
        >>> between(0.75, 0.25)
        0.5
    """
    middle = (float(above) + float(below)) / 2
    # Two neighbours in float32: half-way rounds to one of them, perhaps to the lower.
    return middle if np.float32(middle) > np.float32(below) else float(above)


def cuts(probability: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a threshold can cut.

    Returns:
        ``ends`` int64 [m], the last position of each run of equal probabilities, of ``ranked`` [n],
        the probabilities descending, and ``order`` [n], their positions in the input.
    """
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    is_last = np.ones(len(ranked), bool)
    is_last[:-1] = ranked[1:] != ranked[:-1]
    return np.flatnonzero(is_last), ranked, order


def known_only(
    probability: np.ndarray, labels: np.ndarray, amounts: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability float64, truth 0 or 1, and amount float64 of the records with a label."""
    truth = np.asarray(labels)
    known = truth >= 0
    money = np.zeros(len(truth)) if amounts is None else np.asarray(amounts, np.float64)
    given = np.asarray(probability, np.float64)
    return given[known], truth[known].astype(np.int64), money[known]


def costs(
    order: np.ndarray,
    ends: np.ndarray,
    truth: np.ndarray,
    money: np.ndarray,
    review_cost: float,
    factor: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Cost of what is missed and of reviews [m + 1]: no alert first, then cut after cut."""
    lost = np.where(truth == 1, money, 0.0)[order] * factor
    caught = np.concatenate([[0.0], np.cumsum(lost)[ends]])
    return lost.sum() - caught, np.concatenate([[0.0], ends + 1.0]) * review_cost


def case_numbers(day: np.ndarray, entity: np.ndarray) -> tuple[np.ndarray, int]:
    """A number [n] of each record's entity and day, from 0; and how many days occur."""
    days, day_number = np.unique(np.asarray(day), return_inverse=True)
    names, name_number = np.unique(np.asarray(entity), return_inverse=True)
    whole = day_number.astype(np.int64) * len(names) + name_number
    return np.unique(whole, return_inverse=True)[1], max(len(days), 1)


def highest_of(probability: np.ndarray, case: np.ndarray) -> np.ndarray:
    """The highest probability of each case."""
    highest = np.full(int(case.max()) + 1 if len(case) else 0, -np.inf)
    np.maximum.at(highest, case, probability)
    return highest


def at(ranked: np.ndarray, end: int) -> float:
    """The threshold that the first ``end + 1`` of descending probabilities reach, and no other."""
    if end + 1 == len(ranked):
        return float(ranked[end])
    return between(ranked[end], ranked[end + 1])
