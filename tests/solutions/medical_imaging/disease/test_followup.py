"""Follow-up: a trend is more than noise, rules decide on the next check, no visit vanishes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pytest
from disease_patients import patient, records

from lepton_core.errors import DataError, UsageError
from lepton_core.pipeline import Pipeline
from solutions.medical_imaging.disease.__main__ import main
from solutions.medical_imaging.disease.follow_rules import CheckRules
from solutions.medical_imaging.disease.followup import follow_up, in_months
from solutions.medical_imaging.disease.trend import trend_of

TODAY = date(2026, 1, 1)
RULES = """
rules:
  - {name: rising, when: trend == "rising", months: 1}
  - {name: high, when: risk >= 0.5, months: 3}
otherwise: 12
"""


def visit(name: str, year: int, month: int = 1, **values: Any) -> dict[str, Any]:
    moment = datetime(year, month, 31 if month in (1, 3) else 15, tzinfo=UTC)
    return patient(record_id=f"{name}-{year}-{month}", patient=name, visit=moment, **values)


def course(pipeline: Pipeline, *visits: dict[str, Any], rules: str = RULES) -> dict[str, Any]:
    found = follow_up(pipeline, records(*visits), CheckRules.load(rules), TODAY)
    return {one["patient"]: one for one in found.patients.to_pylist()}


def test_a_worsening_patient_rises_and_is_seen_sooner(cardio: Pipeline) -> None:
    worse = [visit("a", 2021 + n, ap_hi=115 + 14 * n, ap_lo=74 + 7 * n) for n in range(4)]
    same = [visit("b", 2021 + n, ap_hi=118 + n % 2, ap_lo=78) for n in range(4)]
    better = [visit("c", 2021 + n, ap_hi=165 - 14 * n, ap_lo=100 - 6 * n) for n in range(4)]
    found = course(cardio, *worse, *same, *better)
    assert [found[name]["trend"] for name in "abc"] == ["rising", "steady", "falling"]
    assert found["a"]["change"] > 0.1 > found["c"]["change"]
    assert (found["a"]["rule"], found["a"]["next_check"]) == ("rising", date(2024, 2, 29))
    assert found["b"]["next_check"] == date(2025, 1, 31)
    assert found["a"]["overdue"]


def test_a_swing_within_noise_is_no_trend(pipeline: Pipeline) -> None:
    """One reading 8 mmHg higher than a year before is what readings do."""
    found = course(pipeline, visit("a", 2024, ap_hi=124), visit("a", 2025, ap_hi=132))
    assert found["a"]["trend"] == "steady"
    assert found["a"]["risk_low"] < found["a"]["risk"] < found["a"]["risk_high"]


def test_trends_by_noise_alone_are_rare() -> None:
    rng = np.random.default_rng(0)
    years = np.array([0.0, 0.6, 1.1, 2.0])
    names = [trend_of(years, rng.normal(0.0, 0.4, 4), np.full(4, 0.4)).name for _ in range(2000)]
    assert 0.03 < np.mean([name != "steady" for name in names]) < 0.07


def test_one_visit_has_a_risk_and_no_trend(pipeline: Pipeline) -> None:
    found = course(pipeline, visit("a", 2025))
    assert found["a"]["trend"] == "unknown"
    assert np.isnan(found["a"]["logit_a_year"])


def test_the_order_of_the_file_does_not_matter(pipeline: Pipeline, visits: pa.Table) -> None:
    turned = visits.take(pa.array(np.arange(len(visits))[::-1]))
    first, second = (follow_up(pipeline, one, None, TODAY).patients for one in (visits, turned))
    assert first["patient"].to_pylist() == second["patient"].to_pylist()
    assert first["next_check"].to_pylist() == second["next_check"].to_pylist()
    assert len(first) == len(set(visits["patient"].to_pylist()))


def test_refused_visits_are_counted_and_their_patients_kept(pipeline: Pipeline) -> None:
    found = course(
        pipeline, visit("a", 2024), visit("a", 2025, ap_hi=1200), visit("b", 2025, age=3)
    )
    assert (found["a"]["visits"], found["a"]["refused_visits"]) == (1, 1)
    assert (found["b"]["visits"], found["b"]["refused_visits"]) == (0, 1)
    assert found["b"]["rule"] == "values to correct"
    assert found["b"]["overdue"]
    assert found["b"]["next_check"] is None


def as_text(*visits: dict[str, Any], **other: list[Any]) -> pa.Table:
    """Visits as a file of text holds them, some columns with cells of their own."""
    table = records(*visits)
    columns = {
        name: [None if value is None else str(value) for value in table[name].to_pylist()]
        for name in table.column_names
        if table[name].null_count < len(table)
    }
    return pa.table(columns | other)


def test_a_patient_whose_only_visit_cannot_be_read_is_kept(pipeline: Pipeline) -> None:
    """The letter o for a zero refuses the visit before the model is asked, as 1200 does after."""
    given = as_text(visit("a", 2025), visit("b", 2025), ap_hi=["124", "13o"])
    found = follow_up(pipeline, given, None, TODAY)
    rows = {one["patient"]: one for one in found.patients.to_pylist()}
    assert rows.keys() == {"a", "b"}
    assert (rows["b"]["visits"], rows["b"]["refused_visits"]) == (0, 1)
    assert rows["b"]["rule"] == "values to correct"
    assert (found.refused, found.unplaced) == (1, 0)
    # Alone in its file it is no other patient.
    alone = follow_up(pipeline, given.slice(1), None, TODAY)
    assert alone.patients["rule"].to_pylist() == ["values to correct"]


def test_a_date_that_cannot_be_read_is_a_refused_visit(pipeline: Pipeline) -> None:
    given = as_text(visit("a", 2024), visit("a", 2025), visit=["2024-01-31", "31st of May"])
    found = follow_up(pipeline, given, None, TODAY)
    (one,) = found.patients.to_pylist()
    assert (one["visits"], one["refused_visits"], found.refused, found.unplaced) == (1, 1, 1, 0)


@pytest.mark.parametrize("nobody", [None, "", " "])
def test_records_without_patient_or_date_are_counted_apart(
    pipeline: Pipeline, nobody: str | None
) -> None:
    given = as_text(
        *(visit("a", 2020 + n) for n in range(4)),
        patient=["a", "a", nobody, "b"],
        visit=["2024-01-31", "", "2024-01-31", nobody],
    )
    found = follow_up(pipeline, given, None, TODAY)
    rows = {one["patient"]: one for one in found.patients.to_pylist()}
    assert (found.refused, found.unplaced) == (0, 3)
    assert rows.keys() == {"a", "b"}
    assert (rows["a"]["visits"], rows["a"]["refused_visits"]) == (1, 0)
    # Nobody knows when b was here, so somebody must look.
    assert rows["b"]["rule"] == "values to correct"


def test_nobody_with_a_sound_visit_is_a_table_all_the_same(pipeline: Pipeline) -> None:
    found = follow_up(pipeline, records(visit("a", 2025, age=3)), None, TODAY)
    assert found.patients["rule"].to_pylist() == ["values to correct"]
    assert (len(found.visits), found.refused) == (0, 1)


def test_records_without_visits_are_told(pipeline: Pipeline) -> None:
    with pytest.raises(DataError, match="patient and visit"):
        follow_up(pipeline, records(patient()))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rules: [{name: a, when: risk > .5, months: -1}]", "months from 0 to 120"),
        ("rules: [{name: a, when: risk > .5, months: soon}]", "months from 0 to 120"),
        ("rules: [{name: a, when: riks > .5, months: 3}]", "a condition"),
        ("rules: [{name: a, when: __import__('os'), months: 3}]", "a condition"),
        ("rules: [{name: a, months: 3}]", "the keys name, when, months"),
        ("rules: [{name: a, when: risk>0, months: 1}, {name: a, when: risk>0, months: 2}]", "own"),
        ("checks: []", "the keys rules, otherwise, noise"),
        ("noise: {mood: 3}", "one of age"),
        ("rules: {", "YAML"),
        ("- 1", "the keys"),
    ],
)
def test_faulty_rules_say_where_and_what(text: str, told: str) -> None:
    with pytest.raises(UsageError, match="rules of the follow-up") as raised:
        CheckRules.load(text)
    assert told in str(raised.value)


def test_shipped_rules_send_a_crisis_at_once(pipeline: Pipeline) -> None:
    found = follow_up(pipeline, records(visit("a", 2025, ap_hi=190, ap_lo=95)), None, TODAY)
    (one,) = found.patients.to_pylist()
    assert (one["rule"], one["months"]) == ("very high pressure", 0)


def test_more_noise_makes_fewer_trends(pipeline: Pipeline, visits: pa.Table) -> None:
    counts = []
    for noise in (2, 25):
        rules = CheckRules.load(f"noise: {{ap_hi: {noise}, ap_lo: {noise}}}")
        trends = follow_up(pipeline, visits, rules, TODAY).patients["trend"].to_pylist()
        counts.append(trends.count("rising") + trends.count("falling"))
    assert counts[0] > counts[1]


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2026, 5, 4), 0, date(2026, 5, 4)),
        (date(2026, 12, 15), 12, date(2027, 12, 15)),
    ],
)
def test_months_are_calendar_months(day: date, months: int, then: date) -> None:
    assert in_months(day, months) == then


def test_the_command_writes_a_row_a_patient(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Path(__file__).resolve().parents[4] / "datasets/disease_sample/to_score.csv"
    out = tmp_path / "follow.csv"
    asked = ["followup", str(source), "--out", str(out), "--today", "2026-01-01"]
    asked += ["--bundle", "medical_imaging/disease@sample"]
    assert main(asked) == 3
    told = json.loads(capsys.readouterr().out)
    table = arrow_csv.read_csv(out)
    assert told["refused_visits"] == 4
    assert len(table) == told["patients"] == 120
    assert told["without_patient_or_date"] == 0
    # A file that stands is not overwritten unasked, and its neighbour does not appear alone.
    assert main(asked) == 2
    assert main([*asked, "--out", str(tmp_path / "new.csv"), "--visits-out", str(out)]) == 2
    assert list(tmp_path.iterdir()) == [out]


def test_the_command_tells_a_what_if(capsys: pytest.CaptureFixture[str]) -> None:
    source = Path(__file__).resolve().parents[4] / "datasets/disease_sample/to_score.csv"
    asked = ["what-if", str(source), "--bundle", "medical_imaging/disease@sample"]
    assert main([*asked, "--id", "p1107-1", "--set", "ap_hi=150"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["risk_after"] > told["risk_before"]
    assert "no effect of a treatment" in told["meaning"]
    assert main([*asked, "--id", "p1107-1", "--set", "ap_hi=abc"]) == 2
    assert main([*asked, "--id", "nobody"]) == 2
