"""Verdicts about places in pictures: boxes override, and what nobody marked is not known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lepton_core.box_cells import BOXES
from lepton_core.data.feedback import Joined, join_verdicts
from lepton_core.data.verdict_file import read_box, read_verdicts
from lepton_core.errors import UsageError
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.solution import find_task
from lepton_core.spec import Column, Spec
from lepton_core.store.marks import marks_text

INPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image"),
        Column("label", "string", "label", required=False),
        Column("boxes", "boxes", "label", required=False),
        Column("mask", "image", "label", required=False),
    )
)
TASK = replace(find_task("fraud_rnn"), name="test/parts", inputs=INPUTS)


def box(label: str, x0: float = 2.0) -> dict[str, Any]:
    return {"label": label, "x0": x0, "y0": 1.0, "x1": x0 + 10, "y1": 9.0}


def parts(label: str | None, boxes: list[dict[str, Any]] | None, masked: bool = False) -> pa.Table:
    """The part that is judged, and another that nobody looked at."""
    mask = {"path": "m.png", "bytes": b"...", "sha256": "0"} if masked else None
    return pa.table(
        {
            "record_id": ["judged", "other"],
            "label": pa.array([label, "dent"], pa.string()),
            "boxes": pa.array([boxes, [box("dent")]], BOXES),
            "mask": pa.array([mask, mask], IMAGE_TYPE),
        }
    )


def join(records: pa.Table, verdict: str, marks: list[dict[str, Any]] | None = None) -> Joined:
    given = {"record_id": ["judged"], "verdict": [verdict], "marks": [marks_text(marks, "judged")]}
    classes = ("good", "dent", "scratch")
    table = pa.table(given, schema=pa.schema([(name, pa.string()) for name in given]))
    return join_verdicts(records, table, TASK, classes)


def labels(joined: Joined) -> list[str] | None:
    boxes = joined.records["boxes"][0].as_py()
    return None if boxes is None else [one["label"] for one in boxes]


@pytest.mark.parametrize(
    ("label", "boxes", "verdict", "marks", "after"),
    [
        # An escape: what was taken for good has a dent, here.
        ("good", [], "dent", [box("dent")], ["dent"]),
        # An escape of which only the class is said: nobody knows where it is.
        ("good", [], "dent", None, None),
        # An overkill: nothing is there.
        ("dent", [box("dent")], "good", None, []),
        ("dent", [box("dent")], "good", [], []),
        # Another class, and the old boxes were those of the wrong one.
        ("dent", [box("dent")], "scratch", None, None),
        # The class of one of the boxes that are there: they stay.
        ("dent", [box("dent"), box("scratch")], "scratch", None, ["dent", "scratch"]),
        ("dent", [box("dent")], "dent", None, ["dent"]),
        # The same class with other boxes.
        ("dent", [box("dent")], "dent", [box("dent", 30), box("dent", 60)], ["dent", "dent"]),
        # A picture of the line, of which nothing was known.
        (None, None, "dent", None, None),
        (None, None, "good", None, []),
        (None, None, "dent", [box("dent")], ["dent"]),
    ],
)
def test_what_is_known_about_places_after_a_verdict(
    label: str | None,
    boxes: list[dict[str, Any]] | None,
    verdict: str,
    marks: list[dict[str, Any]] | None,
    after: list[str] | None,
) -> None:
    records = parts(label, boxes)
    joined = join(records, verdict, marks)
    assert joined.records["label"][0].as_py() == verdict
    assert labels(joined) == after
    assert joined.unplaced == (() if after is not None else ("judged",))
    assert joined.marked == (marks is not None)
    # Nobody said anything about the other one.
    assert joined.records.slice(1).equals(records.slice(1).select(joined.records.column_names))


@pytest.mark.parametrize(
    ("label", "verdict", "marks", "stays"),
    [
        ("dent", "dent", None, True),
        ("dent", "scratch", None, False),
        ("dent", "good", None, False),
        ("good", "dent", [box("dent")], False),
    ],
)
def test_a_mask_stays_only_where_the_verdict_agrees(
    label: str, verdict: str, marks: list[dict[str, Any]] | None, stays: bool
) -> None:
    joined = join(parts(label, None, masked=True), verdict, marks)
    assert joined.records["mask"].is_valid().to_pylist() == [stays, True]
    assert joined.unplaced == (("judged",) if verdict == "scratch" else ())


@pytest.mark.parametrize(
    ("verdict", "marks"),
    [("good", [box("dent")]), ("dent", []), ("dent", [box("dnet")]), ("dnet", None)],
)
def test_a_verdict_that_contradicts_itself_is_passed_over_and_told(
    verdict: str, marks: list[dict[str, Any]] | None
) -> None:
    records = parts("good", [])
    joined = join(records, verdict, marks)
    assert joined.unusable == ("judged",)
    assert joined.records.equals(records)


def test_records_without_a_column_of_boxes_get_one() -> None:
    joined = join(parts("good", []).drop_columns(["boxes", "mask"]), "dent", [box("dent")])
    assert joined.records["boxes"].is_valid().to_pylist() == [True, False]
    assert "the boxes of their verdict" in "\n".join(joined.lines("en"))


def test_good_can_be_said_where_no_good_part_was_learned_from() -> None:
    table = pa.table({"record_id": ["judged"], "verdict": ["good"]})
    joined = join_verdicts(parts("dent", [box("dent")]), table, TASK, ("dent", "scratch"))
    assert joined.records["label"][0].as_py() == "good"


def test_boxes_come_from_a_file_and_from_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.csv"
    cell = '"[{""label"": ""dent"", ""x0"": 2, ""y0"": 1, ""x1"": 12, ""y1"": 9}]"'
    path.write_text(f"record_id,verdict,marks\na,dent,{cell}\nb,good,[]\nc,dent,\n")
    outputs = Spec((Column("label", "string", "output", choices=("dent", "scratch")),))
    task = replace(TASK, outputs=outputs)
    read = read_verdicts(path, task, who="ana")
    assert [one.marks and one.marks[0]["x1"] for one in read] == [12, [], None]
    assert read_box("rolled, in,1,2,3.5,4", task)["label"] == "rolled, in"
    for text in ("dent,1,2,3", "dent,1,2,3,x"):
        with pytest.raises(UsageError) as caught:
            read_box(text, task)
        assert caught.value.key == "feedback.bad_box"
