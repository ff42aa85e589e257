"""Labels: which picture waits, what people said of which, and files of it for other tools."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
from made_parts import detect, outlier, parts

from lepton_core.store import WITHDRAWN, Store, Verdict
from solutions.defect_detection.dashboard_label_export import as_coco, as_csv
from solutions.defect_detection.dashboard_label_queue import Labels, queue

TASK = "defect_detection/surface"


def said(store: Store, row: int, verdict: str, marks: list | None = None, note: str = "") -> None:
    """One verdict on a made part."""
    name = parts().ids[row]
    store.add_verdict(Verdict(TASK, "", name, "ana", verdict, note, marks=marks))


def test_what_is_labelled_waits_no_more_until_it_is_taken_back(store: Store) -> None:
    made = parts(labelled=False)
    said(store, 7, "scratch")
    labels = Labels.of(made, store.verdicts(TASK))
    rows = queue(made, labels).rows
    assert sorted(rows.tolist()) == [row for row in range(len(made)) if row != 7]
    said(store, 7, WITHDRAWN)
    assert 7 in queue(made, Labels.of(made, store.verdicts(TASK))).rows


def test_the_doubtful_come_before_the_sure() -> None:
    made = parts(labelled=False)
    assert queue(made, Labels({})).rows[0] in (4, 14)
    strange = parts(outlier(), labelled=False)
    rows = queue(strange, Labels({})).rows
    threshold = outlier().threshold
    assert threshold is not None
    away = np.abs(strange.scored.score - threshold)
    assert away[rows[0]] == away.min()


def test_pictures_with_a_known_class_wait_only_to_be_checked() -> None:
    made = parts()
    assert len(queue(made, Labels({})).rows) == 0
    assert len(queue(made, Labels({}), with_known=True).rows) == len(made)


def test_overruled_is_who_says_another_class_or_draws_boxes(store: Store) -> None:
    box = {"label": "scratch", "x0": 1, "y0": 1, "x1": 9, "y1": 9}
    said(store, 0, "good", [])
    said(store, 1, "scratch", [box])
    said(store, 2, "scratch")
    made = parts()
    assert sorted(Labels.of(made, store.verdicts(TASK)).overruled(made)) == [1, 2]


def test_a_file_of_labels_runs_no_formula_and_keeps_boxes(store: Store) -> None:
    box = {"label": "scratch", "x0": 1, "y0": 2, "x1": 9, "y1": 5}
    said(store, 1, "scratch", [box], "=HYPERLINK(1)")
    said(store, 3, "good", [])
    made = parts(detect())
    rows = list(csv.DictReader(io.StringIO(as_csv(made, labels(made, store)).decode())))
    assert [row["record_id"] for row in rows] == [made.ids[1], made.ids[3]]
    assert json.loads(rows[0]["boxes"])[0]["x1"] == 9
    assert rows[0]["note"].startswith("'")


def test_coco_holds_corners_as_width_and_height_and_leaves_out_what_has_no_place(
    store: Store,
) -> None:
    said(store, 1, "scratch", [{"label": "scratch", "x0": 1, "y0": 2, "x1": 9, "y1": 5}])
    said(store, 2, "spot")
    said(store, 3, "good", [])
    made = parts()
    told = json.loads(as_coco(made, labels(made, store)))
    assert [image["file_name"] for image in told["images"]] == [made.ids[1], made.ids[3]]
    (one,) = told["annotations"]
    assert one["bbox"] == [1, 2, 8, 3]
    assert one["area"] == 24
    names = {category["id"]: category["name"] for category in told["categories"]}
    assert names[one["category_id"]] == "scratch"


def labels(made, store: Store) -> Labels:
    """What the store says of made parts."""
    return Labels.of(made, store.verdicts(TASK))
