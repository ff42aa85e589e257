"""The disease page: what it shows is what the bundle says, in both languages, for any file."""

from __future__ import annotations

import io
import re
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest
from streamlit.testing.v1 import AppTest

from lepton_core.data.reading import load_records
from lepton_core.pipeline import Pipeline
from lepton_core.solution import Task
from solutions.medical_imaging.disease.factors import FACTORS


def draw() -> None:
    # Runs as a script of its own, which sees nothing of this module.
    from lepton_core.solution import load_solution
    from lepton_core.ui.frame import guard, set_up

    set_up()
    with guard():
        load_solution("medical_imaging")
        from solutions.medical_imaging.dashboard_disease import disease_page

        disease_page()


def start(language: str = "en", view: str = "patients") -> AppTest:
    page = AppTest.from_function(draw, default_timeout=180)
    page.query_params["lang"] = language
    page.session_state["disease.view"] = view
    return page.run()


def told(page: AppTest) -> list[str]:
    return [one.value for one in (*page.exception, *page.error)]


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def upload(page: AppTest, table: pa.Table, name: str = "ours.csv") -> AppTest:
    sink = io.BytesIO()
    csv.write_csv(table, sink)
    page.radio[0].set_value("file").run()
    return page.file_uploader[0].set_value((name, sink.getvalue(), "text/csv")).run()


@pytest.mark.parametrize("view", ["patients", "follow", "model"])
@pytest.mark.parametrize(
    ("language", "word", "banner"),
    [("en", "Raised risk", "does not diagnose"), ("zh", "风险升高", "不作诊断")],
)
def test_every_view_is_drawn_and_says_that_it_does_not_diagnose(
    language: str, word: str, banner: str, view: str, pipeline: Pipeline, task: Task
) -> None:
    page = start(language, view)
    assert not told(page)
    sample = load_records(task.sample_data, task.inputs).table
    raised = int((pipeline.score(sample)["label"] == "raised").sum())
    assert figures(page)[word] == f"{raised:,}"
    assert any(banner in one.value for one in page.caption)


def test_what_is_known_speaks_only_where_the_bundle_did_not_learn(pipeline: Pipeline) -> None:
    n = pipeline.card["protocol"]["test_records"]
    assert any(f"{n:,}" in one.value for one in start().caption)


def test_the_riskiest_comes_first_and_the_what_if_starts_at_its_risk(pipeline: Pipeline) -> None:
    page = start()
    shown = figures(page)
    (table,) = (frame.value for frame in page.dataframe)
    assert table["risk"].is_monotonic_decreasing
    # Nobody's risk is told as 100%.
    assert table["risk"].iloc[0] > 99
    assert shown["Estimated risk"] == "> 99%"
    assert shown["As it is"] == shown["With these values"]
    assert any("no effect of a treatment" in one.value for one in page.warning)


def test_moving_a_slider_changes_one_risk_and_back_again() -> None:
    page = start()
    before = figures(page)
    (pressure,) = (one for one in page.slider if one.label.startswith("Upper pressure"))
    pressure.set_value(110.0).run()
    after = figures(page)
    assert after["As it is"] == before["As it is"]
    assert float(after["With these values"][:-1]) < float(before["With these values"][:-1])
    (reset,) = (one for one in page.button if one.label.startswith("Back"))
    reset.click().run()
    assert figures(page)["With these values"] == before["As it is"]
    (pressure,) = (one for one in page.slider if one.label.startswith("Upper pressure"))
    # Below the lower pressure: no person has both.
    pressure.set_value(60.0).run()
    assert any("No person has these values" in one.value for one in page.error)
    assert "With these values" not in figures(page)


def test_impossible_values_of_a_file_are_told_and_never_scored(visits: pa.Table) -> None:
    rows = visits.slice(0, 50).to_pylist()
    rows[4]["ap_lo"] = 1000.0
    page = upload(start(), pa.Table.from_pylist(rows, visits.schema).drop_columns(["disease"]))
    assert not told(page)
    assert figures(page)["Records"] == "49"
    assert any("1 of 50" in one.label for one in page.expander)


def test_a_refused_visit_is_counted_in_the_follow_up(visits: pa.Table) -> None:
    rows = visits.to_pylist()
    once = [row for row in rows if row["patient"] in ("p0001", "p0002")]
    for row in once:
        if row["patient"] == "p0002":
            row["ap_lo"] = 1000.0
    page = start(view="follow")
    upload(page, pa.Table.from_pylist(once, visits.schema))
    assert not told(page)
    (table,) = (frame.value for frame in page.dataframe if "refused_visits" in frame.value)
    assert set(table["patient"]) == {"p0001", "p0002"}
    second = table[table["patient"] == "p0002"]
    assert second["visits"].item() == 0
    assert second["refused_visits"].item() > 0
    assert second["rule"].item() == "values to correct"


def test_a_file_with_other_names_gets_a_form(visits: pa.Table) -> None:
    other = visits.rename_columns([f"their_{name}" for name in visits.column_names])
    page = upload(start(), other, "theirs.csv")
    assert len(page.selectbox) > 20
    assert not page.metric


def test_a_file_without_visits_has_no_course(visits: pa.Table) -> None:
    page = upload(start(), visits.drop_columns(["patient", "visit", "disease"]))
    assert not told(page)
    assert any("no patient and date" in one.value for one in page.caption)
    page.session_state["disease.view"] = "follow"
    page.run()
    assert not told(page)
    assert any("no patient and date" in one.value for one in page.info)


def test_rules_are_changed_on_the_page_and_faulty_ones_change_nothing() -> None:
    page = start(view="follow")

    def rules() -> set[str]:
        (table,) = (frame.value for frame in page.dataframe if "rule" in frame.value)
        return set(table["rule"])

    assert "high and rising" in rules()
    page.text_area[0].set_value("rules: [{name: all, when: risk >= 0, months: 2}]")
    page.button[0].click().run()
    assert not told(page)
    page.run()
    assert rules() == {"all"}
    page.text_area[0].set_value("rules: [{name: all, when: riks >= 0, months: 2}]")
    page.button[0].click().run()
    assert any("riks" in text for text in told(page))
    page.run()
    assert rules() == {"all"}


def test_one_patient_has_the_range_that_the_rules_of_the_session_give(
    pipeline: Pipeline, visits: pa.Table
) -> None:
    """The range beside the risk goes by the same noise as the course below it."""
    scored = pipeline.score(visits)
    row = int(scored.rows[np.argmin(np.abs(scored["probability"] - 0.5))])
    page = upload(start(), visits.slice(row, 1))

    def width() -> int:
        (line,) = (m.value for m in page.markdown if "varies between two" in m.value)
        low, high = (int(end) for end in re.findall(r"(\d+)%", line.split(". ")[1]))
        return high - low

    before = width()
    quiet = ", ".join(f"{factor.name}: 0" for factor in FACTORS)
    page.session_state["disease.follow.rules"] = f"noise: {{{quiet}}}"
    page.run()
    assert not told(page)
    assert width() == 0 < before


def test_records_without_a_date_are_told_in_the_follow_up(visits: pa.Table) -> None:
    rows = visits.slice(0, 20).to_pylist()
    rows[3]["visit"] = None
    page = upload(start(view="follow"), pa.Table.from_pylist(rows, visits.schema))
    assert not told(page)
    assert figures(page)["Refused visits"] == "0"
    assert any("want of a patient or a date: 1 " in one.value for one in page.caption)


def test_a_blank_name_is_nobody(visits: pa.Table) -> None:
    blank = pa.array([" "] * 5)
    at = visits.column_names.index("patient")
    page = upload(start(), visits.slice(0, 5).set_column(at, "patient", blank))
    for view in ("patients", "follow"):
        page.segmented_control(key="disease.view").set_value(view).run()
        assert not told(page)
        assert any("no patient and date" in one.value for one in (*page.caption, *page.info))


def test_the_day_that_checks_are_judged_by_stays_over_views() -> None:
    page = start(view="follow")
    page.date_input[0].set_value(date(2020, 1, 1)).run()
    overdue = figures(page)["Overdue"]
    for view in ("patients", "follow"):
        page.segmented_control(key="disease.view").set_value(view).run()
    assert page.date_input[0].value == date(2020, 1, 1)
    assert figures(page)["Overdue"] == overdue


def test_another_threshold_calls_others() -> None:
    page = start()
    before = int(figures(page)["Raised risk"].replace(",", ""))
    page.slider[0].set_value(80.0).run()
    assert int(figures(page)["Raised risk"].replace(",", "")) < before
