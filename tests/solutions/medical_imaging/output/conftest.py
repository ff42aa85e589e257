"""What the tests of written results share, beside the module ``chest_file``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

# Pytest's import mode leaves a test's own folder out.
sys.path.append(str(Path(__file__).parent))

import lepton_core.solution


@pytest.fixture(scope="session", autouse=True)
def _messages() -> None:
    lepton_core.solution.load_solution("medical_imaging")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEPTON_PSEUDONYM_KEY", "a key of the tests alone")


@pytest.fixture
def picture() -> np.ndarray:
    """uint8 [120, 100], darker to the left."""
    return np.linspace(30, 220, 100, dtype=np.uint8)[None].repeat(120, axis=0)


@pytest.fixture
def hot() -> np.ndarray:
    """Evidence float32 [4, 4] in logits: for the finding at one place, against it at another."""
    found = np.zeros((4, 4), np.float32)
    found[1, 1], found[3, 3] = 5.0, -5.0
    return found
