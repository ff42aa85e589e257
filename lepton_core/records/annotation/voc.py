"""Pascal VOC: an XML file a picture, as labelling programs write it.

Source: Everingham et al., The PASCAL Visual Object Classes Challenge: Development Kit, 2012: the
corners of ``bndbox`` are pixels, counted from 1, and both belong to the box.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

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

_MOST_BYTES = 5_000_000


class VocAnnotations(PerPicture):
    """XML files beside the pictures or in a folder of their own.

    Args:
        root: the folder.
        names: its pictures.
        files: the XML files below it.
        layout: what somebody says of them.
    """

    kind = "voc"

    def __init__(
        self, root: Path, names: Sequence[str], files: Sequence[str], layout: Layout
    ) -> None:
        super().__init__(names, files)
        self._layout = layout
        # Read at once: whether a folder's name is a class is told by the classes of all boxes.
        self._read = {name: _read(root / file, file) for name, file in self._files.items()}
        self._known = {
            box["label"]
            for found in self._read.values()
            if isinstance(found, list)
            for box in found
        }

    def marks(self, name: str, data: bytes | None) -> Marks:
        found = self._read.get(name)
        if isinstance(found, str):
            return Marks(boxes=found)
        label = label_of(name, found, self._layout.label, self._known)
        return Marks(label, None if found is None else boxes_text(found, self._layout.classes))


def _read(path: Path, shown: str) -> list[Box] | str:
    """The boxes of a file, or the text of a cell that says why there are none."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return unreadable_text(shown, "larger than 5 MB")
        return read_voc(path.read_bytes())
    except OSError as error:
        return unreadable_text(shown, error.strerror or error)
    except (ValueError, LookupError, expat.ExpatError) as error:  # LookupError: its encoding
        return unreadable_text(shown, error)


def read_voc(data: bytes) -> list[Box]:
    """The boxes of one annotation.

    Args:
        data: the XML file.

    Returns:
        boxes from the picture's left and top edge, 0, with ``x1 y1`` just outside.

    Raises:
        ValueError: it is no annotation, or has a document type: no entity is ever expanded.
        LookupError: it declares an encoding that there is not.
        xml.parsers.expat.ExpatError: it is no XML.

    Example:
        >>> box = "<bndbox><xmin>1</xmin><ymin>3</ymin><xmax>8</xmax><ymax>9</ymax></bndbox>"
        >>> xml = f"<annotation><object><name>dent</name>{box}</object></annotation>"
        >>> [(b["label"], b["x0"], b["y0"], b["x1"], b["y1"]) for b in read_voc(xml.encode())]
        [('dent', 0.0, 2.0, 8.0, 9.0)]
    """
    tree = _parse(data)
    if tree.tag != "annotation":
        raise ValueError(f"it begins with <{tree.tag[:40]}>, not <annotation>")
    return [_box(one, number) for number, one in enumerate(tree.findall("object"), 1)]


def _box(one: ElementTree.Element, number: int) -> Box:
    label = (one.findtext("name") or "").strip()
    if not label:
        raise ValueError(f"object {number} has no name")
    corners = []
    for key in ("xmin", "ymin", "xmax", "ymax"):
        text = one.findtext(f"bndbox/{key}")
        try:
            corners.append(float(text or ""))
        except ValueError:
            raise ValueError(f"object {number}: {key} is {text!r}, no number") from None
    x0, y0, x1, y1 = corners
    # Programs that count from 0 write 0 for the first pixel.
    return box_of(label, max(x0 - 1, 0.0), max(y0 - 1, 0.0), x1, y1)


def _parse(data: bytes) -> ElementTree.Element:
    def refuse(*_: object) -> None:
        raise ValueError("it declares a document type, which is not read")

    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda tag, attributes: builder.start(tag, attributes)
    parser.EndElementHandler = lambda tag: builder.end(tag)
    parser.CharacterDataHandler = builder.data
    parser.Parse(data, True)
    return builder.close()
