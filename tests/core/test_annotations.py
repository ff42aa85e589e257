"""Annotated pictures: the same marks come from every layout, each to its own picture."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest
from annotated import (
    CORNERS,
    SPEC,
    YOLO,
    found,
    make_beside,
    make_coco,
    make_folders,
    make_mvtec,
    make_named,
    make_voc_apart,
    make_voc_beside,
    make_voc_parts,
    make_yolo_apart,
    make_yolo_beside,
    make_yolo_outline,
    one_box,
    put,
    rows,
    thing,
    told,
    voc,
)

from lepton_core.records import read_records
from lepton_core.records.annotation import Layout
from lepton_core.spec import Spec


@pytest.mark.parametrize(
    "make",
    [
        make_voc_beside,
        make_voc_apart,
        make_voc_parts,
        make_coco,
        make_yolo_beside,
        make_yolo_apart,
        make_yolo_outline,
    ],
)
def test_the_same_box_comes_from_every_layout(tmp_path: Path, make: Any) -> None:
    name = make(tmp_path)
    checked = found(tmp_path)
    assert not len(checked.rejects)
    row = rows(checked)[name]
    assert one_box(row) == pytest.approx(CORNERS, abs=0.02)
    assert row["label"] == "dent"
    assert row["mask"] is None


@pytest.mark.parametrize("make", [make_beside, make_mvtec, make_named, make_folders])
def test_the_mask_comes_from_every_layout_and_is_no_picture(tmp_path: Path, make: Any) -> None:
    name, label = make(tmp_path)
    checked = found(tmp_path)
    assert not len(checked.rejects)
    row = rows(checked)[name]
    assert row["label"] == label
    assert cv2.imdecode(np.frombuffer(row["mask"]["bytes"], np.uint8), 0)[2, 3] == 255
    assert not [one for one in rows(checked) if "mask" in one.lower() or "_GT" in one]
    assert all(row["boxes"] is None for row in rows(checked).values())


def test_good_parts_of_the_mvtec_layout_are_good_and_have_no_mask(tmp_path: Path) -> None:
    make_mvtec(tmp_path)
    good = rows(found(tmp_path))
    assert {good[f"{part}/good/000.png"]["label"] for part in ("train", "test")} == {"good"}
    assert good["train/good/000.png"]["mask"] is None


def test_copies_of_pictures_as_png_are_no_masks(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg", "a.png"):
        put(tmp_path / "scratch" / name)
    assert len(rows(found(tmp_path))) == 5


def test_a_picture_without_a_box_is_good_and_one_without_annotation_is_unknown(
    tmp_path: Path,
) -> None:
    make_voc_beside(tmp_path)
    put(tmp_path / "b.jpg")
    put(tmp_path / "b.xml", voc())
    put(tmp_path / "c.jpg")
    put(tmp_path / "gone.xml", voc(thing()))
    good, unknown = (rows(found(tmp_path))[name] for name in ("b.jpg", "c.jpg"))
    assert (good["label"], good["boxes"]) == ("good", [])
    assert (unknown["label"], unknown["boxes"]) == (None, None)
    first, *others = told(tmp_path)
    assert "3 pictures, 2 of them with Pascal VOC" in first
    assert [line.partition(",")[0] for line in others] == [
        "1 pictures without an annotation",
        "1 annotations without a picture",
    ]
    assert "gone.xml" in others[1]


def test_what_folders_tell_of_pictures_without_an_annotation_is_said(tmp_path: Path) -> None:
    for folder in ("good", "dent", "else"):
        put(tmp_path / folder / f"{folder}1.jpg")
        put(tmp_path / folder / f"{folder}2.jpg")
    put(tmp_path / "dent" / "dent1.xml", voc(thing()))
    labels = {name: row["label"] for name, row in rows(found(tmp_path)).items()}
    assert labels["good/good1.jpg"] == "good"
    assert labels["dent/dent2.jpg"] == "dent"
    assert labels["else/else1.jpg"] is None
    _, good, unplaced, unknown = told(tmp_path)
    assert good.startswith("2 pictures")
    assert "good/good1.jpg" in good
    assert "are good" in good
    assert unplaced.startswith("1 pictures")
    assert "dent/dent2.jpg" in unplaced
    # Only of these nothing is learned.
    assert unknown.startswith("2 pictures")
    assert "nothing is learned" in unknown


def test_the_largest_box_names_the_picture_unless_its_folder_does(tmp_path: Path) -> None:
    two = voc(thing("spot", (1, 1, 4, 4)), thing("dent"))
    for folder in ("spot", "images", "ok"):
        put(tmp_path / folder / f"{folder}1.jpg")
        put(tmp_path / "xml" / f"{folder}1.xml", two)
    labels = {name: row["label"] for name, row in rows(found(tmp_path)).items()}
    assert labels == {"spot/spot1.jpg": "spot", "images/images1.jpg": "dent", "ok/ok1.jpg": "ok"}
    by_name = rows(found(tmp_path, Layout("voc", "name")))
    assert by_name["images/images1.jpg"]["label"] == "images"
    renamed = rows(found(tmp_path, Layout("voc", "boxes", {"dent": "Delle"})))
    assert [box["label"] for box in renamed["ok/ok1.jpg"]["boxes"]] == ["spot", "Delle"]


def test_yolo_without_names_calls_classes_by_number_and_says_so(tmp_path: Path) -> None:
    make_yolo_beside(tmp_path)
    (tmp_path / "classes.txt").unlink()
    assert rows(found(tmp_path))["a.png"]["label"] == "0"
    assert any("classes.txt" in line for line in told(tmp_path))


def test_a_task_that_learns_from_classes_alone_reads_folders_as_ever(tmp_path: Path) -> None:
    put(tmp_path / "dent/a.jpg")
    put(tmp_path / "dent/a.xml", voc(thing("spot")))
    plain = Spec(SPEC.columns[:3])
    table = read_records(tmp_path, plain)
    assert table["label"].to_pylist() == ["dent"]
    assert table.column_names == ["record_id", "image", "label"]


def test_a_zip_of_the_folder_is_the_folder(tmp_path: Path) -> None:
    line = tmp_path / "line"
    make_voc_apart(line)
    with zipfile.ZipFile(tmp_path / "line.zip", "w") as packed:
        for file in line.rglob("*.*"):
            packed.write(file, file.relative_to(tmp_path))
    assert one_box(rows(found(tmp_path / "line.zip"))["IMAGES/a.png"]) == CORNERS


def test_pictures_of_two_kinds_of_marks_keep_their_types(tmp_path: Path) -> None:
    make_mvtec(tmp_path)
    table = read_records(tmp_path, SPEC)
    assert pa.types.is_struct(table.schema.field("mask").type)
    assert "boxes" not in table.column_names


def test_the_file_whose_folders_are_called_alike_is_the_picture_s_own(tmp_path: Path) -> None:
    """The usual YOLO layout, with parts that are numbered anew in each."""
    for part, line in (("train", YOLO), ("val", "1 .5 .5 .2 .2\n")):
        put(tmp_path / f"images/{part}/000.png")
        put(tmp_path / f"labels/{part}/000.txt", line)
    put(tmp_path / "classes.txt", "dent\nspot\n")
    labels = {name: row["label"] for name, row in rows(found(tmp_path)).items()}
    assert labels == {"images/train/000.png": "dent", "images/val/000.png": "spot"}


def test_an_annotation_marks_one_picture_alone(tmp_path: Path) -> None:
    for folder in ("good", "crack"):
        put(tmp_path / folder / "000.png")
    put(tmp_path / "crack/000.xml", voc(thing()))
    boxes = {name: row["boxes"] for name, row in rows(found(tmp_path)).items()}
    assert boxes["good/000.png"] is None
    assert len(boxes["crack/000.png"]) == 1
    # Of which of the two it tells, nobody knows.
    (tmp_path / "crack/000.xml").rename(tmp_path / "000.xml")
    put(tmp_path / "other.jpg")
    put(tmp_path / "other.xml", voc(thing()))
    assert [name for name, row in rows(found(tmp_path)).items() if row["boxes"]] == ["other.jpg"]
    assert "000.xml" in told(tmp_path)[-1]


def test_one_class_of_yolo_may_be_named_without_a_list(tmp_path: Path) -> None:
    put(tmp_path / "a.png")
    put(tmp_path / "a.txt", YOLO)
    put(tmp_path / "data.yaml", "names: dent\n")
    assert rows(found(tmp_path))["a.png"]["label"] == "dent"
