"""Evaluates a bundle on a protocol's test part, or trains and tests a protocol's folds."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lepton_core.errors import DataError
from lepton_core.evaluation.protocols import Protocol, score_rows
from lepton_core.evaluation.report import Measured, Report
from lepton_core.messages import t
from lepton_core.training.fingerprint import fingerprint as data_fingerprint

if TYPE_CHECKING:
    from lepton_core.pipeline import Pipeline
    from lepton_core.solution import Task

Note = Callable[[str], None]


def find_protocol(task: Task, data: str, config: Any) -> Protocol:
    """The protocol of a data set, or the task's default one."""
    reference = task.protocols.get(data) or task.protocols["*"]
    protocol: Protocol = task.hook(reference)(config)
    return protocol


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
    tested = records.take(pa.array(rows))
    if len(predictions) < len(rows):
        kept = pa.compute.is_in(tested.column("record_id"), predictions.columns["record_id"])
        tested = tested.filter(kept)
    fitted = pipeline.decision if pipeline.decision.is_fitted else None
    figures = task.hook(task.measures)(tested, predictions.raw["score"], fitted)
    return figures, len(predictions)


def evaluate_bundle(pipeline: Pipeline, records: pa.Table, data: str, protocol: Protocol) -> Report:
    """The shipped or given bundle on the protocol's test part.

    Args:
        pipeline: the bundle.
        records: checked records, in order.
        data: the data set's name or path.
        protocol: what decides on the test part.

    Raises:
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
    return Report(
        task=pipeline.task.name,
        bundle=pipeline.address,
        data=data,
        protocol=protocol.name,
        n=n,
        metrics=figures,
        baselines=baselines,
        note=note,
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
        mean and parts over the folds. The interval of the mean takes the folds as independent;
        each part's own interval comes from its fold.
    """
    from lepton_core.bundle import load_bundle, save_bundle
    from lepton_core.training.job import TrainingJob

    records = protocol.with_truth(records)
    parts: dict[str, list[dict[str, Measured]]] = {}
    total = 0
    for fold in protocol.folds(records):
        job = TrainingJob(task, config, seed, records, fold.split)
        sizes = f"{len(fold.split.train):,} to train, {len(fold.split.test):,} to test"
        note(f"fold {fold.name}: {sizes}")
        trained = task.hook(task.trainer)(job)
        with tempfile.TemporaryDirectory() as folder:
            save_bundle(Path(folder, "fold"), task, trained, {}, {"seed": seed})
            pipeline = load_bundle(Path(folder, "fold"))
            figures, n = measure(pipeline, records, fold.split.test)
        total += n
        parts.setdefault("", []).append(figures)
        tested = records.take(pa.array(fold.split.test))
        for name, scores in task.hook(task.baselines)(job).items():
            parts.setdefault(name, []).append(task.hook(task.measures)(tested, scores, None))
        note("  " + ", ".join(f"{key} {figures[key].value:.4f}" for key in task.headline))
    means = {name: _mean(folds) for name, folds in parts.items()}
    return Report(
        task=task.name,
        bundle="-",
        data=data,
        protocol=protocol.name,
        n=total,
        metrics=means.pop(""),
        baselines=means,
        note=t("evaluate.part.trained", folds=len(next(iter(parts.values())))),
    )


def _mean(folds: list[dict[str, Measured]]) -> dict[str, Measured]:
    means = {}
    for key in folds[0]:
        values = [fold[key].value for fold in folds]
        halves = [((f[key].high or 0.0) - (f[key].low or 0.0)) / 2 for f in folds]
        half = float(np.sqrt(np.sum(np.square(halves)))) / len(folds)
        centre = float(np.mean(values))
        means[key] = Measured(centre, centre - half, centre + half, tuple(values))
    return means
