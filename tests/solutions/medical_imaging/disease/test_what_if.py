"""A what-if is the pipeline's own answer, and never goes without saying what it means."""

from __future__ import annotations

import pytest
from disease_patients import patient, records

from lepton_core.errors import UsageError
from lepton_core.pipeline import Pipeline
from solutions.medical_imaging.disease.what_if import changeable, what_if


def test_it_is_what_the_pipeline_says_of_such_a_patient(pipeline: Pipeline) -> None:
    high = patient(ap_hi=165, ap_lo=100, smoke=1)
    found = what_if(pipeline, records(high), {"ap_hi": 125, "ap_lo": 80, "smoke": 0})
    own = pipeline.score(records(high, patient(ap_hi=125, ap_lo=80)))["probability"]
    assert [found.risk_before, found.risk_after] == pytest.approx(own.tolist(), abs=1e-6)
    assert found.changes["ap_hi"] == (165.0, 125.0)
    assert found.change < -0.1
    assert "no effect of a treatment" in found.meaning


def test_nothing_changed_is_the_same_risk(pipeline: Pipeline) -> None:
    found = what_if(pipeline, records(patient()), {})
    assert found.change == 0.0


def test_an_unknown_value_can_be_tried(pipeline: Pipeline) -> None:
    found = what_if(pipeline, records(patient(chol=None)), {"chol": 280})
    assert found.changes["chol"] == (None, 280.0)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"age": 30}, "not_changeable"),
        ({"mood": 1}, "not_changeable"),
        ({"ap_hi": 1200}, "refused"),
        ({"ap_hi": 70}, "refused"),
    ],
)
def test_what_cannot_be_is_refused(pipeline: Pipeline, changes: dict[str, float], key: str) -> None:
    with pytest.raises(UsageError) as raised:
        what_if(pipeline, records(patient()), changes)
    assert raised.value.key == f"medical_imaging.disease.error.{key}"


def test_one_record_at_a_time(pipeline: Pipeline) -> None:
    with pytest.raises(UsageError, match="one record"):
        what_if(pipeline, records(patient(), patient()), {})


def test_only_what_a_person_can_change_is_offered(pipeline: Pipeline) -> None:
    names = changeable(pipeline)
    assert {"ap_hi", "ap_lo", "weight", "cholesterol", "gluc", "smoke", "alco", "active"} <= set(
        names
    )
    assert not {"age", "male", "height", "thal"} & set(names)
