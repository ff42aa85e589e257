"""What every kind of annotation gives: the marks of one picture, and what to tell people."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from lepton_core.box_cells import GOOD

# What folders of parts without a defect are called.
GOOD_FOLDERS = ("good", "ok", "normal", "free", "defect_free")

Box = dict[str, Any]


@dataclass(frozen=True)
class Layout:
    """How a folder of pictures is annotated, as far as somebody says; the rest is found.

    Args:
        kind: one of ``KINDS``; None for whatever stands there, and nothing where nothing does.
        label: what tells the class of a picture as a whole: ``folder``, ``name`` (its file's name
            before the number, ``scratch_12.jpg``), ``boxes`` (the largest one) or ``mask``
            (``good`` where it is empty, else ``defect``); None for the first that can.
        classes: what a class is called there -> what it is called here; others stay.
    """

    kind: str | None = None
    label: str | None = None
    classes: Mapping[str, str] = field(default_factory=dict)


class Marks(NamedTuple):
    """What is marked in one picture.

    Args:
        label: class of the picture as a whole; None where nobody knows.
        boxes: JSON text as :mod:`lepton_core.box_cells` reads it; None where nobody said.
        mask: the file of its mask; None where it has none.
    """

    label: str | None = None
    boxes: str | None = None
    mask: Path | None = None


class Annotations(ABC):
    """The annotations of a folder of pictures.

    Attributes:
        kind: one of ``KINDS``.
        columns: which of ``boxes`` and ``mask`` it tells.
        names: the pictures; masks are none.
        annotated: how many of them have an annotation.
        alone: annotations without a picture, by name.
    """

    kind: str
    columns: tuple[str, ...]
    names: tuple[str, ...]
    annotated: int
    alone: tuple[str, ...] = ()

    @abstractmethod
    def marks(self, name: str, data: bytes | None) -> Marks:
        """What is marked in a picture.

        Args:
            name: its path below the folder.
            data: the picture; None where it cannot be read.
        """

    @property
    def unmarked(self) -> tuple[str, ...]:
        """Pictures of which it is not known what is in them, by name."""
        return ()


def boxes_text(boxes: Iterable[Box], classes: Mapping[str, str]) -> str:
    """Boxes of a picture as the text of a cell, under our names of their classes."""
    renamed = [{**box, "label": classes.get(box["label"], box["label"])} for box in boxes]
    return json.dumps(renamed, ensure_ascii=False)


def unreadable_text(name: str, reason: object) -> str:
    """The text of a cell whose annotation cannot be used; checking refuses the record with it."""
    told = " ".join(str(reason).split())[:160].rstrip(".")
    return json.dumps({"unreadable": f"{name} ({told})"}, ensure_ascii=False)


def box_of(label: str, x0: float, y0: float, x1: float, y1: float) -> Box:
    """A box that a person drew; its area is that of its sides."""
    area = max(x1 - x0, 0.0) * max(y1 - y0, 0.0)
    return {"label": label, "x0": x0, "y0": y0, "x1": x1, "y1": y1, "area": area}


def label_of(
    name: str, boxes: Sequence[Box] | None, wanted: str | None, known: set[str]
) -> str | None:
    """Class of a picture with boxes.

    Args:
        name: its path below the folder.
        boxes: what is marked; None where nobody said.
        wanted: as :class:`Layout` has it.
        known: labels that boxes of these pictures have; a folder of such a name tells a class.
    """
    if wanted == "name":
        return class_in_name(name)
    folders = PurePosixPath(name).parts[:-1]
    if wanted == "folder":
        return folders[-1] if folders else None
    if wanted is None:
        told = [part for part in folders if part in known or part.lower() in GOOD_FOLDERS]
        if told:
            return told[-1]
    if boxes is None:
        return None
    return max(boxes, key=lambda box: float(box["area"]))["label"] if boxes else GOOD


def class_in_name(name: str) -> str:
    """The class that a file's name begins with.

    Example:
        >>> class_in_name("IMAGES/rolled-in_scale_12.jpg"), class_in_name("a/dent7.png")
        ('rolled-in_scale', 'dent')
    """
    return PurePosixPath(name).stem.rstrip("0123456789").rstrip("_- .")


class PerPicture(Annotations):
    """Annotations of which each stands in a file of its own, called like its picture.

    Args:
        names: the pictures.
        files: the annotation files below the folder.
    """

    columns = ("boxes",)

    def __init__(self, names: Sequence[str], files: Sequence[str]) -> None:
        self.names = tuple(names)
        self._files = own_files(names, files)
        self.annotated = len(self._files)
        self.alone = tuple(sorted(set(files).difference(self._files.values())))

    @property
    def unmarked(self) -> tuple[str, ...]:
        return tuple(name for name in self.names if name not in self._files)


def own_files(names: Sequence[str], files: Sequence[str]) -> dict[str, str]:
    """Which file belongs to which picture: one of its name, without the ending.

    Of several files the one counts whose folders are called most like the picture's. A file belongs
    to one picture: of several, to the nearest; where those of different folders are as near,
    nobody knows, and it belongs to none.

    Args:
        names: paths of the pictures below the folder.
        files: paths of the annotation files below the folder.

    Example:
        >>> own_files(["a.jpg", "b.jpg"], ["a.xml", "c.xml"])
        {'a.jpg': 'a.xml'}
        >>> files = ["labels/train/1.txt", "labels/val/1.txt"]
        >>> own_files(["images/train/1.jpg"], files)
        {'images/train/1.jpg': 'labels/train/1.txt'}
        >>> own_files(["dent/1.jpg", "good/1.jpg"], ["dent/1.xml"])
        {'dent/1.jpg': 'dent/1.xml'}
    """
    by_stem: dict[str, list[str]] = defaultdict(list)
    for file in files:
        by_stem[PurePosixPath(file).stem].append(file)
    claims: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if found := by_stem.get(PurePosixPath(name).stem):
            claims[max(found, key=lambda file: (_shared(file, name), -len(file)))].append(name)
    found_for: dict[str, str] = {}
    for file, claiming in claims.items():
        most = max(_shared(file, name) for name in claiming)
        nearest = [name for name in claiming if _shared(file, name) == most]
        # A picture and its copy of another format, side by side, are marked alike.
        if len({PurePosixPath(name).parent for name in nearest}) == 1:
            found_for.update(dict.fromkeys(nearest, file))
    return found_for


def _shared(first: str, second: str) -> int:
    """How many folders two paths have in common, counted from the top and from the bottom."""
    ours, theirs = first.split("/")[:-1], second.split("/")[:-1]
    top = _equal(ours, theirs)
    return top + _equal(ours[top:][::-1], theirs[top:][::-1])


def _equal(ours: Sequence[str], theirs: Sequence[str]) -> int:
    pairs = zip(ours, theirs, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
