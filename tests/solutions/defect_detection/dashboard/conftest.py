"""Modules beside the tests are imported by name, which this import mode of pytest leaves to us."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lepton_core.solution import load_solution
from lepton_core.store import Store
from lepton_core.ui import reviewer

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store of this test alone, nobody signed in, and the solution's sentences."""
    load_solution("defect_detection")
    file = str(tmp_path / "store.sqlite")
    monkeypatch.setenv("LEPTON_STORE", file)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(reviewer, "known_reviewer", lambda: "")
    return Store.open(file)
