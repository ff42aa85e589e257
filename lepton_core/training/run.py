"""From records to a bundle: split, train, evaluate on the test part, write card and bundle."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.bundle import load_bundle, rewrite_card, save_bundle
from lepton_core.errors import UsageError
from lepton_core.evaluation.protocols import Protocol
from lepton_core.evaluation.rows import take_rows
from lepton_core.evaluation.run import groups_of, measure, test_fingerprint
from lepton_core.pipeline import Pipeline
from lepton_core.settings import to_dict
from lepton_core.solution import Task
from lepton_core.training.job import TrainingJob
from lepton_core.training.manifest import Run, fingerprint, versions
from lepton_core.training.splits import Split

Note = Callable[[str], None]
Further = Callable[[Pipeline, pa.Table, Split], Mapping[str, Any]]


def make_bundle(
    task: Task,
    records: pa.Table,
    protocol: Protocol,
    config: Any,
    *,
    seed: int,
    out: Path,
    data: Mapping[str, Any],
    command: str,
    note: Note,
    folder: Path | None = None,
    overwrite: bool = False,
    further: Further | None = None,
    tell: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Train a task on records and write its bundle.

    Args:
        task: what to train.
        records: checked records, in order.
        protocol: how they are split.
        config: the task's settings.
        seed: of everything random.
        out: where the bundle shall stand; replaced as a whole when all is done.
        data: ``name``, ``source`` and ``licence`` of the data, for the card.
        command: the command line that repeats this.
        note: told what happens.
        folder: for checkpoints and logs; by default ``runs/<bundle>`` where the command runs.
        overwrite: whether an older bundle at ``out`` may be replaced.
        further: further sections of the card, from the bundle, the records and their split.
        tell: told how far a step of training is, see :class:`TrainingJob`.

    Raises:
        UsageError: something stands at ``out`` that must not be replaced.
    """
    check_out(out, overwrite)
    prints, given = fingerprint(records), records.num_rows
    records = protocol.with_truth(records)
    split = protocol.split(records)
    note(
        f"{len(split.train):,} records to train on, {len(split.valid):,} to validate, "
        f"{len(split.test):,} to test"
    )
    run_folder = folder or Path("runs") / out.name
    run = Run.open(
        run_folder,
        task=task.name,
        seed=seed,
        data=prints,
        split=split.fingerprint(),
        config=config,
        command=command,
    )
    # A part, so that a finished training stays finished until its bundle stands.
    job = TrainingJob(task, config, seed, records, split, run.part("model"), True, tell)
    trained = task.hook(task.trainer)(job)
    manifest = {
        "created": datetime.now(UTC).strftime("%Y-%m-%d"),
        "seed": seed,
        "command": command,
        "data_fingerprint": prints,
        "versions": versions(),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".making-", dir=out.parent))
    try:
        made = save_bundle(work / out.name, task, trained, {}, manifest)
        note("exported; scoring the test part through the bundle ...")
        pipeline = load_bundle(made)
        figures, n = measure(pipeline, records, split.test)
        groups = groups_of(pipeline, records, split.test) if task.fairness else None
        tested = take_rows(records, split.test)
        baselines = {
            name: task.hook(task.measures)(tested, scores, None)
            for name, scores in task.hook(task.baselines)(job).items()
        }
        sections = further(pipeline, records, split) if further else {}
        card = {
            **task.about,
            "created": manifest["created"],
            "data": {**data, "fingerprint": prints, "records": given},
            "protocol": {
                **protocol.describe(),
                "test_fingerprint": test_fingerprint(records, split.test),
                "train_records": len(split.train),
                "valid_records": len(split.valid),
                "test_records": n,
                **({} if protocol.makes_cases else _unseen_from(split)),
                **_learned_until(task, records, split),
            },
            "metrics": {key: figure.to_json() for key, figure in figures.items()},
            "baselines": {
                name: {key: figure.to_json() for key, figure in values.items()}
                for name, values in baselines.items()
            },
            **sections,
            **({} if groups is None else {"groups": groups.to_pylist()}),
            "decision": trained.decision.to_json(),
            "training": {**trained.figures, "seed": seed},
            "settings": to_dict(config),
            "command": command,
        }
        rewrite_card(made, card)
        if out.exists():
            # The old one steps aside first, so that one whole bundle is there at every moment.
            os.replace(out, work / "old")
        os.replace(made, out)
        run.finish()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return out


def _unseen_from(split: Split) -> dict[str, int]:
    """The first test row, where everything learned from comes before it; nothing otherwise."""
    learned = np.concatenate([split.train, split.valid])
    if not len(split.test) or (len(learned) and learned.max() > split.test.min()):
        return {}
    return {"test_rows_from": int(split.test.min())}


def _learned_until(task: Task, records: pa.Table, split: Split) -> dict[str, str]:
    """The moment of the latest record learned from; nothing where records have no time.

    What came later a bundle has not seen, whatever data it is in: on that it can be compared with
    one that was trained afterwards.
    """
    times = task.inputs.of_role("time")
    learned = np.concatenate([split.train, split.valid])
    if not times or not len(learned):
        return {}
    latest = pc.max(records.column(times[0].name).take(pa.array(learned)))
    return {"learned_until": latest.as_py().isoformat()} if latest.is_valid else {}


def check_out(out: Path, overwrite: bool) -> None:
    """Refuse a place for a bundle where something else would be lost, before any work is done.

    Raises:
        UsageError: ``out`` is a file, a folder with other things in it, or an older bundle without
            ``overwrite``.
    """
    if not out.exists():
        return
    if (out / "manifest.json").is_file() and (out / "card.json").is_file():
        if not overwrite:
            raise UsageError("usage.bundle_exists", out=out)
    elif out.is_file() or any(out.iterdir()) or out.resolve() == Path.cwd():
        raise UsageError("usage.out_not_bundle", out=out)
