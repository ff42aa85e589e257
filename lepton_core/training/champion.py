"""Champion and challenger: is what was trained anew better than what scores now?

The challenger is promoted only where it is surely better: the lower end of the 95% interval of its
gain must lie above a margin. Both score the same records, which neither has learned from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.decision import Decision
from lepton_core.errors import DataError, UsageError
from lepton_core.evaluation.intervals import figures_only
from lepton_core.evaluation.paired import (
    Measures,
    Model,
    Scored,
    compare_paired,
    has_direction,
)
from lepton_core.evaluation.protocols import Protocol, score_rows
from lepton_core.evaluation.report import Measured
from lepton_core.evaluation.rows import take_rows
from lepton_core.evaluation.run import test_fingerprint, with_counts
from lepton_core.pipeline import Pipeline
from lepton_core.predictions import Predictions
from lepton_core.solution import Task
from lepton_core.training.changes import changed
from lepton_core.training.contest import Comparison, Contest
from lepton_core.training.splits import Split

# Places in pictures take long to measure; so many resamples tell the ends of an interval.
_FURTHER_RESAMPLES = 200

__all__ = ["Challenge", "Comparison", "Contest", "check_classes", "compare", "unseen"]


def unseen(champion: Pipeline, records: pa.Table, split: Split) -> np.ndarray:
    """The test rows that the champion cannot have learned from, int64 [m], ascending.

    These are those that are later than the last record it learned from, which its card tells.
    Where it was not split by time, or its card is older than this rule, they are all of them if
    they have the ids of the records that the champion itself was tested on.

    Args:
        champion: the bundle that scores now.
        records: all records, in order.
        split: of the challenger, which learns from none of its test rows.

    Raises:
        DataError: ``champion.all_seen`` where no row is left, ``champion.unknown_past`` where the
            card does not tell.
    """
    told = champion.card.get("protocol", {})
    test = np.sort(split.test)
    times = champion.task.inputs.of_role("time")
    until = told.get("learned_until")
    # Ids alone prove little where time can: another file may count its records from 1 as well.
    by_time = until is not None and "test_rows_from" in told
    if not by_time and told.get("test_fingerprint") == test_fingerprint(records, split.test):
        return test
    if not times or until is None:
        raise DataError("champion.unknown_past", bundle=champion.address)
    column = records.column(times[0].name)
    moment = pa.scalar(datetime.fromisoformat(until), column.type)
    later = pc.fill_null(pc.greater(column, moment), False).to_numpy()
    rows = test[later[test]]
    if not len(rows):
        latest = pc.max(column.take(pa.array(test))).as_py()
        raise DataError(
            "champion.all_seen",
            bundle=champion.address,
            n=len(test),
            until=until,
            latest=latest.isoformat(),
        )
    return rows


def compare(
    contest: Contest, challenger: Pipeline, records: pa.Table, split: Split, seed: int = 0
) -> Comparison:
    """Champion and challenger on the test rows that neither learned from, window after window.

    Each scores through its own session with the state carried from the first record on, as it
    would have in use. Where the test lies after all that was learned from, it is cut into windows
    of time; otherwise it is one window.

    Args:
        contest: the champion and the rule.
        challenger: the bundle trained anew.
        records: all records, in order, with their truth.
        split: the challenger's.
        seed: of the resamples.

    Raises:
        DataError: as :func:`unseen`, ``evaluate.nothing_scored``, and ``champion.no_metric`` where
            what shall decide cannot be measured on these records.
        UsageError: ``champion.other_classes``.
    """
    champion, task = contest.champion, challenger.task
    check_classes(champion.decision, challenger.decision, champion.address)
    rows = unseen(champion, records, split)
    scored = [score_rows(pipeline, records, rows) for pipeline in (champion, challenger)]
    common, *places = np.intersect1d(
        scored[0].rows, scored[1].rows, assume_unique=True, return_indices=True
    )
    if not len(common):
        raise DataError("evaluate.nothing_scored", task=task.name, n=len(rows))
    both = [one.take(pa.array(at)) for one, at in zip(scored, places, strict=True)]
    tested = take_rows(records, common)
    keys = [key for key in task.headline if has_direction(key)]
    models = [
        (_measures(task, pipeline.decision), one.raw["score"])
        for pipeline, one in zip((champion, challenger), both, strict=True)
    ]
    further = _Further.of(task, keys, tested, (champion, challenger), both, models[0])
    times, entities = task.inputs.of_role("time"), task.inputs.of_role("entity")
    learned = np.concatenate([split.train, split.valid])
    ordered = bool(times) and (not len(learned) or learned.max() < common.min())
    paired = compare_paired(
        tested,
        models[0],
        models[1],
        [key for key in keys if key not in further.keys],
        time=times[0].name if ordered else None,
        entity=entities[0].name if entities else None,
        seed=seed,
    )
    if further.models:
        needed = contest.metric in further.keys
        others = compare_paired(
            tested,
            further.models[0],
            further.models[1],
            further.keys,
            n=_FURTHER_RESAMPLES,
            seed=seed,
            pictures=True,
            optional=True,
        )
        if needed and contest.metric not in others.gains:
            raise DataError("champion.no_metric", metric=contest.metric, n=len(common))
        paired = paired.joined(others, [*keys, *further.keys])
    changes = changed(task, tested, both[0], both[1], challenger.decision)
    return Comparison(contest, paired, len(common), len(split.test) - len(common), changes)


def check_classes(champion: Decision, challenger: Decision, bundle: str) -> None:
    """Refuse to compare models that decide between other things.

    Raises:
        UsageError: ``champion.other_classes``.
    """
    expected, received = (
        f"{decision.kind} {', '.join(getattr(decision, 'classes', ()))}".strip()
        for decision in (challenger, champion)
    )
    if expected != received:
        raise UsageError(
            "champion.other_classes", bundle=bundle, expected=expected, received=received
        )


@dataclass(frozen=True)
class _Further:
    """Metrics that need more of records than their scores: places in pictures, verdicts.

    Args:
        keys: the metrics, whose better side is known.
        models: figures and predictions of champion and challenger.
    """

    keys: list[str]
    models: tuple[Model, Model] | None = None

    @classmethod
    def of(
        cls,
        task: Task,
        headline: Sequence[str],
        records: pa.Table,
        pipelines: Sequence[Pipeline],
        scored: Sequence[Predictions],
        model: Model,
    ) -> _Further:
        """Those that the task's hook ``figures`` finds of both."""
        if not task.figures:
            return cls([])
        first, second = (
            (_figures(pipeline), Scored(with_counts(pipeline, records, one)))
            for pipeline, one in zip(pipelines, scored, strict=True)
        )
        with figures_only():
            own = model[0](records, model[1])
            found, other = first[0](records, first[1]), second[0](records, second[1])
        both = [key for key in found if key in other and has_direction(key)]
        named = [key for key in headline if key in both and key not in own]
        rest = [key for key in both if key not in own and key not in named]
        return cls([*named, *rest], (first, second))


def _figures(pipeline: Pipeline) -> Measures:
    """The figures of predictions by the task's hook ``figures``."""
    task = pipeline.task

    def figures(records: pa.Table, scored: Any) -> Mapping[str, Measured]:
        found: Mapping[str, Measured] = task.hook(task.figures)(
            records, scored.predictions, pipeline
        )
        return found

    return figures


def _measures(task: Task, decision: Decision) -> Measures:
    fitted = decision if decision.is_fitted else None

    def figures(records: pa.Table, scores: np.ndarray) -> Mapping[str, Measured]:
        found: Mapping[str, Measured] = task.hook(task.measures)(records, scores, fitted)
        return found

    return figures


class Challenge:
    """Compares a challenger while its bundle is made, for its card.

    Goes to :func:`lepton_core.training.run.make_bundle` as ``further``.

    Args:
        contest: the champion and the rule.
        records: all records, in order, that the challenger will be trained and tested on.
        protocol: how they are split.

    Attributes:
        found: what came of it; None until the challenger is there.

    Raises:
        DataError: as :func:`unseen`: there is nothing to compare on, which is known before
            training.
    """

    def __init__(self, contest: Contest, records: pa.Table, protocol: Protocol) -> None:
        self.contest = contest
        self.found: Comparison | None = None
        with_truth = protocol.with_truth(records)
        unseen(contest.champion, with_truth, protocol.split(with_truth))

    def __call__(self, challenger: Pipeline, records: pa.Table, split: Split) -> dict[str, Any]:
        self.found = compare(self.contest, challenger, records, split)
        return {"champion": self.found.to_json()}
