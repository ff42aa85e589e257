"""Two bundles on the same customers, and a training that a page begins."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.data.reading import load_records
from lepton_core.decision import Rank
from lepton_core.decision.item_filters import ItemFilters
from lepton_core.pipeline import Pipeline
from lepton_core.solution import find_task
from lepton_core.ui.training_home import Trainings
from lepton_core.ui.training_job import DONE, FAILED, RUNNING, PageTraining
from solutions.retail_recommender.next_item.comparison import compare_lists

TASK = find_task("retail_recommender/next_item")


@pytest.fixture(scope="module")
def bundle() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


@pytest.fixture(scope="module")
def records() -> pa.Table:
    return load_records(TASK.sample_data, TASK.inputs).table.slice(0, 300)


def test_a_bundle_is_not_better_than_itself(bundle: Pipeline, records: pa.Table) -> None:
    found = compare_lists((bundle, bundle), records)
    assert found.first == found.second
    assert set(found.gains.values()) == {(0.0, 0.0, 0.0)}
    assert found.same_items == 1
    assert 0 < found.customers <= records.num_rows


def test_a_filter_costs_hits_surely(bundle: Pipeline, records: pa.Table) -> None:
    assert isinstance(bundle.decision, Rank)
    only = replace(bundle.decision, filters=ItemFilters(categories=("Tea",)))
    found = compare_lists((bundle, bundle.with_decision(only)), records)
    assert found.gains["hr10"][2] < 0


def wait(training: PageTraining, seconds: float = 300) -> str:
    until = time.monotonic() + seconds
    while training.state == RUNNING and time.monotonic() < until:
        time.sleep(0.5)
    return training.state


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


def test_a_training_that_cannot_be_says_why(home: Path) -> None:
    lonely = pa.table({"record_id": ["u", "v"], "items": [["a"], ["b"]]})
    training = Trainings(TASK.name).start("lonely", lonely, (), source="orders.csv", epochs=1)
    assert wait(training) == FAILED
    assert set(training.last["text"]) == {"en", "zh"}
    assert training.last["error"] == "data.no_histories"
    assert Trainings(TASK.name).bundles() == {}
    training.remove()
    assert Trainings(TASK.name).all() == []


@pytest.mark.slow
def test_a_training_makes_a_bundle_of_its_own(home: Path, records: pa.Table) -> None:
    settings = ("model.epochs=2", "model.width=16")
    training = Trainings(TASK.name).start("mine", records, settings, source="orders.csv", epochs=2)
    try:
        assert wait(training, 1_800) == DONE
    finally:
        training.cancel()
    assert training.epochs() == (2, 2)
    made = load_bundle(Trainings(TASK.name).bundles()["mine"])
    assert made.card["data"]["name"] == "orders.csv"
    training.remove()
    assert not training.folder.exists()
