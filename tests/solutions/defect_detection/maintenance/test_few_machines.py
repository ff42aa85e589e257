"""A bundle of a few machines has an interval that nothing checked, and training says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lepton_core.checking import check
from lepton_core.evaluation.run import find_protocol
from lepton_core.solution import find_task
from lepton_core.training.job import TrainingJob
from lepton_core.training.splits import Split
from solutions.defect_detection.maintenance.config import Config
from solutions.defect_detection.maintenance.sample import generate
from solutions.defect_detection.maintenance.training import train


def test_training_on_three_machines_says_that_the_interval_is_not_checked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    task, config = find_task("defect_detection/maintenance"), Config()
    config = replace(config, model=replace(config.model, epochs=1))
    table = check(generate(seed=1, units=3), task.inputs).table
    records = find_protocol(task, "log.csv", config).with_truth(table)
    none = np.zeros(0, np.int64)
    split = Split(np.arange(records.num_rows), none, none)
    made = train(TrainingJob(task, config, 0, records, split, verbose=True))
    assert "Only 3 machines" in capsys.readouterr().err
    assert "held_out_rmse" not in made.figures
