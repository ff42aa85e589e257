"""What the tests of this folder share; they can import ``scoring_task`` and ``crashing``."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from lepton_core.seen import SeenIds

# Pytest's import mode leaves a test's own folder out.
sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def fast_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that do not wait for the disk, which shows nothing here, and remember few ids."""
    monkeypatch.setattr("os.fsync", lambda handle: None)
    monkeypatch.setattr("lepton_core.pipeline.SeenIds", partial(SeenIds, capacity=1000))
