"""What a task's trainer is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lepton_core.solution import Task
from lepton_core.training.manifest import Run
from lepton_core.training.splits import Split


@dataclass(frozen=True)
class TrainingJob:
    """One training: the records, which of them are for what, and the settings.

    Args:
        task: the task.
        config: its settings.
        seed: of start weights and shuffling.
        records: checked records, in order; rows of no part are context for a stateful task.
        split: rows to train, validate and test on. A trainer never reads a test row's label.
        run: where checkpoints and logs go; None keeps nothing.
        verbose: whether progress is shown.
        tell: told how far a step of training is: its name, how much of how much is done. For a
            page that shows a training while it runs; None tells nobody.
    """

    task: Task
    config: Any
    seed: int
    records: pa.Table
    split: Split
    run: Run | None = None
    verbose: bool = False
    tell: Callable[[str, int, int], None] | None = None
