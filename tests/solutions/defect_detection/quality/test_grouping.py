"""A person's table becomes records; parts become subgroups; runs in the store become results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import check
from lepton_core.errors import DataError
from lepton_core.solution import find_task
from lepton_core.store import Store, Verdict
from solutions.defect_detection.quality.grouping import as_records, class_totals, group_parts
from solutions.defect_detection.quality.sample import generate, generate_parts
from solutions.defect_detection.quality.studies import (
    agreement_of,
    agreement_sample,
    gauge_of,
    gauge_sample,
)

TASK = find_task("defect_detection/quality")


def checked(table: pa.Table) -> pa.Table:
    return check(table, TASK.inputs).table


def test_a_file_needs_no_id_and_may_name_its_columns_as_it_likes() -> None:
    table = pa.table({"n": [100, 90], "bad": [3, 4]})
    records = checked(as_records(table, {"inspected": "n", "defective": "bad"}))
    assert records["record_id"].to_pylist() == ["row 1", "row 2"]
    assert records["defective"].to_pylist() == [3, 4]


def test_parts_by_the_hour() -> None:
    parts = checked(generate_parts(parts=150))
    records = group_parts(parts, "p", "hour")
    assert records["inspected"].to_pylist() == [60, 60, 30]
    bad = sum(verdict == "fail" for verdict in parts["verdict"].to_pylist())
    assert sum(records["defective"].to_pylist()) == bad
    assert records["subgroup"][0].as_py() == "2026-03-02 06:00"


def test_values_by_their_lot_and_line() -> None:
    table = pa.table(
        {
            "record_id": list("abcdef"),
            "line": ["x", "y", "x", "y", "x", "y"],
            "subgroup": ["1", "1", "1", "1", "2", "2"],
            "value": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        }
    )
    records = group_parts(checked(table), "xbar_r", "subgroup")
    assert records["values"].to_pylist() == ["1.0 3.0", "2.0 4.0", "5.0", "6.0"]
    assert records["line"].to_pylist() == ["x", "y", "x", "y"]


def test_subgroups_are_left_as_they_are() -> None:
    records = checked(generate(days=20))
    assert group_parts(records, "p", "day").equals(records)


def test_classes_are_counted_from_words_or_labels() -> None:
    assert class_totals(pa.table({"defect_classes": ["a=2 b=1", None, "a=1 =3 x"]})) == {
        "a": 3,
        "b": 1,
    }
    assert class_totals(pa.table({"label": ["good", "dent", "dent", None]})) == {"dent": 2}
    assert class_totals(pa.table({"other": [1]})) == {}


def test_runs_in_the_store_are_results_and_people_stand_above_them(tmp_path: Path) -> None:
    from solutions.defect_detection.dashboard_quality_data import runs_table

    store, task = Store.open(str(tmp_path / "s.sqlite")), "defect_detection/surface"
    run = store.add_run(task, f"{task}@sample")
    store.add_predictions(run, pa.table({"record_id": ["a", "b"], "label": ["good", "scratch"]}))
    store.add_verdict(Verdict(task, f"{task}@sample", "a", "Ann", "spot"))
    table = runs_table(store, task, store.runs(task).to_pylist())
    assert table["label"].to_pylist() == ["spot", "scratch"]
    assert table["record_id"].to_pylist() == [f"{run}/a", f"{run}/b"]


def test_the_examples_of_both_studies_can_be_judged() -> None:
    found, parts, operators = gauge_of(gauge_sample(), 0.1)
    assert (len(parts), len(operators)) == (10, 3)
    assert found.verdict in ("good", "conditional")
    by_name = {one.name: one for one in agreement_of(agreement_sample()).appraisers}
    assert by_name["camera"].within.value == 1
    assert by_name["Bo"].miss.value > by_name["Ann"].miss.value


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"value": None}, "study_columns"),
        ({"value": ["x"] + ["1"] * 89}, "study_value"),
        ({"value": [np.inf] + [1.0] * 89}, "study_value"),
        ({"part": [None] + ["a"] * 89}, "study_value"),
    ],
)
def test_a_gauge_table_that_cannot_be_read_is_told(change: dict[str, list], key: str) -> None:
    columns = {**gauge_sample().to_pydict(), **change}
    table = pa.table({name: values for name, values in columns.items() if values is not None})
    with pytest.raises(DataError) as told:
        gauge_of(table)
    assert told.value.key.endswith(key)
    assert told.value.text("zh")


@pytest.mark.parametrize(
    ("column", "values", "key"),
    [
        ("verdict", ["perhaps"], "study_value"),
        ("reference", ["pass"], "study_reference"),
    ],
)
def test_an_agreement_table_that_contradicts_itself_is_told(
    column: str, values: list[str], key: str
) -> None:
    columns = agreement_sample().to_pydict()
    columns[column][: len(values)] = values
    with pytest.raises(DataError) as told:
        agreement_of(pa.table(columns))
    assert told.value.key.endswith(key)
