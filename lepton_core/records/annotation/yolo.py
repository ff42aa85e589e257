"""YOLO: a text file a picture, a line a box: class number, centre, width and height.

Numbers are shares of the picture's sides, 0 to 1. A line with more than five numbers is an outline,
of which the box around it is taken. Source: Ultralytics, Detection and segmentation datasets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from lepton_core.image_header import read_header
from lepton_core.records.annotation.base import (
    Box,
    Layout,
    Marks,
    PerPicture,
    box_of,
    boxes_text,
    label_of,
    unreadable_text,
)

CLASS_FILES = ("classes.txt", "obj.names", "data.yaml", "data.yml", "dataset.yaml")


class YoloAnnotations(PerPicture):
    """Text files beside the pictures or in a folder of their own, and the names of the classes.

    Args:
        root: the folder.
        names: its pictures.
        files: the text files below it.
        classes: the file that names the classes; None where there is none.
        layout: what somebody says of them.
    """

    kind = "yolo"

    def __init__(
        self,
        root: Path,
        names: Sequence[str],
        files: Sequence[str],
        classes: str | None,
        layout: Layout,
    ) -> None:
        super().__init__(names, files)
        self._root, self._layout = root, layout
        self.class_names = None if classes is None else _class_names(root / classes)

    def marks(self, name: str, data: bytes | None) -> Marks:
        file = self._files.get(name)
        known = set((self.class_names or {}).values())
        if file is None:
            return Marks(label_of(name, None, self._layout.label, known))
        header = None if data is None else read_header(data)
        if header is None:
            return Marks()  # the picture is refused for what it is
        try:
            text = (self._root / file).read_text(encoding="utf-8")
            boxes = read_yolo(text, header.width, header.height, self.class_names)
        except (OSError, ValueError) as error:
            return Marks(boxes=unreadable_text(file, error))
        label = label_of(name, boxes, self._layout.label, known)
        return Marks(label, boxes_text(boxes, self._layout.classes))


def read_yolo(
    text: str, width: int, height: int, classes: dict[int, str] | None = None
) -> list[Box]:
    """The boxes of one picture.

    Args:
        text: a line a box.
        width: of the picture, pixels.
        height: of the picture, pixels.
        classes: number -> name; None calls them by their number.

    Raises:
        ValueError: a line has not the form, or its class no name.

    Example:
        >>> (box,) = read_yolo("1 0.5 0.5 0.2 0.4", 100, 50, {0: "dent", 1: "spot"})
        >>> box["label"], box["x0"], box["y0"], box["x1"], box["y1"]
        ('spot', 40.0, 15.0, 60.0, 35.0)
    """
    boxes = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.split()
        if not cells:
            continue
        try:
            kind, values = int(cells[0]), [float(cell) for cell in cells[1:]]
        except ValueError:
            raise ValueError(f"line {number} is no numbers: {line[:60]!r}") from None
        if len(values) != 4 and (len(values) < 6 or len(values) % 2):
            raise ValueError(f"line {number} has {len(values)} numbers after the class, not 4")
        if classes is not None and kind not in classes:
            raise ValueError(f"line {number} is of class {kind}; {len(classes)} are named")
        label = str(kind) if classes is None else classes[kind]
        if len(values) == 4:
            x, y, w, h = values
            shares = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        else:
            shares = (min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2]))
        # Six digits of a share leave a hundredth of a pixel.
        x0, x1 = (round(share * width, 2) for share in shares[::2])
        y0, y1 = (round(share * height, 2) for share in shares[1::2])
        boxes.append(box_of(label, x0, y0, x1, y1))
    return boxes


def class_file(files: Sequence[str]) -> str | None:
    """The file that names the classes, the nearest to the top."""
    found = [name for name in files if PurePosixPath(name).name.lower() in CLASS_FILES]
    return min(found, key=lambda name: (name.count("/"), name), default=None)


def _class_names(path: Path) -> dict[int, str] | None:
    """Number -> name; None where the file names none."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix not in (".yaml", ".yml"):
            lines = (line.strip() for line in text.splitlines())
            return dict(enumerate(line for line in lines if line)) or None
        tree: Any = yaml.safe_load(text)
        names = tree.get("names") if isinstance(tree, dict) else None
        names = [names] if isinstance(names, str) else names
        pairs = names.items() if isinstance(names, dict) else enumerate(names or [])
        return {int(number): str(name) for number, name in pairs} or None
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError):
        return None
