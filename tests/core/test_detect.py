"""Detect: which defects count, what limits tolerate, and when a person has to look."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.decision import from_json
from lepton_core.decision.classify import Classify
from lepton_core.decision.detect import Detect
from lepton_core.decision.detect_fitting import Held, fit_detect
from lepton_core.decision.limits import Limit, read_limits
from lepton_core.decision.sizes import extents, measured
from lepton_core.errors import UsageError
from lepton_core.messages import t

CLASSES = ("good", "scratch", "spot")
DECISION = Detect(CLASSES, (0.5, 0.6), doubt=0.8)
LOOKS_GOOD, LOOKS_BAD = [3.0, -3.0, -3.0], [-3.0, 3.0, -3.0]


def logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def parts(*given: list[tuple], whole: list[float] | None = None, mm: float = np.nan) -> dict:
    """Outputs of parts; a candidate is class, x0, y0, x1, y1, probability."""
    candidates = np.zeros((len(given), 5, 7), np.float32)
    candidates[..., 5:] = -30
    for part, defects in enumerate(given):
        for place, (kind, *box, probability) in enumerate(defects):
            sides = box[2] - box[0], box[3] - box[1]
            candidates[part, place, :5] = (*box, sides[0] * sides[1])
            candidates[part, place, 4 + CLASSES.index(kind)] = logit(probability)
    score = np.array([LOOKS_GOOD if whole is None else whole] * len(given), np.float32)
    return {"score": score, "candidates": candidates, "mm_per_px": np.full(len(given), mm)}


def verdicts(decision: Detect, outputs: dict) -> list[str]:
    return decision.apply(outputs)["verdict"].to_pylist()


SCRATCH = ("scratch", 10, 10, 40, 14, 0.9)
OTHER = ("scratch", 10, 50, 20, 54, 0.9)
SPOT = ("spot", 60, 60, 70, 70, 0.9)
FAINT = ("scratch", 10, 10, 40, 14, 0.45)
FAINTER = ("scratch", 10, 10, 40, 14, 0.3)


@pytest.mark.parametrize(
    ("limits", "defects", "mm", "expected"),
    [
        # Without limits nothing is tolerated.
        ([], [], np.nan, "pass"),
        ([], [SCRATCH], np.nan, "fail"),
        ([], [FAINT], np.nan, "unsure"),
        ([], [FAINTER], np.nan, "pass"),
        # Numbers.
        ([Limit("scratch", max_count=1)], [SCRATCH], np.nan, "pass"),
        ([Limit("scratch", max_count=1)], [SCRATCH, OTHER], np.nan, "fail"),
        ([Limit("scratch", max_count=1)], [SCRATCH, SPOT], np.nan, "fail"),
        ([Limit("*", max_count=1)], [SCRATCH, SPOT], np.nan, "fail"),
        ([Limit("*", max_count=2)], [SCRATCH, SPOT], np.nan, "pass"),
        # One sure defect is tolerated, a doubtful second one is not.
        ([Limit("scratch", max_count=1)], [SCRATCH, (*OTHER[:5], 0.45)], np.nan, "unsure"),
        # Sizes in pixels need no scale.
        ([Limit("scratch", max_length_px=30)], [SCRATCH, OTHER], np.nan, "pass"),
        ([Limit("scratch", max_length_px=29)], [SCRATCH], np.nan, "fail"),
        ([Limit("spot", max_area_px2=99)], [SPOT], np.nan, "fail"),
        # Sizes in millimetres do; without one a person looks.
        ([Limit("scratch", max_length_mm=3.1)], [SCRATCH], 0.1, "pass"),
        ([Limit("scratch", max_length_mm=2.9)], [SCRATCH], 0.1, "fail"),
        ([Limit("scratch", max_length_mm=2.9)], [SCRATCH], np.nan, "unsure"),
        ([Limit("scratch", max_area_mm2=1.1)], [SCRATCH], 0.1, "fail"),
        # Both: by either.
        ([Limit("scratch", max_count=1, max_length_px=29)], [SCRATCH], np.nan, "fail"),
        # What is less probable does not count here.
        ([Limit("scratch", min_probability=0.95)], [SCRATCH], np.nan, "pass"),
        ([Limit("scratch", min_probability=0.85)], [SCRATCH], np.nan, "fail"),
    ],
)
def test_limits(limits: list[Limit], defects: list[tuple], mm: float, expected: str) -> None:
    outputs = parts(defects, mm=mm)
    assert verdicts(DECISION.with_limits(limits), outputs) == [expected]
    again = from_json(json.loads(json.dumps(DECISION.with_limits(limits).to_json())))
    assert again == DECISION.with_limits(limits)


BANDED = replace(DECISION, part=Classify(("good", "defect"), threshold=0.6, band=(0.3, 0.7)))


@pytest.mark.parametrize(
    ("probability", "defects", "limits", "expected"),
    [
        (0.2, [], [], "pass"),
        (0.4, [], [], "unsure"),
        (0.65, [], [], "unsure"),
        (0.8, [], [], "fail"),
        # Found defects explain what the whole looks like: limits decide.
        (0.65, [SCRATCH], [], "fail"),
        (0.99, [SCRATCH], [Limit("scratch", max_count=1)], "pass"),
        (0.4, [SCRATCH], [Limit("scratch", max_count=1)], "pass"),
    ],
)
def test_the_part_as_a_whole(
    probability: float, defects: list[tuple], limits: list[Limit], expected: str
) -> None:
    whole = [0.0, logit(probability), -30.0]
    found = BANDED.with_limits(limits).apply(parts(defects, whole=whole))
    assert found["verdict"].to_pylist() == [expected]
    assert found["review"].tolist() == [expected == "unsure"]


def test_what_counts_is_counted_and_the_doubtful_is_shown_only_where_it_matters() -> None:
    outputs = parts([SCRATCH, SPOT], [FAINT], [SCRATCH, (*SPOT[:5], 0.5)], [])
    found = DECISION.apply(outputs)
    assert found["count"].tolist() == [2, 0, 1, 0]
    named = [[box["label"] for box in row] for row in found["defects"].to_pylist()]
    assert named == [["scratch", "spot"], ["scratch"], ["scratch"], []]
    assert found["label"].to_pylist() == ["scratch", "good", "scratch", "good"]
    box = found["defects"][0].as_py()[0]
    assert [box[name] for name in ("x0", "y0", "x1", "y1", "area")] == [10, 10, 40, 14, 120]
    assert box["probability"] == pytest.approx(0.9)


def test_one_defect_is_told_once_and_of_two_classes_the_likelier() -> None:
    twice = parts([SCRATCH, ("scratch", 11, 10, 40, 14, 0.7), ("spot", 10, 10, 40, 14, 0.95)])
    assert DECISION.apply(twice)["count"].tolist() == [1]
    assert DECISION.apply(twice)["label"].to_pylist() == ["spot"]
    lax = replace(DECISION, iou=0.99)
    assert lax.apply(twice)["count"].tolist() == [2], "the same box of another class goes anyway"


def test_a_decision_of_a_part_does_not_depend_on_the_others() -> None:
    outputs = parts([SCRATCH], [], [FAINT, SPOT], mm=0.1)
    together = DECISION.apply(outputs)
    for row in range(3):
        alone = DECISION.apply({name: values[row : row + 1] for name, values in outputs.items()})
        for name, values in together.items():
            assert pa.array(values)[row].as_py() == pa.array(alone[name])[0].as_py()


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        ("limits: [{class: scratch, max_lenght_mm: 3}]", "key", "max_length_mm"),
        ("limit: []", "key", "limits"),
        ("limits: [{class: scrach}]", "class", "scratch"),
        ("limits: [{max_count: 1}]", "no_class", "spot"),
        ("limits: [{class: spot}, {class: spot}]", "twice", "spot"),
        ("limits: [{class: spot, max_count: 1.5}]", "number", "1.5"),
        ("limits: [{class: spot, max_length_mm: -1}]", "number", "-1"),
        ("limits: [{class: spot, max_length_mm: .inf}]", "number", "inf"),
        ("limits: [{class: spot, min_probability: 2}]", "number", "0..1"),
        ("limits: [{class: spot, max_count: yes}]", "number", "True"),
        ("limits: {spot: 1}", "shape", "dict"),
        ("3", "shape", "int"),
        ("thresholds: {spto: 0.4}", "class", "spot"),
        ("thresholds: [0.4]", "shape", "list"),
        ("limits: [{class: spot, max_area_mm2: 1" + "0" * 400 + "}]", "number", ">= 0"),
        ("a: [", "unreadable", "YAML"),
        ("[" * 2_000, "unreadable", "recursion"),
    ],
)
def test_a_file_of_limits_says_what_is_wrong_with_it(text: str, key: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_limits(text, CLASSES[1:])
    assert caught.value.key == f"limits.{key}"
    assert told in str(caught.value)
    assert t(caught.value.key, language="zh", **caught.value.values)


def test_a_file_of_limits_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.yaml"):
        read_limits(tmp_path / "missing.yaml", CLASSES[1:])


@pytest.mark.parametrize(
    ("box", "area", "length", "width"),
    [
        ([0, 0, 30, 4], 120, 30, 4),
        # A line of width 2 at 45 degrees, 50 long: 36.8 by 36.8 of box, 100 of area.
        ([0, 0, 36.77, 36.77], 100, 50, 2),
        # A disc is as long as its box, not as the square of its area.
        ([0, 0, 20, 20], 314, 20, 15.7),
        ([0, 0, 1, 1], 1, 1, 1),
    ],
)
def test_extents(box: list[float], area: float, length: float, width: float) -> None:
    found = extents(np.array([box]), np.array([area]))
    assert [float(one[0]) for one in found] == pytest.approx([length, width], rel=0.02)


@pytest.mark.parametrize("angle", [5, 20, 33, 45, 60, 85])
def test_a_turned_rectangle_has_its_own_length(angle: float) -> None:
    length, width = 60.0, 5.0
    c, s = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    box = np.array([[0, 0, length * c + width * s, length * s + width * c]])
    found = extents(box, np.array([length * width]))
    assert [float(one[0]) for one in found] == pytest.approx([length, width], rel=0.01)


def test_sizes_are_in_millimetres_where_the_scale_is_known() -> None:
    defects = DECISION.apply(parts([SCRATCH], [SPOT], []))["defects"]
    table = measured(defects, np.array([0.1, np.nan, 0.1]))
    assert table["row"].to_pylist() == [0, 1]
    assert table["length_px"].to_pylist() == pytest.approx([30, 10])
    assert table["length_mm"].to_pylist() == [pytest.approx(3.0), None]
    assert table["area_mm2"].to_pylist() == [pytest.approx(1.2), None]
    assert measured(defects.slice(1, 1), 2.0)["length_mm"].to_pylist() == pytest.approx([20])


def test_thresholds_are_those_of_the_best_f1() -> None:
    """Real scratches lie above 0.7, false ones below 0.4; spots the other way about."""
    rng = np.random.default_rng(0)
    given, truth = [], []
    for _ in range(60):
        true = ("scratch", 10, 10, 40, 14, float(rng.uniform(0.7, 0.9)))
        false = ("scratch", 60, 60, 90, 64, float(rng.uniform(0.1, 0.4)))
        given.append([true, false])
        truth.append(np.array([[1, 10, 10, 40, 14]], np.float32))
    given += [[("spot", 5, 5, 15, 15, float(rng.uniform(0.2, 0.3)))] for _ in range(20)]
    truth += [np.array([[2, 5, 5, 15, 15]], np.float32)] * 20
    given += [[("scratch", 60, 60, 90, 64, 0.3)]] * 20
    truth += [np.zeros((0, 5), np.float32)] * 20
    outputs = parts(*given)
    codes = np.repeat([1, 2, 0], [60, 20, 20])
    outputs["score"] = np.where(codes[:, None] > 0, LOOKS_BAD, LOOKS_GOOD).astype(np.float32)
    held = Held(outputs["score"], codes, outputs["candidates"], truth)
    decision = fit_detect(held, CLASSES, review_share=0.0)
    assert 0.4 < decision.thresholds[0] < 0.7
    assert 0.02 < decision.thresholds[1] < 0.2
    assert decision.part.conformal is not None
    assert decision.fitted_on["n"] == 100
    found = decision.apply(outputs)
    assert (found["count"] == np.repeat([1, 1, 0], [60, 20, 20])).all()
    # The good parts' candidates are nobody's doubt unless some may be unsure for nothing.
    assert not found["review"].any()
    doubtful = fit_detect(held, CLASSES, review_share=0.2)
    assert doubtful.apply(outputs)["review"].tolist() == [False] * 80 + [True] * 20


def test_without_good_parts_there_is_no_calibration_and_no_band() -> None:
    outputs = parts([SCRATCH], [SPOT], whole=LOOKS_BAD)
    held = Held(outputs["score"], np.array([1, 2]), outputs["candidates"])
    decision = fit_detect(held, CLASSES)
    assert (decision.part.slope, decision.part.band) == (1.0, (0.0, 0.0))
    assert verdicts(decision, outputs) == ["fail", "fail"]


def test_a_network_without_candidates_decides_by_the_whole() -> None:
    scores = np.array([LOOKS_GOOD, LOOKS_BAD], np.float32)
    found = DECISION.apply({"score": scores})
    assert found["verdict"].to_pylist() == ["pass", "fail"]
    assert found["label"].to_pylist() == ["good", "scratch"]
    assert found["count"].tolist() == [0, 0]
