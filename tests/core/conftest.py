"""What the tests of this folder share, beside the modules ``scoring_task``, ``report_task``..."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.seen import SeenIds
from lepton_core.solution import find_task

# Pytest's import mode leaves a test's own folder out.
sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def fast_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that do not wait for the disk, which shows nothing here, and remember few ids."""
    monkeypatch.setattr("os.fsync", lambda handle: None)
    monkeypatch.setattr("lepton_core.pipeline.SeenIds", partial(SeenIds, capacity=1000))


@pytest.fixture(scope="session")
def fraud() -> Pipeline:
    """The shipped sample bundle of a stateful task."""
    return load_bundle(find_task("fraud_rnn").bundle("sample"), threads=1)


@pytest.fixture(scope="session")
def transactions() -> list[dict[str, Any]]:
    """Its records as JSON holds them; one with a negative amount, one repeated."""
    task = find_task("fraud_rnn")
    table = task.hook(task.sample)(seed=3, cards=10, terminals=10, days=30).slice(0, 40)
    rows = table.drop_columns(["label", "pattern"]).to_pylist()
    rows[7]["amount"] = -1.0
    rows[21] = dict(rows[9])
    return [{**row, "time": str(row["time"])} for row in rows]


@pytest.fixture
def in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines come in batches of four, with a commit after every twelve; else chance decides."""

    def batches(lines: Sequence[bytes]) -> Iterator[list[bytes]]:
        for start in range(0, len(lines), 4):
            yield list(lines[start : start + 4])

    monkeypatch.setattr("lepton_core.scoring.stream.batches_of", batches)
    monkeypatch.setattr("lepton_core.scoring.stream.COMMIT_RECORDS", 12)
    monkeypatch.setattr("lepton_core.scoring.stream.COMMIT_SECONDS", 1e9)
