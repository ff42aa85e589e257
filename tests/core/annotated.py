"""Makes folders of annotated pictures in every layout that people have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lepton_core.checking import Checked, check
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
