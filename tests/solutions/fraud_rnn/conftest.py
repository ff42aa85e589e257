"""The shipped sample bundle and records of the task's own generator."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.solution import find_task

# Modules beside the tests are imported by name, which this import mode of pytest leaves to us.
sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    return load_bundle(find_task("fraud_rnn").bundle("sample"))


@pytest.fixture(scope="session")
def records() -> pa.Table:
    """3,000 transactions of a month, with labels."""
    task = find_task("fraud_rnn")
    table = task.hook(task.sample)(seed=5, cards=60, terminals=30, days=30)
    return table.slice(0, 3000)
