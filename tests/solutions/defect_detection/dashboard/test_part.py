"""One part: the reason of its verdict, its sizes, what can be said of it, and its picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_parts import CLASSES, SIDE, detect, outlier, parts

from lepton_core.decision.good_parts import GoodParts
from lepton_core.decision.limits import Limit
from lepton_core.messages import set_language
from lepton_core.ui.box_editor import drawn_boxes
from solutions.defect_detection.dashboard_part_drawing import drawn, heated, show_factor
from solutions.defect_detection.dashboard_part_picture import heat_of
from solutions.defect_detection.dashboard_part_table import defect_table
from solutions.defect_detection.dashboard_part_verdict import answers, main_class
from solutions.defect_detection.dashboard_part_why import reasons
from solutions.defect_detection.dashboard_parts import Parts, apply

# Rows of the made parts: a sure scratch is 40 x 6 pixels, a sure spot 14 x 14.
GOOD, SCRATCH, SPOT, DOUBTFUL = 0, 1, 2, 4


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def with_limits(*limits: Limit, scale: float = np.nan) -> Parts:
    """Made parts under limits, at a scale in millimetres a pixel."""
    made = parts(detect(limits))
    at = np.full(len(made), scale)
    return replace(made, scale=at, columns=apply(made.decision, made.scored, at))


@pytest.mark.parametrize(
    ("limits", "scale", "row", "verdict", "sentence"),
    [
        ((), np.nan, GOOD, "pass", "looks good"),
        ((), np.nan, SCRATCH, "fail", "1 found, none tolerated"),
        ((), np.nan, DOUBTFUL, "unsure", "1 doubtful"),
        ((Limit("scratch", max_count=1),), np.nan, SCRATCH, "pass", "within the limits"),
        ((Limit("scratch", max_length_px=39.0),), np.nan, SCRATCH, "fail", "40.0 pixels long"),
        ((Limit("scratch", max_length_mm=3.0),), 0.1, SCRATCH, "fail", "4.00 mm long"),
        ((Limit("scratch", max_length_mm=5.0),), 0.1, SCRATCH, "pass", "within the limits"),
        (
            (Limit("scratch", max_length_mm=5.0),),
            np.nan,
            SCRATCH,
            "unsure",
            "scale of this picture",
        ),
        ((Limit("*", max_area_px2=100.0),), np.nan, SPOT, "fail", "196.0 square pixels"),
    ],
)
def test_the_reason_names_the_limit(
    limits: tuple[Limit, ...], scale: float, row: int, verdict: str, sentence: str
) -> None:
    made = with_limits(*limits, scale=scale)
    assert made.verdict[row] == verdict
    assert sentence in " ".join(reasons(made, row))


def test_the_reason_of_a_strange_part_is_its_p_value() -> None:
    made = parts(outlier())
    told = " ".join(reasons(made, SCRATCH))
    assert made.verdict[SCRATCH] == "fail"
    assert f"{float(made.columns['p_value'][SCRATCH]):.2%}" in told
    assert "It fails" in told
    assert "unsure" in told
    alone = replace(made, decision=outlier().with_false_reject(0.05, 0.0))
    assert "unsure" not in " ".join(reasons(alone, SCRATCH))
    by_hand = replace(made, decision=outlier().with_threshold(99.0))
    columns = apply(by_hand.decision, by_hand.scored, by_hand.scale)
    assert "set by hand" in " ".join(reasons(replace(by_hand, columns=columns), SCRATCH))


def test_sizes_are_in_millimetres_where_the_scale_is_known() -> None:
    plain = defect_table(with_limits(), SCRATCH).to_pylist()[0]
    scaled = defect_table(with_limits(scale=0.5), SCRATCH).to_pylist()[0]
    assert (plain["length"], plain["width"], plain["area"]) == pytest.approx((40, 6, 240))
    assert (scaled["length"], scaled["width"], scaled["area"]) == pytest.approx((20, 3, 60))
    assert plain["counts"] is True


def test_a_failed_part_may_be_right_good_or_another_class() -> None:
    said = {answer.verdict: answer for answer in answers(parts(), SCRATCH, None)}
    assert list(said) == ["scratch", "good", "spot"]
    assert said["scratch"].marks is None
    assert said["good"].marks == []
    assert said["good"].needs_note
    assert not said["scratch"].needs_note


def test_drawn_boxes_are_one_answer_of_the_class_of_the_largest() -> None:
    boxes = [
        {"label": "spot", "x0": 0, "y0": 0, "x1": 4, "y1": 4},
        {"label": "scratch", "x0": 0, "y0": 0, "x1": 40, "y1": 4, "probability": 0.5},
    ]
    (answer,) = answers(parts(), SCRATCH, boxes)
    assert answer.verdict == main_class(boxes) == "scratch"
    assert [set(box) for box in answer.marks or ()] == [{"label", "x0", "y0", "x1", "y1"}] * 2
    (none,) = answers(parts(), SCRATCH, [])
    assert (none.verdict, none.marks) == ("good", [])


@pytest.mark.parametrize(
    "told",
    [
        None,
        "boxes",
        {"key": "a"},
        {"key": "a", "boxes": [{"label": "dent"}]},
        {"key": "a", "boxes": [{"label": "dent", "x0": "x", "y0": 0, "x1": 1, "y1": 1}]},
    ],
)
def test_what_a_browser_tells_that_makes_no_sense_is_passed_over(told: object) -> None:
    begin = [{"label": "dent", "x0": 1, "y0": 1, "x1": 5, "y1": 5}]
    assert drawn_boxes(told, "a", (20, 20), begin) == begin


def test_a_box_is_drawn_where_it_lies() -> None:
    grey = np.full((SIDE, SIDE, 3), 128, np.uint8)
    box = {"label": "spot", "x0": 20.0, "y0": 30.0, "x1": 60.0, "y1": 70.0}
    shown = drawn(grey, [box], CLASSES)
    factor = show_factor(SIDE, SIDE)
    assert shown.shape[0] == round(SIDE * factor)
    changed = np.argwhere((shown != 128).any(axis=2)) / factor
    assert changed[:, 0].max() == pytest.approx(70, abs=1)
    assert changed[:, 1].min() == pytest.approx(20, abs=1)
    assert changed[:, 1].max() == pytest.approx(60, abs=1)


def test_the_map_reddens_what_is_suspicious_alone() -> None:
    grey = np.full((8, 8, 3), 100, np.uint8)
    heat = np.zeros((2, 2))
    heat[0, 0] = 1.0
    shown = heated(grey, heat, 0.5).astype(int)
    assert shown[0, 0, 0] > 150
    assert shown[0, 0, 2] < 100
    assert shown[7, 7].tolist() == [100, 100, 100]


def test_a_color_of_an_anomaly_map_means_the_same_in_every_picture() -> None:
    decision = replace(outlier(), places=GoodParts.of(np.linspace(1.0, 5.0, 99)))
    made = parts(decision)
    # A place is as strange as the places of good parts are, whatever the part's own threshold.
    threshold = decision.places.threshold(0.05)
    assert decision.threshold != pytest.approx(threshold)
    maps = np.full((len(made), 4, 4), -9.0)
    maps[SCRATCH, 0, 0] = maps[SPOT, 1, 1] = threshold
    maps[SPOT, 2, 2] = 50.0
    there = replace(made, scored=replace(made.scored, raw={"map": maps}))
    first, second = heat_of(there, SCRATCH), heat_of(there, SPOT)
    assert first is not None
    assert second is not None
    assert first[0, 0] == second[1, 1] == pytest.approx(0.5)
    assert first[3, 3] == 0.0
    assert second[2, 2] == 1.0
