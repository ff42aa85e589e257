"""Damaged annotations: each refuses its picture alone, with what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from annotated import (
    CORNERS,
    coco,
    found,
    make_folders,
    make_voc_beside,
    make_yolo_beside,
    one_box,
    put,
    refused,
    rows,
    thing,
    told,
    voc,
)

from lepton_core.errors import DataError
from lepton_core.records.annotation import Layout


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        ("<annotation><object>", "no element found"),
        ("", "no element found"),
        ("<html></html>", "<html>"),
        (voc("<object><bndbox/></object>"), "has no name"),
        (voc("<object><name>dent</name></object>"), "xmin is None"),
        (voc(thing(corners=("a", 1, 2, 3))), "xmin is 'a'"),
        (voc(thing(corners=(20, 6, 11, 15))), "has no extent"),
        (voc(thing(corners=(11, 6, 80, 15))), "reaches out of its picture of 40 x 30"),
        (voc(thing(corners=("nan", 6, 20, 15))), "finite corners"),
        ('<?xml version="1.0" encoding="none-such"?>' + voc(thing()), "encoding"),
        (
            '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]>' + voc(thing("&z;")),
            "document type",
        ),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd">' + voc(thing()), "document type"),
    ],
)
def test_a_damaged_annotation_refuses_its_picture_alone(tmp_path: Path, xml: str, why: str) -> None:
    make_voc_beside(tmp_path)
    put(tmp_path / "b.jpg")
    put(tmp_path / "b.xml", xml)
    checked = found(tmp_path)
    assert list(rows(checked)) == ["a.jpg"]
    assert why in refused(checked)["b.jpg"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("5 .5 .5 .1 .1", "class 5; 2 are named"),
        ("0 .5 .5", "2 numbers after the class"),
        ("dent .5 .5 .1 .1", "no numbers"),
        ("0 .5 .5 1.4 .1", "begins outside the picture"),
    ],
)
def test_a_wrong_line_of_yolo_refuses_its_picture_alone(
    tmp_path: Path, text: str, why: str
) -> None:
    make_yolo_beside(tmp_path)
    put(tmp_path / "b.png")
    put(tmp_path / "b.txt", text)
    checked = found(tmp_path)
    assert list(rows(checked)) == ["a.png"]
    assert why in refused(checked)["b.png"]


def test_what_is_wrong_in_coco_is_told_by_picture(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png", "d.png", "e.png"):
        put(tmp_path / name)
    good = {"image_id": 0, "category_id": 7, "bbox": [10, 5, 10, 10], "area": 64}
    boxes = [
        good,
        {**good, "iscrowd": 1},
        {**good, "image_id": 1, "category_id": 99},
        {**good, "image_id": 2, "bbox": [1, 2, 3]},
        {**good, "image_id": 55},
        {**good, "image_id": [0]},
        {**good, "image_id": 3, "bbox": [10**400, 5, 10, 10]},
        "nonsense",
    ]
    put(tmp_path / "coco.json", coco(["a.png", "b.png", "c.png", "e.png", "gone.png"], boxes))
    checked = found(tmp_path)
    assert one_box(rows(checked)["a.png"]) == CORNERS
    assert rows(checked)["a.png"]["boxes"][0]["area"] == 64
    assert rows(checked)["d.png"]["boxes"] is None
    assert "category 99" in refused(checked)["b.png"]
    assert "four numbers" in refused(checked)["c.png"]
    assert "too large" in refused(checked)["e.png"]
    assert any("gone.png" in line for line in told(tmp_path))


def test_a_mask_that_is_empty_is_refused_and_one_of_a_list_is_read(tmp_path: Path) -> None:
    make_folders(tmp_path)
    put(tmp_path / "masks/b.png", b"")
    listed = "file,label,boxes,mask\nimages/a.jpg,crack,[],masks/a.png\nimages/b.jpg,good,,\n"
    put(tmp_path / "parts.csv", listed)
    checked = found(tmp_path / "parts.csv")
    first, second = rows(checked).values()
    assert first["mask"]["bytes"] == (tmp_path / "masks/a.png").read_bytes()
    assert (first["boxes"], second["boxes"], second["mask"]) == ([], None, None)
    assert "mask" in refused(found(tmp_path))["images/b.jpg"]


@pytest.mark.parametrize(
    "text", ['{"images": [', "[]", json.dumps({**json.loads(coco([], [])), "annotations": {}})]
)
def test_a_file_of_all_annotations_that_is_damaged_stops(tmp_path: Path, text: str) -> None:
    put(tmp_path / "a.png")
    put(tmp_path / "broken.json", text)
    with pytest.raises(DataError) as raised:
        found(tmp_path, Layout("coco"))
    assert raised.value.key == "annotation.unreadable"
    # Without a word it is some other file.
    assert len(rows(found(tmp_path))) == 1


def test_names_of_classes_that_cannot_be_read_leave_numbers(tmp_path: Path) -> None:
    make_yolo_beside(tmp_path)
    (tmp_path / "classes.txt").rename(tmp_path / "data.yaml")
    for text in ("[" * 2_000, "names: 5", "\0"):
        (tmp_path / "data.yaml").write_text(text)
        assert rows(found(tmp_path))["a.png"]["label"] == "0"
