"""What the X-ray page makes of scores: order, status, filters, export; two classes or more."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from lepton_core.decision import Classify, ClassifyMany, Conformal
from lepton_core.records.pictures import IMAGE_TYPE
from lepton_core.rejects import Rejects
from lepton_core.solution import find_task
from lepton_core.ui.scored import Scored
from lepton_core.ui.uploader import Source
from solutions.medical_imaging import dashboard_worklist_export as export
from solutions.medical_imaging.dashboard_viewer_result import similar
from solutions.medical_imaging.dashboard_xray_desk import Desk
from solutions.medical_imaging.dashboard_xray_readings import Readings
from solutions.medical_imaging.dashboard_xray_status import Statuses

TASK = find_task("medical_imaging/xray")
CLASSES = ("normal", "pneumonia")
WHEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def scored(
    scores: Any, labels: list[str | None] | None = None, ids: list[str] | None = None
) -> Scored:
    """Scored pictures without pixels."""
    values = np.asarray(scores, np.float32)
    n = len(values)
    ids = ids or [f"p{number}" for number in range(n)]
    images = [{"path": name, "bytes": b"", "sha256": ""} for name in ids]
    records = pa.table(
        {
            "record_id": ids,
            "image": pa.array(images, IMAGE_TYPE),
            "label": pa.array(labels or [None] * n, pa.string()),
            "patient": pa.array([None] * n, pa.string()),
        }
    )
    decision = Classify(CLASSES)
    rows = np.arange(n)
    address = "medical_imaging/xray@sample"
    return Scored("k", "s", address, records, rows, values, decision, {}, Rejects(), n)


def readings(scores: Any, decision: Any = None, **given: Any) -> Readings:
    return Readings.of(TASK, scored(scores, **given), decision or Classify(CLASSES))


def verdicts(*told: tuple[str, str, str]) -> pa.Table:
    """Verdicts in order of time: picture, verdict, note."""
    names = ("record_id", "verdict", "note")
    columns = dict(zip(names, map(list, zip(*told, strict=True)), strict=True))
    n = len(told)
    return pa.table({**columns, "who": ["Ana"] * n, "when": [WHEN] * n})


def desk(found: Readings, told: pa.Table | None = None) -> Desk:
    source = Source("s", "k", found.scored.records, True)
    return Desk(found.scored, source, Path("nowhere"), found, Statuses.of(found, told))


def test_unsure_pictures_come_first_then_the_finding_then_the_rest() -> None:
    # Probabilities .95, .62, .5, .27, .05; the band is .4 to .65.
    decision = Classify(CLASSES, threshold=0.45, band=(0.4, 0.65))
    found = readings([3.0, 0.5, 0.0, -1.0, -3.0], decision)
    assert found.urgency.tolist() == [1, 2, 0, 3, 4]


def test_a_prediction_set_that_is_not_the_label_is_left_to_the_reader() -> None:
    sets = Conformal(0.9, limits=(0.3, 0.3), counts=(50, 50))
    decision = replace(Classify(CLASSES), conformal=sets, band=sets.band(0.5))
    found = readings([3.0, 0.2, -0.2, -3.0], decision)
    assert found.review.tolist() == [False, True, True, False]
    assert found.urgency.tolist() == [1, 2, 0, 3]


def test_with_several_classes_the_unsure_come_first_and_the_least_sure_of_them() -> None:
    decision = ClassifyMany(("bacteria", "normal", "virus"), review_below=0.6)
    found = readings([[5.0, 0, 0], [1.0, 0.9, 0], [0, 0.2, 0.1]], decision)
    assert found.urgency.tolist() == [2, 1, 0]
    assert not found.is_two


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ([("p0", "pneumonia", "")], "agreed"),
        ([("p0", "normal", "device")], "overridden"),
        ([("p0", "normal", "device"), ("p0", "pneumonia", "")], "agreed"),
        ([("p0", "pneumonia", ""), ("p0", "withdrawn", "")], "unread"),
        ([("another", "normal", "")], "unread"),
        ([("p0", "a class of another model", "")], "unread"),
    ],
)
def test_the_last_verdict_against_what_it_is_taken_for_is_the_status(
    told: list[tuple[str, str, str]], status: str
) -> None:
    assert Statuses.of(readings([2.0, -2.0]), verdicts(*told)).status.tolist() == [status, "unread"]


def test_an_unread_picture_in_the_band_needs_review_until_somebody_reads_it() -> None:
    found = readings([0.1], Classify(CLASSES, band=(0.4, 0.6)))
    assert Statuses.of(found, None).status.tolist() == ["review"]
    assert Statuses.of(found, verdicts(("p0", "normal", "x"))).status.tolist() == ["overridden"]


def test_the_next_unread_goes_on_from_the_open_one_and_begins_again_at_the_end() -> None:
    found = readings([3.0, 2.0, 1.0])
    at = desk(found, verdicts(("p1", "pneumonia", "")))
    assert at.next_open(None) == 0
    assert at.next_open(0) == 2
    assert at.next_open(2) == 0
    every = [(f"p{row}", "pneumonia", "") for row in range(3)]
    assert desk(found, verdicts(*every)).next_open(0) is None


def test_similar_pictures_leave_out_the_picture_itself_and_what_is_far_or_not_labelled() -> None:
    # Twenty near 50%, every second one with the finding; twenty near 99% and ten without a label.
    scores = [*np.linspace(-0.1, 0.1, 20), *np.full(20, 5.0), *np.zeros(10)]
    labels = ["pneumonia", "normal"] * 10 + ["pneumonia"] * 20 + [None] * 10
    found = readings(scores, labels=labels)
    near = similar(found, 0)
    assert near is not None
    assert (near.n, near.hits) == (19, 9)
    assert near.high < 0.6
    assert similar(readings(np.zeros(54)), 0) is None


def test_an_export_says_what_was_read_by_whom_and_runs_no_formula() -> None:
    ids = ["=HYPERLINK(1)", "b"]
    found = readings([2.0, -2.0], labels=["normal", None], ids=ids)
    at = desk(found, verdicts(("=HYPERLINK(1)", "normal", "@device")))
    data = export._csv(at, np.array([0, 1]))
    table = pyarrow.csv.read_csv(io.BytesIO(data))
    first = table.slice(0, 1).to_pylist()[0]
    assert first["record_id"] == "'=HYPERLINK(1)"
    assert (first["status"], first["who"], first["note"]) == ("overridden", "Ana", "'@device")
    assert (first["label"], first["verdict"]) == ("pneumonia", "normal")
    assert first["known_label"] == "normal"
    assert table["verdict"].to_pylist()[1] in (None, "")
    assert b"does not diagnose" in export._json(at, np.array([0]))
