"""What is true of patients, whatever the model: directions, stand-ins, what a bundle needs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from disease_patients import patient, records

from lepton_core.bundle import load_bundle
from lepton_core.messages import t
from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task
from solutions.medical_imaging.disease.factors import FACTORS
from solutions.medical_imaging.disease.patients import Patients, with_truth
from solutions.medical_imaging.disease.preprocessing import PatientPreprocessor

BUNDLES = ("sample", "cardio", "heart_cleveland")


@pytest.mark.parametrize("name", BUNDLES)
@pytest.mark.parametrize("factor", [one for one in FACTORS if one.direction], ids=lambda f: f.name)
def test_the_risk_goes_the_way_that_medicine_agrees_on(
    task: Task, visits: pa.Table, name: str, factor: object
) -> None:
    """Of 300 patients, over the whole range of the factor, all else being the same."""
    pipeline = load_bundle(task.bundle(name))
    preprocessor = pipeline.preprocessor
    assert isinstance(preprocessor, PatientPreprocessor)
    if factor.name not in preprocessor.factors:  # type: ignore[attr-defined]
        pytest.skip("the bundle does not read it")
    from solutions.medical_imaging.disease.factors import Factor

    assert isinstance(factor, Factor)
    patients = Patients.of(records(*visits.slice(0, 300).to_pylist()))
    whole = factor.kind in ("flag", "level")
    steps = np.arange(factor.low, factor.high + 1) if whole else None
    values = steps if steps is not None else np.linspace(factor.low, factor.high, 60)
    scores = []
    for value in values:
        changed = patients.changed(**{factor.name: np.full(len(patients), value)})
        scores.append(pipeline.runtime.run("main", preprocessor.arrays(changed))["score"])
    moves = np.diff(np.stack(scores), axis=0) * factor.direction
    assert moves.min() > -1e-4


def test_pressure_matters_most_and_weight_some(cardio: Pipeline) -> None:
    some = records(patient(ap_hi=115), patient(ap_hi=150), patient(ap_hi=115, weight=100))
    low, high, heavy = cardio.score(some)["probability"]
    assert high > low + 0.25
    assert low + 0.03 < heavy < high


@pytest.mark.parametrize(
    "same",
    [
        {"sex": "F"},
        {"sex": " 女 "},
        {"sex": None, "male": 0},
        {"sex": None, "gender": 1},
        {"age": None, "age_days": 54.0 * 365.25},
    ],
)
def test_one_fact_may_be_written_in_several_columns(pipeline: Pipeline, same: dict) -> None:
    scored = pipeline.score(records(patient(), patient(**same)))["score"]
    assert scored[1] == pytest.approx(scored[0], abs=1e-5)


def test_a_code_of_one_stands_for_a_man_or_a_woman_by_its_column(pipeline: Pipeline) -> None:
    man, woman = (
        pipeline.score(records(patient(sex=None, **one)))["score"][0]
        for one in ({"male": 1}, {"gender": 1})
    )
    assert man == pipeline.score(records(patient(sex="male")))["score"][0] != woman


def test_a_bundle_says_which_columns_it_needs(pipeline: Pipeline, visits: pa.Table) -> None:
    scored = pipeline.score(visits.drop_columns(["ap_hi"]))
    assert not len(scored)
    assert len(scored.rejects) == len(visits)
    ((key, values),) = next(iter(scored.rejects)).reasons
    told = t(f"reject.{key}", language="en", **values)
    assert "ap_hi is empty or not in the file" in told
    assert "needs age, sex, ap_hi, ap_lo" in told


def test_few_unknown_values_are_taken_and_many_refused(pipeline: Pipeline) -> None:
    some = dict.fromkeys(("chol", "thalach", "ca"))
    many = some | dict.fromkeys(("weight", "gluc", "smoke", "alco", "active", "cp", "fbs"))
    scored = pipeline.score(records(patient(**some), patient(**many)))
    assert scored["record_id"].tolist() == ["0"]
    assert [key for one in scored.rejects for key, _ in one.reasons] == ["disease.too_little"]


def test_truth_written_the_other_way_round_is_turned() -> None:
    table = records(patient(disease=None, no_disease=1), patient(disease=1, no_disease=1))
    assert with_truth(table)["disease"].to_pylist() == [0, 1]


def test_the_label_is_never_read_in_scoring(pipeline: Pipeline, visits: pa.Table) -> None:
    own = pipeline.score(visits)["score"]
    assert np.array_equal(pipeline.score(visits.drop_columns(["disease"]))["score"], own)


def test_the_visits_of_a_patient_stay_in_one_part(task: Task, visits: pa.Table) -> None:
    from lepton_core.checking import check
    from lepton_core.evaluation.run import find_protocol

    table = check(visits, task.inputs).table
    split = find_protocol(task, "a client's", task.hook(task.config)()).split(table)
    names = np.array(table["patient"].to_pylist())
    parts = [set(names[rows]) for rows in (split.train, split.valid, split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(set(names))
