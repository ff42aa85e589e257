"""Finds pictures: one file, a list, a folder of class folders, or a zip of these."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lepton_core.data.unpack import unpack
from lepton_core.errors import DataError

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class PictureFiles:
    """Pictures that were found; none is opened yet.

    Args:
        source: what was asked for, for messages.
        root: the folder below which they stand.
        shown: what stands for ``root`` in the paths that people see; differs for a zip.
        names: their paths relative to ``root``, in the order of reading.
        ignored: how many files were passed over: hidden ones, and those that are no pictures.
        temporary: the folder a zip was unpacked to.
    """

    source: str
    root: Path
    shown: Path
    names: tuple[str, ...]
    ignored: int = 0
    temporary: tempfile.TemporaryDirectory[str] | None = None

    @property
    def classes(self) -> frozenset[str]:
        """The names of the folders directly below the root that hold pictures."""
        return frozenset(label for name in self.names if (label := class_of(name)) is not None)

    def close(self) -> None:
        """Remove what a zip was unpacked to."""
        if self.temporary is not None:
            self.temporary.cleanup()


def class_of(name: str) -> str | None:
    """The folder directly below the root that holds a picture; None for one in the root itself.

    Example:
        >>> class_of("scratch/line 2/0001.png"), class_of("0001.png")
        ('scratch', None)
    """
    folder, _, rest = name.partition("/")
    return folder if rest else None


def is_picture(name: str) -> bool:
    """Whether a file of this name is a picture: its ending is one of ``PICTURE_SUFFIXES``."""
    return name.lower().endswith(PICTURE_SUFFIXES)


def find_pictures(
    source: str | Path | Sequence[str | Path], root: Path | None = None
) -> PictureFiles:
    """Find the pictures that ``source`` stands for.

    Args:
        source: a picture, a folder (searched to the bottom), a ``.zip`` of pictures (unpacked to
            a temporary folder), or a list of pictures, which keep their order.
        root: for a picture or a list, the folder that ids and class folders are relative to;
            the deepest one that holds all of them when None.

    Raises:
        DataError: ``data.no_file``, ``not_pictures``, ``no_pictures`` or ``no_access``; for a zip
            also ``download.*`` where it is damaged or unsafe.
        ValueError: a picture of the list is not below ``root``.
    """
    if not isinstance(source, (str, Path)):
        found = _listed([Path(path) for path in source], root)
    elif (path := Path(source)).is_dir():
        found = _below(str(path), path, path)
    elif not os.path.lexists(path):
        raise DataError("data.no_file", source=path)
    elif path.suffix.lower() == ".zip":
        found = _zipped(path)
    elif is_picture(path.name):
        found = _listed([path], root)
    else:
        raise DataError("data.not_pictures", source=path, known=" ".join(PICTURE_SUFFIXES))
    if not found.names:
        found.close()
        raise DataError(
            "data.no_pictures",
            source=found.source,
            known=" ".join(PICTURE_SUFFIXES),
            ignored=found.ignored,
        )
    return found


def _listed(paths: list[Path], root: Path | None) -> PictureFiles:
    pictures = [Path(os.path.normpath(path)) for path in paths if is_picture(path.name)]
    source = str(paths[0]) if len(paths) == 1 else f"a list of {len(paths):,} files"
    if not pictures:
        return PictureFiles(source, Path(), Path(), (), len(paths))
    if root is None:
        if len({path.is_absolute() for path in pictures}) > 1:
            pictures = [path.absolute() for path in pictures]
        root = Path(os.path.commonpath([path.parent for path in pictures]))
    elif root.is_absolute():
        pictures = [path.absolute() for path in pictures]
    names = tuple(path.relative_to(root).as_posix() for path in pictures)
    return PictureFiles(source, root, root, names, len(paths) - len(pictures))


def _zipped(path: Path) -> PictureFiles:
    temporary = tempfile.TemporaryDirectory(prefix="lepton-", ignore_cleanup_errors=True)
    root = Path(temporary.name)
    try:
        unpack(path, root)
        found = _below(str(path), root, path)
    except BaseException:
        temporary.cleanup()
        raise
    names, prefix = found.names, f"{path.stem}/"
    # Compressing the folder "line" makes line.zip, in which all stands in "line/". That is the
    # folder itself and no class.
    if names and all(name.startswith(prefix) for name in names):
        names = tuple(name.removeprefix(prefix) for name in names)
        root = root / path.stem
    return PictureFiles(str(path), root, path, names, found.ignored, temporary)


def _below(source: str, root: Path, shown: Path) -> PictureFiles:
    try:
        every = list(_walk(root, "", ()))
    except OSError as error:
        where = error.filename or root
        raise DataError("data.no_access", source=where, reason=error.strerror or error) from error
    names = sorted(name for name in every if is_picture(name) and not _is_hidden(name))
    return PictureFiles(source, root, shown, tuple(names), len(every) - len(names))


def _walk(root: Path, folder: str, above: tuple[tuple[int, int], ...]) -> Iterator[str]:
    """Every file below a folder, relative to the root; a link back up is not followed."""
    here = os.stat(root / folder)
    identity = (here.st_dev, here.st_ino)
    if identity in above:
        return
    with os.scandir(root / folder) as entries:
        found = sorted((entry.name, entry.is_dir()) for entry in entries)
    for name, is_folder in found:
        if is_folder:
            yield from _walk(root, f"{folder}{name}/", (*above, identity))
        else:
            yield f"{folder}{name}"


def _is_hidden(name: str) -> bool:
    # Also the shadow "._name.png" of every file in zips that macOS made.
    return any(part.startswith(".") for part in name.split("/"))
