"""Annotated pictures: every layout that people have, and what becomes of what is broken in it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core.checking import Checked, check
from lepton_core.data.lookup import load_records
from lepton_core.errors import DataError
from lepton_core.records import open_records, read_records
from lepton_core.records.annotation import Layout
from lepton_core.spec import Column, Spec

SPEC = Spec(
    (
        Column("record_id", "string", "id"),
        Column("image", "image"),
        Column("label", "string", "label", required=False),
        Column("boxes", "boxes", "label", required=False),
        Column("mask", "image", "label", required=False),
    )
)
WIDTH, HEIGHT = 40, 30
# The same box in every way to write it: x 10 to 20, y 5 to 15.
CORNERS = [10.0, 5.0, 20.0, 15.0]
YOLO = "0 0.375 0.333333333 0.25 0.333333333\n"


def put(path: Path, data: str | bytes | np.ndarray | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if data is None:
        data = np.zeros((HEIGHT, WIDTH), np.uint8)
    if isinstance(data, np.ndarray):
        # Each picture another one: identical ones would be told.
        noise = np.random.default_rng(len(str(path)) + len(list(path.parent.iterdir())))
        data = data if data.any() else noise.integers(0, 255, data.shape).astype(np.uint8)
        data = cv2.imencode(path.suffix, data)[1].tobytes()
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def mask_of(*values: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[2 : 2 + len(values), 3] = values
    mask[0, 0] = 0
    return mask


def voc(*objects: str, size: str = "") -> str:
    return f"<annotation>{size}{''.join(objects)}</annotation>"


def thing(name: str = "dent", corners: Any = (11, 6, 20, 15)) -> str:
    keys = ("xmin", "ymin", "xmax", "ymax")
    sides = "".join(f"<{key}>{value}</{key}>" for key, value in zip(keys, corners, strict=True))
    return f"<object><name>{name}</name><bndbox>{sides}</bndbox></object>"


def coco(
    names: list[str], boxes: list[dict[str, Any]], classes: tuple[str, ...] = ("dent",)
) -> str:
    return json.dumps(
        {
            "images": [{"id": n, "file_name": name} for n, name in enumerate(names)],
            "categories": [{"id": 7 + n, "name": name} for n, name in enumerate(classes)],
            "annotations": boxes,
        }
    )


def found(folder: Path, layout: Layout | None = None) -> Checked:
    return check(read_records(folder, SPEC, layout=layout), SPEC, whole=False)


def rows(checked: Checked) -> dict[str, dict[str, Any]]:
    return {row["record_id"]: row for row in checked.table.to_pylist()}


def refused(checked: Checked) -> dict[str | None, str]:
    return {one.record_id: one.to_json()["reasons"][0]["message"] for one in checked.rejects}


def told(folder: Path) -> list[str]:
    with open_records(folder, SPEC) as reader:
        return list(reader.notes)  # type: ignore[attr-defined]


def one_box(row: dict[str, Any]) -> list[float]:
    (box,) = row["boxes"]
    assert box["label"] == "dent"
    return [round(box[key], 3) for key in ("x0", "y0", "x1", "y1")]


def make_voc_beside(root: Path) -> str:
    put(root / "a.jpg")
    put(root / "a.xml", voc(thing()))
    return "a.jpg"


def make_voc_apart(root: Path) -> str:
    put(root / "IMAGES/a.png")
    put(root / "ANNOTATIONS/a.xml", voc(thing()))
    return "IMAGES/a.png"


def make_voc_parts(root: Path) -> str:
    put(root / "train/images/scratch/a.jpg")
    put(root / "train/annotations/a.xml", voc(thing()))
    put(root / "valid/images/scratch/a.jpg")
    put(root / "valid/annotations/a.xml", voc())
    return "train/images/scratch/a.jpg"


def make_coco(root: Path) -> str:
    put(root / "images/a.png")
    box = {"id": 1, "image_id": 0, "category_id": 7, "bbox": [10, 5, 10, 10]}
    put(root / "annotations/instances.json", coco(["a.png"], [box]))
    put(root / "package.json", '{"name": "something else"}')
    return "images/a.png"


def make_yolo_beside(root: Path) -> str:
    put(root / "a.png")
    put(root / "a.txt", YOLO)
    put(root / "classes.txt", "dent\nspot\n")
    return "a.png"


def make_yolo_apart(root: Path) -> str:
    put(root / "images/train/a.png")
    put(root / "labels/train/a.txt", YOLO)
    put(root / "data.yaml", "names:\n  0: dent\n  1: spot\n")
    return "images/train/a.png"


def make_yolo_outline(root: Path) -> str:
    put(root / "a.png")
    put(root / "a.txt", "0 .25 .166666667 .5 .3 .375 .5\n")
    put(root / "classes.txt", "dent\n")
    return "a.png"


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


def make_beside(root: Path) -> tuple[str, str]:
    put(root / "MT_Crack/Imgs/a.jpg")
    put(root / "MT_Crack/Imgs/a.png", mask_of(255))
    return "MT_Crack/Imgs/a.jpg", "MT_Crack"


def make_mvtec(root: Path) -> tuple[str, str]:
    put(root / "train/good/000.png")
    put(root / "test/good/000.png")
    put(root / "test/crack/000.png")
    put(root / "ground_truth/crack/000_mask.png", mask_of(255))
    return "test/crack/000.png", "crack"


def make_named(root: Path) -> tuple[str, str]:
    put(root / "Part1.png")
    put(root / "Part1_GT.png", mask_of(255))
    return "Part1.png", "defect"


def make_folders(root: Path) -> tuple[str, str]:
    put(root / "images/a.jpg")
    put(root / "images/b.jpg")
    put(root / "masks/a.png", mask_of(255))
    put(root / "masks/b.png", np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    return "images/a.jpg", "defect"


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


def test_yolo_without_names_calls_classes_by_number_and_says_so(tmp_path: Path) -> None:
    make_yolo_beside(tmp_path)
    (tmp_path / "classes.txt").unlink()
    assert rows(found(tmp_path))["a.png"]["label"] == "0"
    assert any("classes.txt" in line for line in told(tmp_path))


def test_what_is_wrong_in_coco_is_told_by_picture(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png", "d.png"):
        put(tmp_path / name)
    good = {"image_id": 0, "category_id": 7, "bbox": [10, 5, 10, 10], "area": 64}
    boxes = [
        good,
        {**good, "iscrowd": 1},
        {**good, "image_id": 1, "category_id": 99},
        {**good, "image_id": 2, "bbox": [1, 2, 3]},
        {**good, "image_id": 55},
        "nonsense",
    ]
    put(tmp_path / "coco.json", coco(["a.png", "b.png", "c.png", "gone.png"], boxes))
    checked = found(tmp_path)
    assert one_box(rows(checked)["a.png"]) == CORNERS
    assert rows(checked)["a.png"]["boxes"][0]["area"] == 64
    assert rows(checked)["d.png"]["boxes"] is None
    assert "category 99" in refused(checked)["b.png"]
    assert "four numbers" in refused(checked)["c.png"]
    assert any("gone.png" in line for line in told(tmp_path))


def test_a_card_that_names_annotations_wants_them(tmp_path: Path) -> None:
    put(tmp_path / "a.png")
    for kind in ("voc", "coco", "yolo", "masks"):
        with pytest.raises(DataError) as raised:
            found(tmp_path, Layout(kind))
        assert raised.value.key == "annotation.none"
    put(tmp_path / "broken.json", '{"images": [')
    with pytest.raises(DataError) as raised:
        found(tmp_path, Layout("coco"))
    assert raised.value.key == "annotation.unreadable"
    # Without a word it is some other file.
    assert len(rows(found(tmp_path))) == 1


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


CARD = """
name: steel
title: Steel
tasks: [shop/steel]
licence: our own
reader: {kind: image_folder, path: ., annotation: voc, label: name, classes: {dent: Delle}}
"""


def test_a_card_says_how_pictures_are_annotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_DATA", str(tmp_path))
    (tmp_path / "steel.yaml").write_text(CARD)
    put(tmp_path / "steel/IMAGES/dent_1.jpg")
    put(tmp_path / "steel/ANNOTATIONS/dent_1.xml", voc(thing("dent"), thing("spot")))
    notes: list[str] = []
    loaded = load_records("steel", SPEC, note=notes.append)
    (row,) = rows(check(loaded.table, SPEC)).values()
    assert row["label"] == "Delle"
    assert [box["label"] for box in row["boxes"]] == ["Delle", "spot"]
    assert len(notes) == 1
    # Without a task's Spec the marks come too.
    assert {"boxes", "label"} <= set(load_records("steel").table.column_names)


@pytest.mark.parametrize(
    "reader",
    [
        "{kind: image_folder, path: ., annotation: voc2}",
        "{kind: image_folder, path: ., label: colour}",
        "{kind: table, path: a.csv, annotation: voc}",
    ],
)
def test_a_wrong_word_on_a_card_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    monkeypatch.setenv("LEPTON_DATA", str(tmp_path))
    text = "\n".join(CARD.strip().splitlines()[:-1])
    (tmp_path / "steel.yaml").write_text(f"{text}\nreader: {reader}\n")
    with pytest.raises(DataError) as raised:
        load_records("steel", SPEC)
    assert raised.value.key == "card.bad_value"


def test_pictures_of_two_kinds_of_marks_keep_their_types(tmp_path: Path) -> None:
    make_mvtec(tmp_path)
    table = read_records(tmp_path, SPEC)
    assert pa.types.is_struct(table.schema.field("mask").type)
    assert "boxes" not in table.column_names
