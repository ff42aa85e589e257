"""How often prediction sets hold the truth, what is left to a person, and how right the rest is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lepton_core.decision import Classify, ClassifyMany
from lepton_core.errors import DataError
from lepton_core.evaluation.report import Measured

_HALVES = 200


def holds(truth: ArrayLike, decision: Classify | ClassifyMany, scores: np.ndarray) -> np.ndarray:
    """Whether each record's prediction set holds its class, bool [n].

    Args:
        truth: class numbers [n].
        decision: with prediction sets.
        scores: logits [n] or [n, classes].

    Raises:
        ValueError: the decision has no prediction sets.
    """
    sets = decision.sets(scores)
    if sets is None:
        raise ValueError("the decision has prediction sets. Received: none; see with_coverage")
    codes = np.asarray(truth).astype(np.int64)
    return np.asarray(sets[np.arange(len(codes)), codes])


def set_coverage(truth: ArrayLike, held: ArrayLike) -> float:
    """Share of the records whose prediction set holds their class; ``truth`` only counts them.

    Raises:
        DataError: ``evaluate.empty``.

    Example:
        >>> set_coverage([0, 1, 1, 0], [True, True, False, True])
        0.75
    """
    if not np.size(truth):
        raise DataError("evaluate.empty", metric="set_coverage")
    return float(np.mean(np.asarray(held, bool)))


def review_share(truth: ArrayLike, review: ArrayLike) -> float:
    """Share of the records left to a person.

    Raises:
        DataError: ``evaluate.empty``.
    """
    if not np.size(truth):
        raise DataError("evaluate.empty", metric="review_share")
    return float(np.mean(np.asarray(review, bool)))


def sure_accuracy(truth: ArrayLike, codes: ArrayLike, review: ArrayLike) -> float:
    """Share of right labels among the records that are not left to a person.

    Raises:
        DataError: ``evaluate.empty`` where every record is.

    Example:
        >>> sure_accuracy([0, 1, 1], [0, 1, 0], [False, False, True])
        1.0
    """
    sure = ~np.asarray(review, bool)
    if not sure.any():
        raise DataError("evaluate.empty", metric="sure_accuracy")
    return float((np.asarray(truth)[sure] == np.asarray(codes)[sure]).mean())


def held_out_coverage(
    decision: Classify | ClassifyMany,
    scores: np.ndarray,
    labels: np.ndarray,
    coverage: float = 0.9,
    groups: ArrayLike | None = None,
    halves: int = _HALVES,
    seed: int = 0,
) -> dict[str, Measured]:
    """What prediction sets would do on records that did not set them, from validation records.

    Again and again half of the persons sets the limits, and the other half is judged by them.
    Calibration and threshold stay as they are: of two classes they change no set.

    Args:
        decision: calibrated on the validation records.
        scores: their logits, [n] or [n, classes].
        labels: their class numbers [n].
        coverage: to be reached in every class, in 0..1.
        groups: the person, card or machine of each record, [n]; each its own without.
        halves: how many times.
        seed: of the halves.

    Returns:
        ``set_coverage`` with a part a class, ``review_share`` and ``sure_accuracy``: the mean over
        the halves, and between which values 95 in a hundred of them lie.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 2, 2000)
        >>> found = held_out_coverage(Classify(), rng.normal(size=2000) + 3 * labels, labels)
        >>> 0.89 < found["set_coverage"].value < 0.92
        True
    """
    codes = np.asarray(labels).astype(np.int64)
    n = len(codes)
    person = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    generator = np.random.default_rng(seed)
    classes = np.unique(codes)
    rows: list[list[float]] = []
    for _ in range(halves):
        chosen = generator.permutation(person.max() + 1) < (person.max() + 1) // 2
        setting, judged = np.flatnonzero(chosen[person]), np.flatnonzero(~chosen[person])
        fitted = decision.with_coverage(coverage, scores[setting], codes[setting])
        truth = codes[judged]
        held = holds(truth, fitted, scores[judged])
        columns = fitted.apply({"score": scores[judged]})
        review = np.asarray(columns["review"])
        names = columns["label"].to_numpy(zero_copy_only=False)
        right = names == np.array(decision.classes, dtype=object)[truth]
        of_class = [_share(held[truth == number]) for number in classes]
        rows.append([held.mean(), review.mean(), _share(right[~review]), *of_class])
    table = np.array(rows)
    low, high = np.nanquantile(table, [0.025, 0.975], axis=0)
    middle = np.nanmean(table, axis=0)
    found = {}
    for place, key in enumerate(("set_coverage", "review_share", "sure_accuracy")):
        if np.isfinite(middle[place]):
            found[key] = Measured(float(middle[place]), float(low[place]), float(high[place]))
    whole = found["set_coverage"]
    parts = tuple(float(value) for value in middle[3:])
    return found | {"set_coverage": Measured(whole.value, whole.low, whole.high, parts)}


def _share(of: np.ndarray) -> float:
    return float(of.mean()) if len(of) else float("nan")
