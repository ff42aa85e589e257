"""The report by group: who is in which group, and rates at the bundle's own threshold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.evaluation.fairness import ALL
from lepton_core.evaluation.run import evaluate_bundle, protocol_of
from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task
from solutions.fraud_rnn.credit.fairness import groups, report


def test_everybody_is_in_one_group_of_each_attribute(clients: pa.Table) -> None:
    found = groups(clients)
    assert list(found) == ["sex", "age", "education"]
    assert all(len(names) == len(clients) for names in found.values())
    assert set(found["sex"]) == {"male", "female"}
    missing = clients["age"].is_null().to_numpy()
    assert missing.any()
    assert ((found["age"] == "unknown") == missing).all()


def test_rates_are_those_of_the_labels(pipeline: Pipeline, clients: pa.Table) -> None:
    predictions = pipeline.score(clients)
    table = report(clients, predictions)
    women = np.asarray(clients["sex"]) == "female"
    called = predictions["label"] == "defaults"
    truth = np.asarray(clients["default"]) == 1
    row = next(one for one in table.to_pylist() if one["group"] == "female")
    assert row["n"] == women.sum()
    assert row["selection_rate"] == pytest.approx(called[women].mean())
    assert row["true_positive_rate"] == pytest.approx(called[women & truth].mean())
    assert row["false_positive_rate"] == pytest.approx(called[women & ~truth].mean())
    sizes = [one["n"] for one in table.to_pylist() if one["group"] != ALL]
    assert sum(sizes) == 3 * len(clients)


def test_without_labels_only_the_selection_is_told(pipeline: Pipeline, clients: pa.Table) -> None:
    unknown = clients.drop_columns(["default"]).append_column(
        "default", pa.nulls(len(clients), pa.int64())
    )
    for row in report(unknown, pipeline.score(unknown)).to_pylist():
        assert row["selection_rate"] is not None
        assert row["true_positive_rate"] is None


def test_the_card_tells_the_groups_of_its_test_part(pipeline: Pipeline) -> None:
    card = pipeline.card
    rows = card["groups"]
    everyone = [row for row in rows if row["group"] == ALL]
    assert {row["attribute"] for row in everyone} == {"sex", "age", "education"}
    assert all(row["n"] == card["protocol"]["test_records"] for row in everyone)
    assert pipeline.folder is not None
    assert "By group of people" in Path(pipeline.folder, "CARD.md").read_text()


def test_an_evaluation_tells_them_where_asked(pipeline: Pipeline, task: Task) -> None:
    clients = task.hook(task.sample)(seed=6, clients=1500)
    protocol = protocol_of(pipeline, "clients.csv")
    asked = evaluate_bundle(pipeline, clients, "clients.csv", protocol, by_group=True)
    assert "sex" in asked.to_text()
    assert "Largest difference by sex" in asked.to_text()
    assert len(json.loads(json.dumps(asked.to_json()))["groups"]) > 6
    plain = evaluate_bundle(pipeline, clients, "clients.csv", protocol)
    assert "groups" not in plain.to_json()
