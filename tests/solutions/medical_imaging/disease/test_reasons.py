"""Facts told are facts that count: without the named one the score falls, by what is told."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from disease_patients import patient, records

from lepton_core.checking import check
from lepton_core.explain.base import Explanation
from lepton_core.pipeline import Pipeline
from solutions.medical_imaging.disease.factors import FACTORS
from solutions.medical_imaging.disease.patients import Patients
from solutions.medical_imaging.disease.preprocessing import PatientPreprocessor
from solutions.medical_imaging.disease.reasons import PatientExplainer, causes, without
from solutions.medical_imaging.disease.task import INPUTS


@pytest.fixture(scope="module")
def explained(pipeline: Pipeline, visits: pa.Table) -> list[Explanation]:
    return PatientExplainer().explain(pipeline, visits)


def table_of(patients: Patients, ids: pa.ChunkedArray) -> pa.Table:
    """Facts as records of the Spec."""
    columns = {one.name: pa.array(patients[one.name], from_pandas=True) for one in FACTORS}
    return check(pa.table({"record_id": ids, **columns}), INPUTS).table


def test_everyone_whose_risk_is_raised_is_explained(
    pipeline: Pipeline, visits: pa.Table, explained: list[Explanation]
) -> None:
    scored = pipeline.score(visits)
    assert [one.record_id for one in explained] == scored["record_id"][
        scored["label"] == "raised"
    ].tolist()
    assert np.mean([bool(one.reasons) for one in explained]) > 0.9


def test_reasons_are_few_strongest_first_and_in_both_languages(
    explained: list[Explanation],
) -> None:
    for one in explained:
        falls = [reason.contribution for reason in one.reasons]
        assert len(falls) <= 4
        assert falls == sorted(falls, reverse=True)
        assert all(fall >= 0.1 for fall in falls)
        for reason in one.reasons:
            english, chinese = reason.text("en"), reason.text("zh")
            assert english != chinese
            assert "reason." not in english + chinese


def test_every_fact_has_its_sentence(pipeline: Pipeline) -> None:
    from lepton_core.messages import has_message

    for factor in FACTORS:
        ends = [""] if factor.kind == "number" else []
        codes = factor.codes or range(int(factor.low), int(factor.high) + 1)
        ends += [] if ends else [f"_{code}" for code in codes]
        ends += [] if factor.name in ("age", "male") else ["_unknown"]
        for end in ends:
            if factor.name != "height" or end:
                assert has_message(f"medical_imaging.disease.reason.{factor.name}{end}")


def test_taking_away_the_named_fact_lowers_the_score_more_than_another(
    pipeline: Pipeline, visits: pa.Table, explained: list[Explanation]
) -> None:
    """Through the whole pipeline: by what is told, and by more than a fact drawn at random."""
    preprocessor = pipeline.preprocessor
    assert isinstance(preprocessor, PatientPreprocessor)
    by_id = {one.record_id: one for one in explained if one.reasons}
    table = check(visits, INPUTS).table
    ids = table["record_id"].to_pylist()
    some = table.take(pa.array([ids.index(record_id) for record_id in by_id]))
    patients, own = Patients.of(some), pipeline.score(some)["score"]
    falls = {}
    for name, factors in causes(preprocessor).items():
        changed = table_of(without(patients, factors, preprocessor.usual), some["record_id"])
        falls[name] = own - pipeline.score(changed)["score"]
    rng = np.random.default_rng(0)
    named, other = [], []
    for row, one in enumerate(by_id.values()):
        first = one.reasons[0]
        cause = max(falls, key=lambda name: falls[name][row])
        assert falls[cause][row] == pytest.approx(first.contribution, abs=1e-3)
        rest = [name for name in falls if name != cause]
        named.append(falls[cause][row])
        other.append(falls[rest[rng.integers(len(rest))]][row])
    assert np.mean(named) > 3 * abs(np.mean(other))
    assert np.mean(np.array(named) > np.array(other)) > 0.95


def test_a_high_pressure_is_told(pipeline: Pipeline) -> None:
    (one,) = PatientExplainer().explain(pipeline, records(patient(ap_hi=175, ap_lo=105)), ["0"])
    assert any("blood pressure 175 over 105" in reason.text("en") for reason in one.reasons)


def test_asked_for_ids_are_explained_whatever_their_label(pipeline: Pipeline) -> None:
    found = PatientExplainer().explain(pipeline, records(patient(), patient()), ["1"])
    assert [one.record_id for one in found] == ["1"]
