"""Churn of contracts: what is read, what is not, and the bundles."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.checking import check
from lepton_core.solution import find_task
from lepton_core.testing.solution import check_task
from solutions.retail_recommender.churn.evaluation import ChurnExplainer, report
from solutions.retail_recommender.churn.preprocessing import ChurnPreprocessor
from solutions.retail_recommender.churn.sample import generate
from solutions.retail_recommender.churn.task import INPUTS

TASK = find_task("retail_recommender/churn")


@pytest.mark.slow
def test_the_task_conforms() -> None:
    check_task(TASK)


def test_what_is_derived_is_what_it_says() -> None:
    records = check(generate(customers=50), INPUTS).table
    derived = ChurnPreprocessor(INPUTS).derive(records).to_pylist()
    for row in derived:
        services = [
            row[name] for name in ("security", "backup", "protection", "support", "tv", "films")
        ]
        assert row["services"] == services.count("Yes")
        if row["tenure"] > 0:
            assert row["change"] == pytest.approx(row["monthly"] - row["total"] / row["tenure"])
        else:
            assert row["total"] is None
            assert row["change"] == 0.0


def test_gender_and_age_change_no_score() -> None:
    pipeline = load_bundle(TASK.bundle("sample"))
    records = generate(customers=200)
    scores = [pipeline.score(records).raw["score"]]
    for name in ("gender", "senior"):
        at = records.column_names.index(name)
        turned = pa.array(records[name].to_pylist()[::-1])
        scores.append(pipeline.score(records.set_column(at, name, turned)).raw["score"])
        scores.append(pipeline.score(records.drop_columns([name])).raw["score"])
    for other in scores[1:]:
        np.testing.assert_array_equal(other, scores[0])


def test_labels_as_companies_write_them() -> None:
    records = generate(customers=4)
    at = records.column_names.index("left")
    told = check(records.set_column(at, "left", pa.array(["Yes", "no", " ", "perhaps"])), INPUTS)
    assert told.table["left"].to_pylist() == [True, False, None]
    assert told.rejects.counts() == {"type": 1}


def test_groups_stand_in_the_report() -> None:
    records = check(generate(customers=400), INPUTS).table
    table = report(records, load_bundle(TASK.bundle("sample")).score(records))
    groups = set(table["group"].to_pylist())
    assert groups >= {"Female", "Male", "under 65", "65 and older"}


def test_reasons_tell_months_under_names_that_people_know() -> None:
    records = generate(customers=300)
    found = ChurnExplainer().explain(load_bundle(TASK.bundle("sample")), records)
    tenure = dict(zip(records["record_id"].to_pylist(), records["tenure"].to_pylist(), strict=True))
    reasons = [(one.record_id, reason) for one in found for reason in one.reasons]
    logs = [(who, r) for who, r in reasons if r.values["column"] == "log_tenure"]
    assert logs
    assert all(r.values["value"] == pytest.approx(tenure[who]) for who, r in logs)
    told = " ".join(r.text("en") + r.text("zh") for _, r in reasons)
    assert not [name for name in ("log_tenure", "services", "change") if name in told]


@pytest.mark.real_data
def test_the_bundle_of_real_data_is_as_good_as_its_card() -> None:
    card = load_bundle(TASK.bundle("telco_churn")).card
    assert card["metrics"]["auc"]["value"] > 0.82
    assert card["metrics"]["brier_skill"]["value"] > 0.2
