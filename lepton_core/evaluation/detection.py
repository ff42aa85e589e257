"""How well boxes are found: average precision as COCO defines it, with intervals by picture.

Source: Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014, and the evaluation of its
own tools (``pycocotools``), with which a test compares this: ten limits of overlap from .5 to .95,
precision at 101 levels of recall, the 100 best boxes of a picture and class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from lepton_core.decision.overlap import ious
from lepton_core.errors import DataError
from lepton_core.evaluation.intervals import bootstrap
from lepton_core.evaluation.report import Measured

LIMITS = np.linspace(0.5, 0.95, 10)
_RECALLS = np.linspace(0.0, 1.0, 101)
_MOST_BOXES = 100
_RESAMPLES = 200


class Boxes(NamedTuple):
    """Boxes of one picture.

    Args:
        xyxy: float [m, 4], corners in pixels, ``x1 y1`` just outside.
        kind: int [m], class numbers from 0.
        score: float [m], higher for surer; of truth it is not looked at.
    """

    xyxy: np.ndarray
    kind: np.ndarray
    score: np.ndarray


@dataclass(frozen=True)
class Matches:
    """What every found box hit, from which figures of any pictures among them follow.

    Args:
        classes: names of the classes.
        truths: int64 [pictures, classes], true boxes.
        score: float64 [n] of the found boxes, the surest first.
        picture: int64 [n], the picture of each.
        kind: int64 [n], the class of each.
        hit: bool [n, 10], whether it hit a true box at each of ``LIMITS``.
    """

    classes: tuple[str, ...]
    truths: np.ndarray
    score: np.ndarray
    picture: np.ndarray
    kind: np.ndarray
    hit: np.ndarray
    _of_kind: list[np.ndarray] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        of_kind = [np.flatnonzero(self.kind == number) for number in range(len(self.classes))]
        object.__setattr__(self, "_of_kind", of_kind)

    def average_precision(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Average precision of each class at each limit.

        Args:
            weights: int64 [pictures], how often each counts; once each when None.

        Returns:
            float64 [classes, 10], 0..1; NaN for a class without a true box.
        """
        counts = np.ones(len(self.truths), np.int64) if weights is None else weights
        found = np.full((len(self.classes), len(LIMITS)), np.nan)
        for number, rows in enumerate(self._of_kind):
            positives = int(counts @ self.truths[:, number])
            if positives:
                found[number] = _average(self.hit[rows], counts[self.picture[rows]], positives)
        return found

    def mean(self, limits: slice = slice(None), weights: np.ndarray | None = None) -> float:
        """Mean average precision over the classes that occur.

        Args:
            limits: which of ``LIMITS``; ``slice(0, 1)`` for .5 alone.
            weights: as for :meth:`average_precision`.

        Raises:
            DataError: ``evaluate.no_boxes`` where no picture has a true box.
        """
        values = self.average_precision(weights)[:, limits]
        there = values[~np.isnan(values)]
        if not there.size:
            raise DataError("evaluate.no_boxes", n=len(self.truths))
        return float(there.mean())


def match_boxes(truth: Sequence[Boxes], found: Sequence[Boxes], classes: Sequence[str]) -> Matches:
    """Which found boxes hit a true one: the surest first, each true box once, the best overlap.

    Args:
        truth: true boxes of each picture [pictures].
        found: found boxes of each picture, in the same order.
        classes: names of the classes.

    Example:
        >>> box = np.array([[0.0, 0.0, 10.0, 10.0]])
        >>> truth = Boxes(box, np.array([0]), np.ones(1))
        >>> near = Boxes(box + [0.0, 0.0, 0.0, 2.0], np.array([0]), np.array([0.9]))
        >>> matches = match_boxes([truth], [near], ("dent",))
        >>> matches.mean(slice(0, 1)), round(matches.mean(), 2)
        (1.0, 0.7)
    """
    if len(truth) != len(found):
        raise ValueError(f"one truth a picture. Received: {len(truth)} and {len(found)}")
    truths = np.zeros((len(truth), len(classes)), np.int64)
    scores, pictures, kinds, hits = [], [], [], []
    for picture, (real, told) in enumerate(zip(truth, found, strict=True)):
        truths[picture] = np.bincount(real.kind.astype(np.int64), minlength=len(classes))
        for number in np.unique(told.kind).astype(np.int64).tolist():
            rows = np.flatnonzero(told.kind == number)
            rows = rows[np.argsort(-told.score[rows], kind="stable")][:_MOST_BOXES]
            there = real.xyxy[real.kind == number].astype(np.float64)
            hits.append(_hits(ious(told.xyxy[rows].astype(np.float64), there)))
            scores.append(told.score[rows].astype(np.float64))
            pictures.append(np.full(len(rows), picture))
            kinds.append(np.full(len(rows), number))
    if not scores:
        none = np.empty(0, np.int64)
        hit = np.empty((0, len(LIMITS)), bool)
        return Matches(tuple(classes), truths, np.empty(0), none, none, hit)
    score = np.concatenate(scores)
    order = np.argsort(-score, kind="stable")
    return Matches(
        tuple(classes),
        truths,
        score[order],
        np.concatenate(pictures)[order],
        np.concatenate(kinds)[order],
        np.concatenate(hits)[order],
    )


def detection_measures(matches: Matches, groups: ArrayLike | None = None) -> dict[str, Measured]:
    """``map50`` and ``map50_95``, with 95% intervals and the classes' own figures as parts.

    Args:
        matches: of the test pictures.
        groups: what belongs together of the pictures, [pictures]; each by itself when None.

    Returns:
        empty where no picture has a true box: nothing is defined then. Parts are in the order of
        the classes that have one.
    """
    if not matches.truths.any():
        return {}
    n = len(matches.truths)
    found = {}
    for key, limits in (("map50", slice(0, 1)), ("map50_95", slice(None))):

        def metric(rows: np.ndarray, limits: slice = limits) -> float:
            return matches.mean(limits, np.bincount(rows, minlength=n))

        interval = bootstrap(metric, np.arange(n), groups=groups, n=_RESAMPLES)
        by_class = matches.average_precision()[:, limits].mean(axis=1)
        found[key] = Measured.of(interval, by_class[~np.isnan(by_class)].tolist())
    return found


def boxes_of(values: pa.ChunkedArray | pa.Array, classes: Sequence[str]) -> list[Boxes]:
    """A column of boxes as arrays, one picture after the other.

    Args:
        values: boxes [n] of a Spec; an empty cell has none.
        classes: names in the order of their numbers.

    Raises:
        DataError: ``evaluate.unknown_class`` for a label that is none of them.
    """
    numbers = {name: number for number, name in enumerate(classes)}
    rows: list[list[dict[str, Any]]] = [row or [] for row in values.to_pylist()]
    strange = sorted({str(b["label"]) for row in rows for b in row if b["label"] not in numbers})
    if strange:
        n = sum(any(b["label"] not in numbers for b in row) for row in rows)
        told = {"received": ", ".join(strange[:5]), "expected": ", ".join(classes)}
        raise DataError("evaluate.unknown_class", column="boxes", n=n, **told)
    return [
        Boxes(
            np.array([[b["x0"], b["y0"], b["x1"], b["y1"]] for b in row], float).reshape(-1, 4),
            np.array([numbers[b["label"]] for b in row], np.int64),
            np.array([1.0 if b["probability"] is None else b["probability"] for b in row], float),
        )
        for row in rows
    ]


def _hits(overlap: np.ndarray) -> np.ndarray:
    """Whether each found box [m], the surest first, hits one of the true ones at each limit."""
    hit = np.zeros((len(overlap), len(LIMITS)), bool)
    if not overlap.size:
        return hit
    # A picture's few boxes: most are already out of reach at the lowest limit.
    for place, limit in enumerate(LIMITS):
        free = np.ones(overlap.shape[1], bool)
        for row in np.flatnonzero(overlap.max(axis=1) >= limit).tolist():
            reachable = np.where(free, overlap[row], -1.0)
            # Of equals the last one, as in the reference.
            best = overlap.shape[1] - 1 - int(reachable[::-1].argmax())
            if reachable[best] >= limit:
                free[best] = False
                hit[row, place] = True
    return hit


def _average(hit: np.ndarray, weights: np.ndarray, positives: int) -> np.ndarray:
    """Mean precision at 101 levels of recall, [10], from hits [n, 10] of the surest first."""
    # What is in no picture of a resample counts neither way.
    hit, weights = hit[weights > 0], weights[weights > 0]
    if not len(hit):
        return np.zeros(len(LIMITS))
    right = np.cumsum(hit * weights[:, None], axis=0)
    wrong = np.cumsum(~hit * weights[:, None], axis=0)
    recall = right / positives
    precision = right / (right + wrong)
    # Precision at a recall is the best at that recall or a higher one.
    precision = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    found = np.zeros(len(LIMITS))
    for place in range(len(LIMITS)):
        at = np.searchsorted(recall[:, place], _RECALLS, side="left")
        reached = at < len(hit)
        found[place] = precision[at[reached], place].sum() / len(_RECALLS)
    return found
