"""Labels taken along: a list that `lepton train` reads, and COCO for other tools."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from lepton_core.image_header import read_header
from lepton_core.spreadsheet import to_csv

from .dashboard_label_queue import Labels
from .dashboard_parts import Parts

_CORNERS = ("x0", "y0", "x1", "y1")


def as_csv(parts: Parts, labels: Labels) -> bytes:
    """``record_id,label,boxes,who,when,note``, a row a labelled picture.

    Boxes are JSON as everywhere in Lepton; empty where the label tells the class alone.
    """
    said = [(parts.ids[row], one) for row, one in sorted(labels.said.items())]
    columns = {
        "record_id": [name for name, _ in said],
        "label": [one["verdict"] for _, one in said],
        "boxes": [one.get("marks") or "" for _, one in said],
        "who": [one["who"] for _, one in said],
        "when": [one["when"].isoformat() for _, one in said],
        "note": [one["note"] or "" for _, one in said],
    }
    kinds = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return to_csv(pa.table(kinds))


def as_coco(parts: Parts, labels: Labels) -> bytes:
    """The labelled pictures with their boxes as COCO annotates objects; good ones have none.

    Pictures of which only the class is known are left out: COCO would say that nothing is there.
    """
    categories = {name: number for number, name in enumerate(parts.decision.classes[1:], 1)}
    images: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for row, one in sorted(labels.said.items()):
        boxes = boxes_of(one, parts.good)
        header = read_header(parts.image(row))
        if boxes is None or header is None:
            continue
        number = len(images) + 1
        size = {"width": header.width, "height": header.height}
        images.append({"id": number, "file_name": parts.ids[row], **size})
        for box in boxes:
            kind = categories.setdefault(str(box["label"]), len(categories) + 1)
            found.append(_annotation(len(found) + 1, number, kind, box))
    told = {
        "images": images,
        "annotations": found,
        "categories": [{"id": number, "name": name} for name, number in categories.items()],
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def boxes_of(one: dict[str, Any], good: str) -> list[dict[str, Any]] | None:
    """The boxes of a verdict; none for a good part, None where only the class is known."""
    if one["verdict"] == good:
        return []
    text = one.get("marks")
    return list(json.loads(text)) if text else None


def _annotation(number: int, image: int, kind: int, box: dict[str, Any]) -> dict[str, Any]:
    x0, y0, x1, y1 = (float(box[name]) for name in _CORNERS)
    width, height = x1 - x0, y1 - y0
    return {
        "id": number,
        "image_id": image,
        "category_id": kind,
        "bbox": [x0, y0, width, height],
        "area": width * height,
        "iscrowd": 0,
    }
