"""No risk from a nonsense value: what no person has is refused, and told with what was meant."""

from __future__ import annotations

import os
from typing import Any

import pytest
from disease_patients import patient, records

from lepton_core.messages import t
from lepton_core.pipeline import Pipeline


@pytest.mark.parametrize(
    ("values", "key", "told"),
    [
        ({"ap_hi": 150, "ap_lo": 1000}, "tenfold", "100 would be possible"),
        ({"ap_hi": 14, "ap_lo": 80}, "tenfold", "140 would be possible"),
        ({"ap_hi": 16020}, "impossible", "60 to 260 mmHg"),
        ({"ap_hi": -120}, "sign", "120 would be possible"),
        ({"ap_hi": 80, "ap_lo": 120}, "swapped", "Swapped?"),
        ({"ap_hi": 120, "ap_lo": 119}, "pulse", "less than 5 mmHg"),
        ({"height": 1.72}, "other_unit", "In m it would be 172 cm"),
        ({"height": 250}, "impossible", "120 to 230 cm"),
        ({"weight": 0}, "impossible", "30 to 250 kg"),
        ({"weight": 72000}, "other_unit", "In g it would be 72 kg"),
        ({"age": 19700}, "days", "53.9 years"),
        ({"age": 7}, "age", "not for children"),
        ({"age": None, "age_days": 54}, "years", "looks like years"),
        ({"age": None, "age_days": 2000}, "age_days", "not for children"),
        ({"sex": "x"}, "sex", "male or female"),
        ({"sex": None, "gender": 3}, "gender", "1 (woman) nor 2 (man)"),
        ({"cholesterol": 240}, "range", "1 to 3"),
        ({"cholesterol": 1.5}, "range", "1 to 3"),
        ({"chol": 5.2}, "other_unit", "In mmol/l it would be 201.1 mg/dl"),
        ({"smoke": 2}, "range", "0 to 1"),
        ({"cp": 4}, "code", "0 asymptomatic"),
        ({"thal": 7}, "code", "2 normal"),
    ],
)
def test_impossible_values_are_refused_with_what_was_meant(
    pipeline: Pipeline, values: dict[str, Any], key: str, told: str
) -> None:
    scored = pipeline.score(records(patient(), patient(**values)))
    assert scored["record_id"].tolist() == ["0"]
    (reject,) = scored.rejects
    assert (reject.row, reject.record_id) == (1, "1")
    assert [reason for reason, _ in reject.reasons] == [f"disease.{key}"]
    ((_, about),) = reject.reasons
    assert told in t(f"reject.disease.{key}", language="en", **about)
    assert t(f"reject.disease.{key}", language="zh", **about)


def test_all_faults_of_a_record_are_told_at_once(pipeline: Pipeline) -> None:
    (reject,) = pipeline.score(records(patient(height=1.7, weight=7, age=3))).rejects
    assert len(reject.reasons) == 3


@pytest.mark.parametrize(
    "values",
    [
        {"age": 18, "height": 140, "weight": 35},
        {"ap_hi": 250, "ap_lo": 140},
        {"ap_hi": 65, "ap_lo": 40},
        {"age": 105},
    ],
)
def test_what_is_rare_but_true_is_scored(pipeline: Pipeline, values: dict[str, Any]) -> None:
    assert len(pipeline.score(records(patient(**values)))) == 1


def test_codes_for_not_known_are_no_values(pipeline: Pipeline) -> None:
    """The Cleveland file writes 4 vessels and thallium 0 where it does not know."""
    coded = pipeline.score(records(patient(ca=4, thal=0)))["score"]
    empty = pipeline.score(records(patient(ca=None, thal=None)))["score"]
    assert coded.tolist() == empty.tolist()


@pytest.mark.real_data
@pytest.mark.skipif("LEPTON_DATA" not in os.environ, reason="LEPTON_DATA is not set")
def test_cardio_s_impossible_values_are_found() -> None:
    from lepton_core.data.labelled import load_labelled
    from lepton_core.solution import find_task
    from solutions.medical_imaging.disease.impossible import find_impossible
    from solutions.medical_imaging.disease.patients import Patients

    table, _ = load_labelled("cardio", find_task("medical_imaging/disease"), {}, print)
    found = find_impossible(Patients.of(table), table["record_id"])
    counts = found.counts()
    # 1,325 pressures by the data's own arithmetic, and some less than 5 apart; 60 bodies.
    assert 1_350 < len(found) < 1_450
    assert counts["disease.tenfold"] > 900
    assert counts["disease.swapped"] > 90
    assert "disease.days" not in counts
