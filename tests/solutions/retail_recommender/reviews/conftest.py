"""The reviews task, its sample bundle and generated reviews; tests import ``tiny_classifier``."""

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
    return find_task("retail_recommender/reviews")


@pytest.fixture(scope="session")
def pipeline(task: Task) -> Pipeline:
    return load_bundle(task.bundle("sample"))


@pytest.fixture(scope="session")
def reviews(task: Task) -> pa.Table:
    """Reviews that no bundle has seen."""
    return task.hook(task.sample)(seed=5, reviews=200)
