"""What is learned from: the truth of records on their tiles, and the generator that knows it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
from seeing import CLASSES, DARK, TASK, inspecting, picture, records

from lepton_core.box_cells import BOXES as BOXES_TYPE
from lepton_core.data.labelled import load_labelled
from lepton_core.images import decode
from lepton_core.records.pictures import IMAGE_TYPE
from solutions.defect_detection.surface import sample
from solutions.defect_detection.surface.classes import ordered_classes
from solutions.defect_detection.surface.components import components
from solutions.defect_detection.surface.learning import (
    annotated,
    found_in,
    parts,
    tiles_of,
)
from solutions.defect_detection.surface.region import Region

HOLE = (20, 40, 40, 60)


def boxes_column(*rows: list | None) -> pa.Array:
    names = ("x0", "y0", "x1", "y1")
    given = [
        None
        if row is None
        else [{"label": name, **dict(zip(names, box, strict=True))} for name, *box in row]
        for row in rows
    ]
    return pa.array(given, BOXES_TYPE)


def mask_column(*masks: np.ndarray | None) -> pa.Array:
    files = [
        None
        if one is None
        else {"path": "m.png", "bytes": cv2.imencode(".png", one)[1].tobytes(), "sha256": None}
        for one in masks
    ]
    return pa.array(files, IMAGE_TYPE)


def mask(height: int, width: int, *boxes: tuple, value: int = 255) -> np.ndarray:
    made = np.zeros((height, width), np.uint8)
    for x0, y0, x1, y1 in boxes:
        made[y0:y1, x0:x1] = value
    return made


def test_masks_tell_more_than_boxes_and_nothing_is_made_up() -> None:
    plain = records(picture(64, 64), picture(64, 64))
    assert annotated(plain) == ""
    boxed = plain.append_column("boxes", boxes_column(None, [("hole", *HOLE)]))
    assert annotated(boxed) == "boxes"
    both = boxed.append_column("mask", mask_column(mask(64, 64, HOLE), None))
    assert annotated(both) == "mask"
    empty = plain.append_column("mask", mask_column(None, None))
    assert annotated(empty) == ""


def test_a_tile_shows_a_defect_where_enough_of_it_lies_in_it() -> None:
    """Tiles begin at 0, 64 and 128; the box lies in the first two, a tenth of it in the third."""
    preprocessor = inspecting().preprocessor
    table = records(picture(128, 256)).append_column(
        "boxes", boxes_column([("hole", 68, 10, 134, 30)])
    )
    (part,) = parts(table, np.array([1]), CLASSES, preprocessor)
    truth = tiles_of(part, preprocessor, "boxes")
    assert [len(one) for one in truth.boxes] == [1, 1, 0]
    assert truth.boxes[0].tolist() == [[1, 68, 10, 128, 30]]
    assert truth.boxes[1].tolist() == [[1, 4, 10, 70, 30]]
    assert truth.image.tolist() == [1, 1, 0]
    assert truth.valid.all()


def test_pixels_of_a_mask_are_those_of_the_tile_and_of_the_region() -> None:
    preprocessor = inspecting().preprocessor
    given = mask(100, 200, (10, 10, 20, 30), (150, 10, 190, 30))
    table = records(picture(100, 200)).append_column("mask", mask_column(given))
    (part,) = parts(table, np.array([2]), CLASSES, preprocessor)
    truth = tiles_of(part, preprocessor, "mask")
    assert truth.masks.shape == (3, 128, 128)
    assert truth.masks[0].max() == 2
    assert (truth.masks[0][10:30, 10:20] == 2).all()
    assert not truth.masks[:, 100:].any(), "what is added beyond the edge is no defect"
    assert not truth.valid[:, 100:].any()
    preprocessor.region = Region(np.array([[1, 0]]))
    seen = tiles_of(part, preprocessor, "mask")
    assert (seen.masks > 0).sum() == 200
    assert seen.image.tolist() == [2, 0, 0]


def test_a_defective_part_without_its_mask_teaches_nothing_of_pixels() -> None:
    preprocessor = inspecting().preprocessor
    table = records(picture(64, 64), picture(64, 64)).append_column("mask", mask_column(None, None))
    defective, good = parts(table, np.array([1, 0]), CLASSES, preprocessor)
    assert not tiles_of(defective, preprocessor, "mask").valid.any()
    assert tiles_of(good, preprocessor, "mask").valid.sum() == 64 * 64


def test_masks_of_another_size_and_of_several_classes_are_read() -> None:
    preprocessor = inspecting().preprocessor
    numbers = mask(64, 64, (0, 0, 16, 64), value=1) + mask(64, 64, (32, 0, 64, 64), value=2)
    half = mask(32, 32, (0, 0, 8, 32))
    table = records(picture(64, 64), picture(64, 64)).append_column(
        "mask", mask_column(numbers, half)
    )
    several, small = parts(table, np.array([1, 2]), CLASSES, preprocessor)
    assert np.bincount(several.mask.ravel()).tolist() == [16 * 64, 16 * 64, 32 * 64]
    assert np.bincount(small.mask.ravel()).tolist() == [48 * 64, 0, 16 * 64]


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_truth_is_scaled_with_the_picture(scale: float) -> None:
    preprocessor = inspecting(scale=scale).preprocessor
    table = (
        records(picture(64, 64))
        .append_column("boxes", boxes_column([("hole", *HOLE)]))
        .append_column("mask", mask_column(mask(64, 64, HOLE)))
    )
    (part,) = parts(table, np.array([1]), CLASSES, preprocessor)
    assert part.picture.shape[:2] == (64 * scale, 64 * scale)
    assert part.boxes.tolist() == [[1, *(side * scale for side in HOLE)]]
    assert found_in(part.mask).tolist() == part.boxes.tolist()


def test_what_does_not_decode_is_left_out() -> None:
    table = records(picture(64, 64), picture(64, 64))
    images = table["image"].to_pylist()
    images[0]["bytes"] = b"no picture"
    broken = table.set_column(1, "image", pa.array(images, IMAGE_TYPE))
    (part,) = parts(broken, np.array([1, 0]), CLASSES, inspecting().preprocessor)
    assert (part.row, part.code) == (1, 0)


def test_components_have_the_class_of_their_cells() -> None:
    maps = np.zeros((16, 16, 3), np.float32)
    maps[..., 0] = 1
    maps[2:6, 2:10] = (0.1, 0.7, 0.2)
    maps[10:14, 8:12] = (0.2, 0.2, 0.6)
    maps[14, 1] = (0.4, 0.6, 0.0)
    boxes, area, logits = components(maps, 4, (64, 64), 0.5, least=30, most=9)
    assert logits.argmax(axis=1).tolist() == [0, 1]
    assert np.abs(boxes - [[8, 8, 40, 24], [32, 40, 48, 56]]).max() <= 2
    assert area.tolist() == pytest.approx([32 * 16, 16 * 16], rel=0.2)
    assert 0.6 < 1 / (1 + np.exp(-logits[0, 0])) < 0.75


def test_a_component_is_all_pixels_that_touch_and_nothing_within_or_beside_it() -> None:
    drawing = ("#####....", "#...#.+..", "#.x.#..*.", "#...#....", "#####...x")
    told = {".": 0.0, "#": 0.9, "+": 0.6, "*": 0.7, "x": 0.8}
    defect = np.array([[told[place] for place in row] for row in drawing], np.float32)
    maps = np.stack([1 - defect, defect], axis=-1)
    boxes, area, logits = components(maps, 1, (5, 9), 0.5, least=2, most=9)
    assert boxes.tolist() == [[0, 0, 5, 5], [6, 1, 8, 3]], "a ring; two at a corner; no single one"
    assert area.tolist() == [16, 2]
    assert 1 / (1 + np.exp(-logits[:, 0])) == pytest.approx([0.9, 0.65])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("scratch", "good", "dent"), ("good", "dent", "scratch")),
        (("NG", "OK"), ("OK", "NG")),
        (("划痕", "良品"), ("良品", "划痕")),
        (("crazing", "patches"), ("good", "crazing", "patches")),
    ],
)
def test_the_good_class_is_known_by_its_name(names: tuple, expected: tuple) -> None:
    assert ordered_classes(names) == expected


def test_the_folder_holds_what_the_generator_draws() -> None:
    shipped, _ = load_labelled("surface_sample", TASK, {}, lambda text: None)
    drawn = sample.generate(seed=0)
    for name in ("record_id", "label", "boxes", "part", "mm_per_px"):
        assert shipped[name].to_pylist() == drawn[name].to_pylist(), name
    for name in ("image", "mask"):
        sides = [
            [one and one["bytes"] for one in table[name].to_pylist()] for table in (shipped, drawn)
        ]
        assert sides[0] == sides[1], name


def test_the_generator_knows_its_defects_to_the_pixel() -> None:
    for row in sample.generate(seed=5, pictures=24).to_pylist():
        boxes = row["boxes"]
        if row["label"] == "good":
            assert row["mask"] is None
            assert boxes == []
            continue
        shown = decode(row["mask"]["bytes"], channels=1)[..., 0] > 0
        covered = np.zeros_like(shown)
        for box in boxes:
            assert box["label"] == row["label"]
            x0, y0, x1, y1 = (int(box[name]) for name in ("x0", "y0", "x1", "y1"))
            assert shown[y0:y1, x0:x1].sum() >= box["area"]
            covered[y0:y1, x0:x1] = True
        assert not (shown & ~covered).any()


def test_the_sample_is_small(tmp_path: Path) -> None:
    sample.write(tmp_path)
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 4e6


def test_dark_pixels_are_what_the_test_network_calls_holes() -> None:
    """The tests of this folder rest on it."""
    said = inspecting("candidates").score(records(picture(64, 64, (*HOLE, DARK))))
    assert said["label"].tolist() == ["hole"]
