"""The shipped sample bundle, and records that it was not made from."""

from __future__ import annotations

import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.solution import find_task
from solutions.defect_detection.maintenance.sample import generate


@pytest.fixture(scope="session")
def sample() -> Pipeline:
    """The bundle ``sample``."""
    return load_bundle(find_task("defect_detection/maintenance").bundle("sample"))


@pytest.fixture(scope="session")
def presses() -> pa.Table:
    """Records of a dozen presses of another seed."""
    return generate(seed=5, units=12)
