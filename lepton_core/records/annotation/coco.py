"""COCO: one JSON file for many pictures.

Source: Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014, and its format page:
``bbox`` is x, y, width, height in pixels from 0.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from lepton_core.errors import DataError
from lepton_core.records.annotation.base import (
    Annotations,
    Box,
    Layout,
    Marks,
    box_of,
    boxes_text,
    label_of,
    unreadable_text,
)

_MOST_BYTES = 500_000_000
_KEYS = ("images", "annotations", "categories")


class CocoAnnotations(Annotations):
    """One or several JSON files; a picture is found by its path or, where it is alone, its name.

    Args:
        root: the folder.
        names: its pictures.
        files: the JSON files below it that hold annotations.
        layout: what somebody says of them.

    Raises:
        DataError: ``annotation.unreadable`` for a file that is damaged as a whole.
    """

    kind = "coco"
    columns = ("boxes",)

    def __init__(
        self, root: Path, names: Sequence[str], files: Sequence[str], layout: Layout
    ) -> None:
        self.names, self._layout = tuple(names), layout
        self._boxes: dict[str, list[Box]] = {}
        self._faults: dict[str, str] = {}
        by_name: dict[str, list[str]] = defaultdict(list)
        for picture in names:
            by_name[PurePosixPath(picture).name].append(picture)
        alone: list[str] = []
        for file in files:
            for listed, found in _read(root / file, file).items():
                name = _picture(listed, by_name)
                if name is None:
                    alone.append(listed)
                elif isinstance(found, str):
                    self._faults[name] = found
                else:
                    self._boxes.setdefault(name, []).extend(found)
        self.alone = tuple(alone)
        self.annotated = len(self._boxes.keys() | self._faults.keys())
        self._known = {box["label"] for boxes in self._boxes.values() for box in boxes}

    @property
    def unmarked(self) -> tuple[str, ...]:
        return tuple(n for n in self.names if n not in self._boxes and n not in self._faults)

    def marks(self, name: str, data: bytes | None) -> Marks:
        if name in self._faults:
            return Marks(boxes=self._faults[name])
        found = self._boxes.get(name)
        label = label_of(name, found, self._layout.label, self._known)
        return Marks(label, None if found is None else boxes_text(found, self._layout.classes))


def is_coco(path: Path) -> bool:
    """Whether a JSON file holds annotations in COCO's form."""
    try:
        return all(isinstance(_load(path).get(key), list) for key in _KEYS)
    except (OSError, ValueError, RecursionError, AttributeError):
        return False


def _load(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError("larger than 500 MB")
    tree: dict[str, Any] = json.loads(path.read_bytes())
    return tree


def _read(path: Path, shown: str) -> dict[str, list[Box] | str]:
    """Boxes of each picture that the file lists, or why they cannot be used."""
    try:
        tree = _load(path)
        classes = {one["id"]: str(one["name"]) for one in tree["categories"]}
        pictures = {one["id"]: str(one["file_name"]) for one in tree["images"]}
        listed = tree["annotations"]
        if not isinstance(listed, list):
            raise TypeError(f"annotations is no list but {type(listed).__name__}")
    except (OSError, ValueError, RecursionError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
        raise DataError("annotation.unreadable", source=shown, reason=reason) from error
    found: dict[str, list[Box] | str] = {name: [] for name in pictures.values()}
    for number, one in enumerate(listed):
        name = _named(one, pictures)
        # A crowd is a region in which nobody counted.
        if name is None or one.get("iscrowd"):
            continue
        boxes = found[name]
        if isinstance(boxes, str):
            continue
        try:
            boxes.append(_box(one, classes))
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            found[name] = unreadable_text(f"{shown}, annotation {number}", error)
    return found


def _named(one: Any, pictures: dict[Any, str]) -> str | None:
    """The picture that an entry is of; None where it is no entry or of none."""
    try:
        return pictures.get(one["image_id"])
    except (TypeError, KeyError):
        return None


def _box(one: dict[str, Any], classes: dict[Any, str]) -> Box:
    if one.get("category_id") not in classes:
        raise ValueError(f"category {one.get('category_id')!r} is not among the categories")
    if "bbox" not in one or len(one["bbox"]) != 4:
        raise ValueError(f"bbox is {str(one.get('bbox'))[:60]}, not four numbers")
    x, y, width, height = map(float, one["bbox"])
    box = box_of(classes[one["category_id"]], x, y, x + width, y + height)
    area = one.get("area")
    return {**box, "area": float(area)} if isinstance(area, (int, float)) and area > 0 else box


def _picture(listed: str, by_name: dict[str, list[str]]) -> str | None:
    """The picture that a file means; None where there is none, or several."""
    listed = listed.replace("\\", "/")
    same = by_name.get(PurePosixPath(listed).name, [])
    near = [name for name in same if f"/{name}".endswith(f"/{listed.removeprefix('./')}")] or same
    return near[0] if len(near) == 1 else None
