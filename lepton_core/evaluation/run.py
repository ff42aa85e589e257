"""Evaluates a bundle on a protocol's test part, or trains and tests a protocol's folds."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.checking import check
from lepton_core.errors import DataError, UsageError
from lepton_core.evaluation.protocols import Protocol, score_rows
from lepton_core.evaluation.report import Measured, Report
from lepton_core.evaluation.rows import take_rows
from lepton_core.messages import t
from lepton_core.recent import RecentIds
from lepton_core.settings import from_dict
from lepton_core.training.fingerprint import fingerprint as data_fingerprint

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.predictions import Predictions
    from lepton_core.solution import Task

Note = Callable[[str], None]


def find_protocol(task: Task, data: str, config: Any) -> Protocol:
    """The protocol of a data set, or the task's default one."""
    reference = task.protocols.get(data) or task.protocols["*"]
    protocol: Protocol = task.hook(reference)(config)
    return protocol


def protocol_of(pipeline: Pipeline, data: str) -> Protocol:
    """The protocol of a data set with the settings of a bundle.

    So that its own data falls into the parts that it was trained and tested on.
    """
    task = pipeline.task
    kept = pipeline.card.get("settings")
    kind = task.hook(task.config)
    return find_protocol(task, data, from_dict(kind, kept) if kept else kind())


def part_to_test(
    task: Task, table: pa.Table, protocol: Protocol, source: str = "input"
) -> tuple[pa.Table, np.ndarray]:
    """The records that a protocol tests on, and where they stand in the input.

    A protocol splits what training and ``lepton evaluate`` split: the records that pass the Spec,
    each id once, in order of time, with their truth. So this is the very part that a bundle of the
    same protocol and settings has never learned from.

    Args:
        task: what the records are for.
        table: raw records, as read.
        protocol: how they are split.
        source: where the records came from, for messages.

    Returns:
        the test records [n], and their positions in ``table``, int64 [n].
    """
    checked = check(table, task.inputs, source)
    order, _ = RecentIds().split(checked.table.column("record_id").combine_chunks())
    times = task.inputs.of_role("time")
    if times:
        moments = checked.table.column(times[0].name).cast(pa.int64()).to_numpy()
        order = order[np.argsort(moments[order], kind="stable")]
    given = take_rows(checked.table, order)
    records = protocol.with_truth(given)
    test = protocol.split(records).test
    return take_rows(records, test), checked.rows[order][protocol.origins(given)[test]]


def test_fingerprint(records: pa.Table, rows: np.ndarray) -> str:
    """Which records a figure stands on: the first 16 digits of the sha256 of their ids."""
    ids = records.column("record_id").take(pa.array(rows)).combine_chunks()
    return hashlib.sha256("\n".join(ids.to_pylist()).encode()).hexdigest()[:16]


def measure(
    pipeline: Pipeline, records: pa.Table, rows: np.ndarray
) -> tuple[dict[str, Measured], int]:
    """Figures of a pipeline on some records, and how many were scored.

    Raises:
        DataError: when none of the rows has a label or could be scored.
    """
    task = pipeline.task
    predictions = score_rows(pipeline, records, rows)
    if not len(predictions):
        raise DataError("evaluate.nothing_scored", task=task.name, n=len(rows))
    tested = take_rows(records, predictions.rows)
    fitted = pipeline.decision if pipeline.decision.is_fitted else None
    figures: dict[str, Measured] = task.hook(task.measures)(
        tested, predictions.raw["score"], fitted
    )
    if task.figures:
        counted = with_counts(pipeline, tested, predictions)
        figures = figures | task.hook(task.figures)(tested, counted, pipeline)
    return figures, len(predictions)


def with_counts(pipeline: Pipeline, records: pa.Table, predictions: Predictions) -> Predictions:
    """The predictions with what the task's hook ``counts`` finds of each record, if it has one.

    Args:
        pipeline: what scored.
        records: the records [n] of the predictions, row by row.
        predictions: [n].
    """
    task = pipeline.task
    if not task.counts:
        return predictions
    found = task.hook(task.counts)(records, predictions, pipeline)
    return replace(predictions, raw={**predictions.raw, **found})


def groups_of(pipeline: Pipeline, records: pa.Table, rows: np.ndarray) -> pa.Table:
    """How a pipeline's decisions on some records fall on groups of people.

    Returns:
        the table of the task's hook ``fairness``.

    Raises:
        UsageError: the task has no such hook.
        MissingDependency: fairlearn is not installed.
    """
    task = pipeline.task
    if not task.fairness:
        raise UsageError("usage.no_fairness", task=task.name)
    predictions = score_rows(pipeline, records, rows)
    table: pa.Table = task.hook(task.fairness)(take_rows(records, predictions.rows), predictions)
    return table


def evaluate_bundle(
    pipeline: Pipeline, records: pa.Table, data: str, protocol: Protocol, by_group: bool = False
) -> Report:
    """The shipped or given bundle on the protocol's test part.

    Args:
        pipeline: the bundle.
        records: checked records, in order.
        data: the data set's name or path.
        protocol: what decides on the test part.
        by_group: whether the report tells how decisions fall on groups of people.

    Raises:
        UsageError: ``by_group`` for a task that knows no groups.
        DataError: ``evaluate.other_split`` when the bundle was made from this data set, but its
            test part was another.
    """
    prints = data_fingerprint(records)
    records = protocol.with_truth(records)
    rows = protocol.split(records).test
    known = pipeline.card.get("protocol", {})
    fingerprint = test_fingerprint(records, rows)
    baselines: dict[str, dict[str, Measured]] = {}
    made_from = pipeline.card.get("data", {})
    is_own = made_from.get("fingerprint") == prints
    if is_own or made_from.get("name") == data:
        # With verdicts or further records it learned from more than this data, but is tested on it.
        is_own = is_own or "gathered" in made_from
        if not is_own or known.get("test_fingerprint") != fingerprint:
            raise DataError(
                "evaluate.other_split",
                bundle=pipeline.address,
                data=data,
                expected=known.get("test_fingerprint"),
                received=fingerprint,
            )
        baselines = {
            name: {key: Measured.from_json(value) for key, value in figures.items()}
            for name, figures in pipeline.card.get("baselines", {}).items()
        }
        note = t("evaluate.part.own")
    else:
        note = t("evaluate.part.other", data=made_from.get("name", "-"))
    figures, n = measure(pipeline, records, rows)
    if n < len(rows):
        # The baselines were measured on all of them.
        note = f"{note} {t('evaluate.refused', n=len(rows) - n, of=len(rows))}"
    groups = groups_of(pipeline, records, rows) if by_group else None
    return Report(
        task=pipeline.task.name,
        bundle=pipeline.address,
        data=data,
        protocol=protocol.name,
        n=n,
        metrics=figures,
        baselines=baselines,
        note=note,
        groups=groups,
    )


def evaluate_training(
    task: Task,
    records: pa.Table,
    data: str,
    protocol: Protocol,
    config: Any,
    seed: int,
    note: Note,
) -> Report:
    """Train and test every fold of a protocol, with the baselines on the same rows.

    Returns:
        mean and parts over the folds. The interval of the mean takes the folds as independent,
        unless all are tested on the same records: then it is as wide as one fold's.
    """
    from lepton_core.bundle import load_bundle, save_bundle
    from lepton_core.training.job import TrainingJob

    records = protocol.with_truth(records)
    parts: dict[str, list[dict[str, Measured]]] = {}
    total = 0
    folds = protocol.folds(records)
    alike = all(np.array_equal(fold.split.test, folds[0].split.test) for fold in folds)
    for fold in folds:
        job = TrainingJob(task, config, seed + fold.seed, records, fold.split)
        sizes = f"{len(fold.split.train):,} to train, {len(fold.split.test):,} to test"
        note(f"fold {fold.name}: {sizes}")
        trained = task.hook(task.trainer)(job)
        with tempfile.TemporaryDirectory() as folder:
            save_bundle(Path(folder, "fold"), task, trained, {}, {"seed": seed})
            pipeline = load_bundle(Path(folder, "fold"))
            figures, n = measure(pipeline, records, fold.split.test)
        total = n if alike else total + n
        parts.setdefault("", []).append(figures)
        tested = take_rows(records, fold.split.test)
        for name, scores in task.hook(task.baselines)(job).items():
            parts.setdefault(name, []).append(task.hook(task.measures)(tested, scores, None))
        told = [f"{key} {figures[key].value:.4f}" for key in task.headline if key in figures]
        note("  " + ", ".join(told))
    means = {name: _mean(figures, alike) for name, figures in parts.items()}
    return Report(
        task=task.name,
        bundle="-",
        data=data,
        protocol=protocol.name,
        n=total,
        metrics=means.pop(""),
        baselines=means,
        note=t("evaluate.part.trained", folds=len(folds)),
    )


def _mean(folds: list[dict[str, Measured]], alike: bool) -> dict[str, Measured]:
    means = {}
    # What is not defined in a fold has no mean over the folds.
    for key in (key for key in folds[0] if all(key in fold for fold in folds)):
        values = [fold[key].value for fold in folds]
        centre = float(np.mean(values))
        ends = [(fold[key].low, fold[key].high) for fold in folds]
        if any(low is None or high is None for low, high in ends):
            means[key] = Measured(centre, parts=tuple(values))
            continue
        halves = np.diff(np.array(ends, float))[:, 0] / 2
        # The chance in which records are tested averages out over folds of different records only.
        spread = np.sum(halves) if alike else np.sqrt(np.sum(np.square(halves)))
        half = float(spread) / len(folds)
        means[key] = Measured(centre, centre - half, centre + half, tuple(values))
    return means
