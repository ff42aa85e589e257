"""What my_solution promises: the core's checks, and what is true of service contracts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.bundle import load_bundle
from lepton_core.pipeline import Pipeline
from lepton_core.solution import find_task
from lepton_core.testing import check_solution

TASK = find_task("my_solution/records")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return load_bundle(TASK.bundle("sample"))


@pytest.fixture(scope="module")
def records() -> pa.Table:
    return TASK.hook(TASK.sample)(seed=3, contracts=800)


def with_column(records: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return records.set_column(records.column_names.index(name), name, values)


def test_the_solution_conforms() -> None:
    check_solution("my_solution")


def test_a_record_stands_alone(pipeline: Pipeline, records: pa.Table) -> None:
    """Order and company of a record change nothing of its score."""
    turned = records.take(pa.array(np.arange(len(records))[::-1]))
    together, apart = pipeline.score(records)["score"], pipeline.score(turned)["score"]
    np.testing.assert_allclose(apart[::-1], together, atol=1e-5)


def test_the_label_is_never_read_in_scoring(pipeline: Pipeline, records: pa.Table) -> None:
    unknown = with_column(records, "left", pa.nulls(len(records), pa.int64()))
    expected = pipeline.score(records)["score"]
    assert np.array_equal(pipeline.score(unknown)["score"], expected)
    assert np.array_equal(pipeline.score(records.drop_columns(["left"]))["score"], expected)


@pytest.mark.parametrize("name", ["sector", "region"])
def test_a_word_that_training_never_saw_is_scored(
    pipeline: Pipeline, records: pa.Table, name: str
) -> None:
    strange = with_column(records, name, pa.array(["never heard of"] * len(records)))
    scored = pipeline.score(strange)
    assert len(scored) == len(records)
    assert np.isfinite(scored["score"]).all()


def test_what_is_not_required_may_be_empty(pipeline: Pipeline, records: pa.Table) -> None:
    sparse = records
    for column in TASK.inputs:
        if not column.required:
            sparse = with_column(sparse, column.name, pa.nulls(len(records), column.arrow_type()))
    scored = pipeline.score(sparse)
    assert len(scored) == len(records)
    assert np.isfinite(scored["score"]).all()


def test_a_rising_fee_counts_for_who_is_unhappy(pipeline: Pipeline, records: pa.Table) -> None:
    """The model has learned that the two work together, which no sum of the two could say."""

    def mean_score(change: float, satisfaction: float) -> float:
        n = len(records)
        case = with_column(records, "fee_change", pa.array([change] * n))
        case = with_column(case, "satisfaction", pa.array([satisfaction] * n))
        return float(pipeline.score(case)["score"].mean())

    unhappy = mean_score(12.0, 2.2) - mean_score(0.0, 2.2)
    happy = mean_score(12.0, 4.8) - mean_score(0.0, 4.8)
    assert unhappy > happy + 0.5


def test_reasons_name_what_makes_a_client_leave(pipeline: Pipeline, records: pa.Table) -> None:
    explainer = TASK.hook(TASK.explainer)()
    explained = explainer.explain(pipeline, records)
    positive = int((pipeline.score(records)["label"] == "leaves").sum())
    assert len(explained) == positive > 0
    reasons = [reason for record in explained for reason in record.reasons]
    assert reasons
    assert all(reason.contribution > 0 for reason in reasons)
    assert all(reason.text("en") != reason.text("zh") for reason in reasons)
