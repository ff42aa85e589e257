"""Masks beside the pictures or in a folder of their own.

Known are ``x.png`` beside ``x.jpg``; ``x_mask``, ``x_label`` or ``x_gt`` beside ``x``; and a folder
of masks beside the folder of pictures, as ``ground_truth/scratch/000_mask.png`` is to
``test/scratch/000.png``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lepton_core.box_cells import GOOD
from lepton_core.masks import read_mask
from lepton_core.records.annotation.base import Annotations, Layout, Marks, class_in_name
from lepton_core.records.picture_files import class_of
from lepton_core.records.picture_parts import read_file

FOLDERS = ("ground_truth", "groundtruth", "masks", "mask", "gt", "labels", "annotations")
_ENDINGS = ("_mask", "_label", "_gt", "-mask", "_seg")
# Where pictures and masks lie together without a word, so many pictures at least must have one.
_LEAST_PAIRED = 0.5

Masks = dict[str, str]  # mask -> its picture; an empty name where that is not there


class MaskAnnotations(Annotations):
    """Pictures with masks.

    Args:
        root: the folder.
        names: its pictures, masks left out.
        masks: the masks below it.
        layout: what somebody says of them.
    """

    kind = "masks"
    columns = ("mask",)

    def __init__(self, root: Path, names: Sequence[str], masks: Masks, layout: Layout) -> None:
        self.names, self._root, self._layout = tuple(names), root, layout
        self._masks = {picture: mask for mask, picture in masks.items() if picture}
        self.annotated = len(self._masks)
        self.alone = tuple(mask for mask, picture in masks.items() if not picture)
        levels = {_level(mask) for mask in masks} - {None}
        # In "test/scratch/000.png" beside "ground_truth/..." the class comes second.
        self._level = min((level for level in levels if level is not None), default=None)

    def marks(self, name: str, data: bytes | None) -> Marks:
        mask = self._masks.get(name)
        path = None if mask is None else self._root / mask
        return Marks(self._label(name, path), mask=path)

    def _label(self, name: str, mask: Path | None) -> str | None:
        wanted = self._layout.label
        if wanted == "name":
            return class_in_name(name)
        if wanted in (None, "folder"):
            folder = class_of(_below(name, self._level))
            if folder is not None or wanted == "folder":
                return folder
        found = None if mask is None else read_mask(read_file(mask))
        return None if found is None else "defect" if found.any() else GOOD


def find_masks(names: Sequence[str]) -> Masks:
    """Which of some pictures are masks, and of what; empty where none is seen to be.

    Args:
        names: paths below a folder.

    Example:
        >>> find_masks(["good/1.jpg", "good/1.png", "dent/7.jpg", "dent/7.png"])
        {'good/1.png': 'good/1.jpg', 'dent/7.png': 'dent/7.jpg'}
        >>> find_masks(["test/dent/0.png", "ground_truth/dent/0_mask.png", "train/good/0.png"])
        {'ground_truth/dent/0_mask.png': 'test/dent/0.png'}
        >>> find_masks(["a/1.png", "a/2.png", "b/1.jpg"])
        {}
    """
    levels = {name: level for name in names if (level := _level(name)) is not None}
    pictures = [name for name in names if name not in levels]
    if levels and pictures:
        found = _in_folders(pictures, levels)
        if any(found.values()):
            return found
    return _named(names) or _beside(names)


def _in_folders(pictures: Sequence[str], levels: dict[str, int]) -> Masks:
    by_place: dict[int, dict[str, str]] = {level: {} for level in set(levels.values())}
    for level, places in by_place.items():
        for name in sorted(pictures, key=lambda name: "test" in name.split("/")):
            places[_stem(_without(name, level))] = name
    found = {}
    for mask, level in levels.items():
        place = _stem(_without(mask, level))
        found[mask] = by_place[level].get(_plain(place), by_place[level].get(place, ""))
    return found


def _named(names: Sequence[str]) -> Masks:
    by_stem = {_stem(name).lower(): name for name in names}
    found = {}
    for name in names:
        stem = _stem(name).lower()
        plain = _plain(stem)
        if plain != stem and plain in by_stem:
            found[name] = by_stem[plain]
    return found


def _beside(names: Sequence[str]) -> Masks:
    others = {_stem(name): name for name in names if not name.lower().endswith(".png")}
    masks = {
        name: others[_stem(name)]
        for name in names
        if name.lower().endswith(".png") and _stem(name) in others
    }
    pictures = len(names) - len(masks)
    return masks if len(masks) >= _LEAST_PAIRED * pictures else {}


def _level(name: str) -> int | None:
    """How many folders stand above the one of masks; None for what is in none."""
    folders = [part.lower() for part in name.split("/")[:-1]]
    return next((at for at, part in enumerate(folders) if part in FOLDERS), None)


def _without(name: str, level: int) -> str:
    parts = name.split("/")
    return "/".join([*parts[:level], *parts[level + 1 :]]) if len(parts) > level + 1 else name


def _below(name: str, level: int | None) -> str:
    """A picture's path below the folder that is beside the one of masks."""
    parts = name.split("/")
    return name if level is None or len(parts) <= level + 1 else "/".join(parts[level + 1 :])


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _plain(stem: str) -> str:
    """A mask's name without the word that says that it is one."""
    ending = next((end for end in _ENDINGS if stem.lower().endswith(end)), "")
    return stem[: len(stem) - len(ending)]
