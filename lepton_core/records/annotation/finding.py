"""Which annotations a folder of pictures has, told by the files in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lepton_core.errors import DataError
from lepton_core.messages import t
from lepton_core.records.annotation.base import GOOD_FOLDERS, Annotations, Layout, own_files
from lepton_core.records.annotation.coco import CocoAnnotations, is_coco
from lepton_core.records.annotation.mask_files import MaskAnnotations, find_masks
from lepton_core.records.annotation.voc import VocAnnotations
from lepton_core.records.annotation.yolo import (
    CLASS_FILES,
    YoloAnnotations,
    class_file,
    read_yolo,
)

KINDS = ("voc", "coco", "yolo", "masks")


def find_annotations(
    source: str, root: Path, names: Sequence[str], others: Sequence[str], layout: Layout
) -> Annotations | None:
    """The annotations of pictures in a folder.

    Args:
        source: what a person called it, for messages.
        root: the folder.
        names: its pictures, masks among them.
        others: all other files below it.
        layout: what somebody says of them; without a kind, the first of ``KINDS`` that is there.

    Returns:
        None where nothing is annotated and nobody said so.

    Raises:
        DataError: ``annotation.none`` where there is none of the kind that was said;
            ``annotation.unreadable`` for a file of all annotations that is damaged.
    """
    masks = find_masks(names)
    pictures = [name for name in names if name not in masks]
    for kind in KINDS if layout.kind is None else (layout.kind,):
        found = _of_kind(kind, root, pictures, others, layout)
        if found is not None:
            return found
    if masks and layout.kind in (None, "masks"):
        return MaskAnnotations(root, pictures, masks, layout)
    if layout.kind is None:
        return None
    shown = t(f"annotation.kind.{layout.kind}", language="en")
    raise DataError("annotation.none", source=source, kind=shown, n=len(names))


def notes_of(found: Annotations, source: str) -> list[str]:
    """What was found, in sentences for a person."""
    kind = t(f"annotation.kind.{found.kind}")
    n, marked = len(found.names), found.annotated
    lines = [t("annotation.found", source=source, kind=kind, n=n, marked=marked)]
    if isinstance(found, YoloAnnotations) and found.class_names is None:
        lines.append(t("annotation.numbers", known=", ".join(CLASS_FILES)))
    for key, some in (*_without(found).items(), ("alone", found.alone)):
        if some:
            lines.append(t(f"annotation.{key}", n=len(some), first=some[0]))
    return lines


def _without(found: Annotations) -> dict[str, list[str]]:
    """Pictures without an annotation, by what their folder or name tells of them all the same."""
    without: dict[str, list[str]] = {"good": [], "unplaced": [], "unmarked": []}
    for name in found.unmarked:
        label = found.marks(name, None).label
        is_good = label is not None and label.lower() in GOOD_FOLDERS
        without["unmarked" if label is None else "good" if is_good else "unplaced"].append(name)
    return without


def _of_kind(
    kind: str, root: Path, pictures: Sequence[str], others: Sequence[str], layout: Layout
) -> Annotations | None:
    found: Annotations | None = None
    if kind == "voc":
        files = [name for name in others if name.lower().endswith(".xml")]
        found = VocAnnotations(root, pictures, files, layout) if files else None
    elif kind == "coco":
        files = [name for name in others if name.lower().endswith(".json")]
        files = [name for name in files if layout.kind == "coco" or is_coco(root / name)]
        found = CocoAnnotations(root, pictures, files, layout) if files else None
    elif kind == "yolo":
        files = [name for name in others if name.lower().endswith(".txt")]
        files = [name for name in files if PurePosixPath(name).name.lower() not in CLASS_FILES]
        if files and (layout.kind == "yolo" or _is_yolo(root, pictures, files)):
            found = YoloAnnotations(root, pictures, files, class_file(others), layout)
    return found if found is not None and found.annotated else None


def _is_yolo(root: Path, pictures: Sequence[str], files: Sequence[str]) -> bool:
    """Whether the first text that belongs to a picture, and is not empty, reads as boxes."""
    for file in own_files(pictures, files).values():
        try:
            if (text := (root / file).read_text(encoding="utf-8")).strip():
                return bool(read_yolo(text, 1, 1))
        except (OSError, ValueError):
            return False
    return False
