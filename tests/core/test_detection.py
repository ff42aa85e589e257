"""Average precision of boxes: answers known by hand, and those of COCO's own tools."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pyarrow as pa
import pytest

from lepton_core.box_cells import BOXES
from lepton_core.errors import DataError
from lepton_core.evaluation.detection import (
    Boxes,
    Matches,
    boxes_of,
    detection_measures,
    match_boxes,
)

SQUARE = (0.0, 0.0, 10.0, 10.0)
FAR = (50.0, 50.0, 60.0, 60.0)
# Overlap with SQUARE: 100 / 120.
LONG = (0.0, 0.0, 10.0, 12.0)


def boxes(*rows: tuple[float, ...], kind: int = 0, scores: tuple[float, ...] = ()) -> Boxes:
    n = len(rows)
    score = np.array(scores or np.linspace(0.9, 0.1, n))
    return Boxes(np.array(rows, float).reshape(n, 4), np.full(n, kind), score)


def ap50(truth: Boxes, found: Boxes) -> float:
    return match_boxes([truth], [found], ("dent",)).mean(slice(0, 1))


@pytest.mark.parametrize(
    ("truth", "found", "expected"),
    [
        (boxes(SQUARE), boxes(SQUARE), 1.0),
        (boxes(SQUARE), boxes(), 0.0),
        (boxes(SQUARE), boxes(FAR), 0.0),
        # A false box below the true one costs nothing, above it half.
        (boxes(SQUARE), boxes(SQUARE, FAR), 1.0),
        (boxes(SQUARE), boxes(FAR, SQUARE), 0.5),
        # A second box on the same defect is a false one.
        (boxes(SQUARE, FAR), boxes(SQUARE, SQUARE, FAR), (51 * 1 + 50 * 2 / 3) / 101),
        # One of two: precision 1 up to a recall of .5, the levels 0, .01 ... .50.
        (boxes(SQUARE, FAR), boxes(SQUARE), 51 / 101),
    ],
)
def test_average_precision_by_hand(truth: Boxes, found: Boxes, expected: float) -> None:
    assert ap50(truth, found) == pytest.approx(expected, abs=1e-12)


def test_the_mean_over_overlaps_counts_how_well_a_box_lies() -> None:
    assert match_boxes([boxes(SQUARE)], [boxes(LONG)], ("dent",)).mean() == pytest.approx(0.7)


def test_a_class_that_is_not_there_is_not_counted() -> None:
    matches = match_boxes([boxes(SQUARE)], [boxes(SQUARE, FAR, kind=0)], ("dent", "spot"))
    assert matches.mean() == pytest.approx(1.0)
    wrong = match_boxes([boxes(SQUARE)], [boxes(SQUARE, kind=1)], ("dent", "spot"))
    assert wrong.mean() == 0.0
    with pytest.raises(DataError) as raised:
        match_boxes([boxes()], [boxes(SQUARE)], ("dent",)).mean()
    assert raised.value.key == "evaluate.no_boxes"
    assert detection_measures(match_boxes([boxes()], [boxes(SQUARE)], ("dent",))) == {}


def scene(seed: int, pictures: int = 24, classes: int = 3) -> tuple[list[Boxes], list[Boxes]]:
    """True boxes, and boxes near them, doubled, missed, of wrong classes and out of nowhere."""
    draw = np.random.default_rng(seed)
    truth, found = [], []
    for number in range(pictures):
        n = int(draw.integers(0, 7))
        corner = draw.uniform(0, 150, (n, 2))
        real = np.concatenate([corner, corner + draw.uniform(8, 60, (n, 2))], axis=1)
        kind = draw.integers(0, classes, n)
        truth.append(Boxes(real, kind, np.ones(n)))
        copies = draw.integers(0, 3, n)
        near = np.repeat(real, copies, axis=0) + draw.normal(0, 4, (copies.sum(), 4))
        noise = 130 if number == 0 else int(draw.integers(0, 5))
        start = draw.uniform(0, 150, (noise, 2))
        stray = np.concatenate([start, start + draw.uniform(8, 60, (noise, 2))], axis=1)
        near_kind = np.repeat(kind, copies)
        turned = draw.uniform(size=len(near_kind)) < 0.1
        near_kind = np.where(turned, (near_kind + 1) % classes, near_kind)
        stray_kind = np.zeros(noise, int) if number == 0 else draw.integers(0, classes, noise)
        every = np.concatenate([near, stray])
        every[:, 2:] = np.maximum(every[:, 2:], every[:, :2] + 1)
        kinds = np.concatenate([near_kind, stray_kind])
        found.append(Boxes(every, kinds, draw.uniform(0, 1, len(every))))
    return truth, found


def reference(truth: list[Boxes], found: list[Boxes], classes: int) -> tuple[float, float]:
    """What COCO's own tools say: the mean over overlaps, and that at half overlap."""
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    from pycocotools.cocoeval import COCOeval

    def listed(sides: list[Boxes], scored: bool) -> list[dict[str, object]]:
        made: list[dict[str, object]] = []
        for picture, one in enumerate(sides):
            for box, kind, score in zip(one.xyxy, one.kind, one.score, strict=True):
                x, y, width, height = *box[:2], *(box[2:] - box[:2])
                about = {"score": float(score)} if scored else {"iscrowd": 0}
                about |= {"image_id": picture, "category_id": int(kind), "id": len(made) + 1}
                made.append({**about, "bbox": [x, y, width, height], "area": width * height})
        return made

    with contextlib.redirect_stdout(io.StringIO()):
        given = coco.COCO()
        given.dataset = {
            "images": [{"id": picture} for picture in range(len(truth))],
            "categories": [{"id": kind, "name": str(kind)} for kind in range(classes)],
            "annotations": listed(truth, False),
        }
        given.createIndex()
        evaluation = COCOeval(given, given.loadRes(listed(found, True)), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0]), float(evaluation.stats[1])


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_cocos_own_tools_say(seed: int) -> None:
    truth, found = scene(seed)
    matches = match_boxes(truth, found, ("a", "b", "c", "never"))
    expected = reference(truth, found, 4)
    received = matches.mean(), matches.mean(slice(0, 1))
    assert received == pytest.approx(expected, abs=1e-9)
    assert 0.05 < received[0] < received[1] < 0.95


def test_a_resample_of_pictures_is_the_figure_of_those_pictures() -> None:
    truth, found = scene(1)
    matches = match_boxes(truth, found, ("a", "b", "c"))
    some = [0, 3, 4, 7, 11]
    weights = np.bincount(some, minlength=len(truth))
    alone = match_boxes([truth[i] for i in some], [found[i] for i in some], ("a", "b", "c"))
    assert matches.mean(weights=weights) == pytest.approx(alone.mean(), abs=1e-12)


def test_figures_come_with_intervals_and_by_class() -> None:
    truth, found = scene(2)
    matches = match_boxes(truth, found, ("a", "b", "c", "never"))
    figures = detection_measures(matches, groups=np.arange(len(truth)) // 2)
    assert set(figures) == {"map50", "map50_95"}
    for figure in figures.values():
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < figure.value < figure.high
        assert len(figure.parts) == 3
        assert np.mean(figure.parts) == pytest.approx(figure.value)


def test_boxes_of_a_column_get_the_numbers_of_their_classes() -> None:
    cell = {"label": "spot", "x0": 1.0, "y0": 2.0, "x1": 3.0, "y1": 4.0, "probability": 0.25}
    first, second = boxes_of(pa.array([[cell], None], BOXES), ("dent", "spot"))
    assert first.xyxy.tolist() == [[1.0, 2.0, 3.0, 4.0]]
    assert (first.kind.tolist(), first.score.tolist()) == ([1], [0.25])
    assert second.xyxy.shape == (0, 4)
    with pytest.raises(DataError) as raised:
        boxes_of(pa.array([[cell]], BOXES), ("dent",))
    assert raised.value.key == "evaluate.unknown_class"


def test_matches_of_nothing_found() -> None:
    matches = match_boxes([boxes(SQUARE)], [boxes()], ("dent",))
    assert isinstance(matches, Matches)
    assert detection_measures(matches)["map50"].value == 0.0
