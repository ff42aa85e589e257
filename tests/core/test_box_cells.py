"""Boxes as a column: what is read, what is refused with which reason, and what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.box_cells import BOXES, as_text, short_text
from lepton_core.checking import check
from lepton_core.data.inspection import inspect
from lepton_core.errors import DataError
from lepton_core.expressions import Condition
from lepton_core.records import read_table
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.scoring.sinks import open_sink
from lepton_core.spec import Column, Spec
from lepton_core.training.fingerprint import fingerprint

from .report_task import found, task_of

BOX = {"label": "dent", "probability": 0.9, "x0": 1.5, "y0": 2, "x1": 30, "y1": 40, "area": 900}
SPEC = Spec((Column("record_id", "string", "id"), Column("boxes", "boxes", required=False)))


def records(*cells: Any) -> pa.Table:
    return pa.table({"record_id": [f"r{n}" for n in range(len(cells))], "boxes": list(cells)})


def text(**changes: Any) -> str:
    box = {**BOX, **changes}
    return json.dumps([{name: value for name, value in box.items() if value != "absent"}])


def reasons(table: pa.Table, spec: Spec = SPEC) -> dict[str, list[str]]:
    checked = check(table, spec, whole=False)
    return {r.record_id or "": [key for key, _ in r.reasons] for r in checked.rejects}


def picture(height: int = 60, width: int = 50) -> dict[str, Any]:
    data = cv2.imencode(".png", np.zeros((height, width), np.uint8))[1].tobytes()
    return {"path": "a.png", "bytes": data, "sha256": "0"}


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        (text(), None),
        (text(probability="absent", area="absent", label="absent"), None),
        ("[]", None),
        ("", None),
        ("null", None),
        ("two dents", "type"),
        ('{"x0": 1}', "type"),
        ("[1, 2]", "type"),
        (text(x0="absent"), "type"),
        (text(x0="4"), "type"),
        (text(x0=True), "type"),
        (text(label=7), "type"),
        (text(width=12), "box_keys"),
        (text(x1=1.5), "box_order"),
        (text(y1=1), "box_order"),
        (text(x0=float("nan")), "box_numbers"),
        (text(x1=float("inf")), "box_numbers"),
        (text(probability=1.2), "box_numbers"),
        (text(area=-1), "box_numbers"),
        (text(x0=-5), "box_negative"),
        (text(x0=-0.5), None),
    ],
)
def test_each_fault_of_a_box_refuses_its_record_alone(cell: str, key: str | None) -> None:
    assert reasons(records(cell, text())) == ({} if key is None else {"r0": [key]})


def test_an_empty_list_and_an_empty_cell_are_not_the_same() -> None:
    checked = check(records("[]", "", text()), SPEC)
    assert checked.table["boxes"].to_pylist()[:2] == [[], None]
    assert checked.table["boxes"].type == BOXES


def test_a_reason_tells_which_box_it_is() -> None:
    both = json.dumps([BOX, {**BOX, "x1": 0}])
    (reject,) = check(records(both), SPEC, whole=False).rejects
    message = reject.to_json()["reasons"][0]["message"]
    assert "box 2: label dent" in message
    assert "x1 above x0" in message


def test_a_column_without_one_readable_box_is_an_error_of_the_column() -> None:
    with pytest.raises(DataError) as raised:
        check(records("4 dents", "none"), SPEC)
    assert raised.value.key == "data.wrong_type"
    with pytest.raises(DataError):
        check(records(4, 5), SPEC)


def test_a_required_cell_is_filled_in_and_choices_hold() -> None:
    required = Column("boxes", "boxes", choices=("dent", "spot"))
    spec = Spec((SPEC["record_id"], required))
    odd = records("", text(label="rust"), text(), "x")
    assert reasons(odd, spec) == {"r0": ["null"], "r1": ["box_label"], "r3": ["type"]}


@pytest.mark.parametrize(
    ("box", "key"),
    [
        ({"x1": 50, "y1": 60}, None),
        ({"x1": 50.9}, None),
        ({"x1": 52}, "box_outside"),
        ({"y1": 62}, "box_outside"),
    ],
)
def test_a_box_lies_in_its_picture(box: dict[str, Any], key: str | None) -> None:
    image = Column("image", "image")
    spec = Spec((SPEC["record_id"], image, SPEC["boxes"]))
    table = records(text(**box), text())
    table = table.append_column("image", pa.array([picture(), picture(400, 300)], IMAGE_TYPE))
    assert reasons(table, spec) == ({} if key is None else {"r0": [key]})


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".csv.gz"])
def test_boxes_come_back_from_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    table = check(records(text(), "[]", text(label="Delle ä", probability=None), ""), SPEC).table
    path = tmp_path / f"scored{suffix}"
    with open_sink(path, SPEC.arrow_schema()) as sink:
        sink.write(table)
    back = check(read_table(path), SPEC)
    assert not len(back.rejects)
    assert back.table["boxes"].to_pylist() == table["boxes"].to_pylist()


def test_json_lines_hold_no_nan(tmp_path: Path) -> None:
    odd = pa.array([[{**BOX, "area": float("nan")}]], BOXES)
    path = tmp_path / "a.jsonl"
    with open_sink(path, pa.schema([("boxes", BOXES)])) as sink:
        sink.write(pa.table({"boxes": odd}))
    assert json.loads(path.read_text())["boxes"][0]["area"] is None


def test_a_table_shows_boxes_in_words_and_a_file_as_json() -> None:
    values = check(records(text(), "[]"), SPEC).table["boxes"]
    assert short_text(values).to_pylist() == ["dent 28×38", ""]
    assert json.loads(as_text(values)[0].as_py()) == [BOX]


def test_a_nested_column_of_double_precision_is_read() -> None:
    table = records([{"label": "dent", "x0": 1.0, "y0": 2.0, "x1": 3.0, "y1": 4.0}], None)
    assert check(table, SPEC).table["boxes"].to_pylist()[0][0]["x1"] == 3.0


def test_a_filter_on_boxes_is_refused_in_words() -> None:
    with pytest.raises(Exception, match="boxes"):
        Condition.parse("boxes == 'x'", {"boxes": BOXES})


def test_a_report_counts_labels_and_finds_nothing_wrong() -> None:
    label = Column("label", "string", "label", required=False)
    marks = Column("boxes", "boxes", "label", required=False)
    task = task_of(*SPEC.columns[:1], label, marks, Column("weight", "float64"), stateful=False)
    cells = [text(), "[]"] * 120
    weights = np.random.default_rng(0).uniform(0, 1, 240)
    table = records(*cells).append_column("weight", pa.array(weights))
    table = table.append_column("label", pa.array(["dent", "good"] * 120))
    report = inspect(table, task)
    assert report.accepted == 240
    assert not found(report)
    column = next(one for one in report.columns if one.name == "boxes")
    assert column.distinct == 1
    # Without a label column the marks tell what is shown.
    assert "missing_label" not in found(inspect(table.drop_columns(["label"]), task))
    assert "missing_label" in found(inspect(table.drop_columns(["label", "boxes"]), task))


def test_a_fingerprint_sees_a_moved_box() -> None:
    one, other = (check(records(text(x0=x)), SPEC).table for x in (1, 2))
    assert fingerprint(one) != fingerprint(other)
