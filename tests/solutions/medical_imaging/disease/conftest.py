"""The disease task, its sample bundle, generated visits; tests import ``disease_patients``."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task, find_task

# Pytest's import mode leaves a test's own folder out.
sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def task() -> Task:
    return find_task("medical_imaging/disease")


@pytest.fixture(scope="session")
def pipeline(task: Task) -> Pipeline:
    return load_bundle(task.bundle("sample"))


@pytest.fixture(scope="session")
def cardio(task: Task) -> Pipeline:
    """What scores by default."""
    return load_bundle(task.bundle("cardio"))


@pytest.fixture(scope="session")
def visits(task: Task) -> pa.Table:
    """Visits of patients that no bundle has seen."""
    return task.hook(task.sample)(seed=5, patients=300)
