"""How a run scores and what it writes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lepton_core.bundle import read_decision
from lepton_core.bundle_files import read_json, sha256
from lepton_core.pipeline import Pipeline
from lepton_core.scoring.flow import cores


@dataclass(frozen=True)
class Options:
    """How records are scored and what is written.

    Args:
        mapping: their column name -> ours.
        select: columns to write, see :class:`~lepton_core.scoring.selection.Selection`.
        condition: which rows to write, an expression; empty for all.
        limit: read at most so many records; None for all.
        suffix: format of the output, ``.parquet``, ``.csv``, ``.jsonl``; the last two also ``.gz``.
        compression: of Parquet.
        partition: column whose values make folders; empty for none.
        strict: fail at the first refused record.
        threads: that prepare batches side by side; None takes the machine's cores.
        batch_rows: records a batch; None takes the reader's own.
        part_batches: batches a part: after each part the journal commits.
        fps: frames a second of folders of frames whose names tell no times; None for the reader's.
    """

    mapping: tuple[tuple[str, str], ...] = ()
    select: tuple[str, ...] = ()
    condition: str = ""
    limit: int | None = None
    suffix: str = ".parquet"
    compression: str = "zstd"
    partition: str = ""
    strict: bool = False
    threads: int | None = None
    batch_rows: int | None = None
    part_batches: int = 64
    fps: float | None = None

    @property
    def n_threads(self) -> int:
        """Threads that work side by side."""
        return self.threads or cores()


def settings_of(pipeline: Pipeline, options: Options, mode: str) -> dict[str, Any]:
    """What must be the same for a run to go on: bundle, rules, all that makes the output."""
    values = {name: value for name, value in asdict(options).items() if name != "threads"}
    if options.fps is None:
        del values["fps"]  # so that a run that was begun before there were frames goes on
    folder = pipeline.folder
    digest = sha256(folder / "manifest.json") if folder else ""
    about: dict[str, Any] = {"mode": mode, "bundle": pipeline.address, "bundle_sha256": digest}
    if folder:
        about["scorer_sha256"] = _scorer(folder)
    # As it is read: an older bundle's file lacks what a decision has learned to hold since.
    if folder and pipeline.decision != read_decision(folder):
        # Other lines on a camera's picture give other crossings.
        about["decision"] = pipeline.decision.to_json()
    if pipeline.rules:
        # By their text: other rules would hit other records, and label them otherwise.
        about["rules_sha256"] = pipeline.rules.fingerprint
    # Another number of views gives other scores.
    views = getattr(pipeline.runtime, "views", 1)
    if views > 1:
        about["views"] = str(views)
    return {**about, **values}


def _scorer(folder: Path) -> str:
    """What makes the scores and the memory: all of a bundle but its decision and its papers."""
    files = read_json(folder, "manifest.json")["files"]
    scoring = ("spec.json", "preprocessor.", "arrays.", "models/")
    parts = sorted(f"{name} {digest}" for name, digest in files.items() if name.startswith(scoring))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
