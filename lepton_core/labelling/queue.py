"""Which pictures to label next: those that a model doubts, and that differ from each other.

Of three times as many pictures as are asked for, the ones that the model doubts most, those are
taken that it doubts in different ways. How much that is worth, and what was tried beside it, stands
in ``docs/experiments/defect_learning.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Decision
from lepton_core.decision.outlier import Outlier
from lepton_core.errors import UsageError
from lepton_core.labelling.doubt import margin_doubt
from lepton_core.labelling.spread import k_centre
from lepton_core.messages import t
from lepton_core.pipeline import Pipeline

# Of so many times the pictures asked for, the most doubtful ones, those that differ are taken.
TIMES = 3
# Below this a probability says nothing more: else one that is nought would outweigh all others.
_LEAST = 1e-6


@dataclass(frozen=True)
class Judged:
    """What a model thinks of pictures, as far as it matters for labelling.

    Args:
        doubt: float64 [n], 0 to 1.
        view: float64 [n, F], what it sees in them: near rows look alike to it.
        reasons: key below ``queue.reason`` and values of each.
    """

    doubt: np.ndarray
    view: np.ndarray
    reasons: tuple[tuple[str, dict[str, Any]], ...]


@dataclass(frozen=True)
class Queued:
    """A picture to label.

    Args:
        record_id: its id.
        path: where it stands.
        doubt: 0 to 1.
        label: what the model takes it for; empty where it names no class.
        reasons: keys below ``queue.reason`` and values: why it.
    """

    record_id: str
    path: str
    doubt: float
    label: str
    reasons: tuple[tuple[str, dict[str, Any]], ...]

    def text(self, language: str | None = None) -> str:
        """The reasons in words."""
        told = (t(f"queue.reason.{key}", language=language, **v) for key, v in self.reasons)
        return " ".join(told)


@dataclass
class Queue:
    """What came of looking for pictures to label.

    Args:
        pictures: the next ones, the first one first.
        seen: pictures looked at.
        labelled: passed over, because their class is known.
        repeated: passed over, because the same file came before.
        refused: those that the bundle refuses.
    """

    pictures: list[Queued] = field(default_factory=list)
    seen: int = 0
    labelled: int = 0
    repeated: int = 0
    refused: int = 0


def choose(doubt: np.ndarray, view: np.ndarray, n: int) -> np.ndarray:
    """Positions of the pictures to label next, the first one first, int64 [min(n, m)].

    Args:
        doubt: float [m].
        view: float [m, F].
        n: how many.

    Example:
        >>> doubt = np.array([0.9, 0.89, 0.8, 0.1])
        >>> view = np.array([[0.0], [0.0], [5.0], [9.0]])
        >>> choose(doubt, view, 1).tolist(), choose(doubt, view, 2).tolist()
        ([0], [0, 3])
    """
    if n < 1 or not len(doubt):
        return np.empty(0, np.int64)
    among = np.argsort(-np.asarray(doubt), kind="stable")[: TIMES * n]
    found: np.ndarray = among[k_centre(view[among], n, first=0)]
    return found


def judge(decision: Decision, scores: np.ndarray, probability: np.ndarray | None = None) -> Judged:
    """What a decision's model thinks of pictures.

    Args:
        decision: one that names classes, or that tells outliers.
        scores: the model's output ``score``: logits [n, C], or [n].
        probability: float [n] of the second class, where there are two and one score.

    Raises:
        UsageError: ``queue.no_classes`` for a decision without classes.
    """
    classes = tuple(getattr(decision, "classes", ()))
    values = np.asarray(scores, np.float64)
    if isinstance(decision, Outlier):
        return _near_limit(decision, values)
    if values.ndim == 1 and probability is not None and len(classes) == 2:
        # What is on neither side is a matter of the threshold, not of one half.
        odds = _log_odds(probability) - _log_odds(np.array(getattr(decision, "threshold", 0.5)))
        values = np.stack([np.zeros(len(odds)), odds], axis=1)
    if values.ndim != 2 or values.shape[1] != len(classes):
        raise UsageError("queue.no_classes", received=decision.kind)
    p = np.exp(values - values.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    best = np.argsort(-p, axis=1, kind="stable")[:, :2]
    reasons = tuple(
        (
            "between",
            {
                "first": classes[one],
                "second": classes[two],
                "share": float(p[row, one]),
                "other": float(p[row, two]),
            },
        )
        for row, (one, two) in enumerate(best.tolist())
    )
    return Judged(margin_doubt(p), np.log(p + _LEAST), reasons)


def make_queue(
    pipeline: Pipeline,
    batches: Iterable[pa.Table],
    n: int,
    *,
    known_ids: Set[str] = frozenset(),
    known_files: Set[str] = frozenset(),
) -> Queue:
    """The next pictures to label of a folder.

    Args:
        pipeline: a bundle that has learned what is labelled so far.
        batches: raw records; a label of one of its classes means that a picture is labelled.
        n: how many.
        known_ids: ids of labelled records, as of those with a verdict.
        known_files: sha256 of labelled pictures.

    Raises:
        UsageError: ``queue.no_pictures``, ``queue.no_classes``.
    """
    task = pipeline.task
    images = [c.name for c in task.inputs.of_role("feature") if c.dtype == "image"]
    if not images or task.stateful:
        raise UsageError("queue.no_pictures", task=task.name)
    queue, files = Queue(), set(known_files)
    labels = [c.name for c in task.inputs.of_role("label") if c.dtype == "string"]
    classes = getattr(pipeline.decision, "classes", ())
    ids: list[str] = []
    paths: list[str] = []
    named: list[str] = []
    scores: list[np.ndarray] = []
    shares: list[np.ndarray] = []
    session = pipeline.open_session()
    for table in batches:
        queue.seen += table.num_rows
        keep = []
        label = labels[0] if labels and labels[0] in table.column_names else None
        known = table[label].to_pylist() if label else [None] * table.num_rows
        sums = pc.struct_field(table[images[0]], "sha256").to_pylist()
        own = table["record_id"].to_pylist()
        for row, (name, told, file) in enumerate(zip(own, known, sums, strict=True)):
            if name in known_ids or told in classes or file in known_files:
                queue.labelled += 1
            elif file in files:
                queue.repeated += 1
            else:
                keep.append(row)
                files.update([file] if file else [])
        some = table.take(pa.array(keep, pa.int64()))
        scored = session.take(pipeline.prepare(some, first_row=session.cursor, whole=False))
        queue.refused += some.num_rows - len(scored)
        found = scored.columns["record_id"].to_pylist()
        where = dict(zip(own, pc.struct_field(table[images[0]], "path").to_pylist(), strict=True))
        ids += found
        paths += [where[name] or "" for name in found]
        named += (
            scored.columns["label"].to_pylist() if "label" in task.outputs else [""] * len(found)
        )
        scores.append(scored.raw["score"])
        if "probability" in task.outputs:
            shares.append(scored["probability"])
    if not ids:
        return queue
    probability = np.concatenate(shares) if shares else None
    judged = judge(pipeline.decision, np.concatenate(scores), probability)
    rows = choose(judged.doubt, judged.view, n).tolist()
    for place, row in enumerate(rows):
        reasons = [judged.reasons[row], *([("unlike", {"n": place})] if place else [])]
        doubt = float(judged.doubt[row])
        queue.pictures.append(Queued(ids[row], paths[row], doubt, named[row] or "", tuple(reasons)))
    return queue


def _near_limit(decision: Outlier, scores: np.ndarray) -> Judged:
    """By rank of the distance to the limit: scores of another product have another spread."""
    limit = float(np.median(scores)) if decision.threshold is None else decision.threshold
    away = np.abs(scores - limit)
    doubt = 1.0 - np.argsort(np.argsort(away, kind="stable")) / max(len(away), 1)
    reasons = tuple(("limit", {"score": float(score), "limit": limit}) for score in scores)
    return Judged(doubt, scores[:, None], reasons)


def _log_odds(probability: np.ndarray) -> np.ndarray:
    p = np.clip(np.asarray(probability, np.float64), _LEAST, 1 - _LEAST)
    found: np.ndarray = np.log(p) - np.log1p(-p)
    return found
