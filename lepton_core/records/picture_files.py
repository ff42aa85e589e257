"""Finds pictures: one file, a list, a folder of class folders, or a zip of these."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lepton_core.data.unpack import is_archive, unpack
from lepton_core.errors import DataError

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
DICOM_SUFFIXES = (".dcm", ".dicom", ".dic", ".ima")
NIFTI_SUFFIXES = (".nii", ".nii.gz")
_MORE_SUFFIXES = {"dicom": DICOM_SUFFIXES, "nifti": NIFTI_SUFFIXES}
# The index of a DICOM medium, which holds no picture.
_INDEX = "DICOMDIR"


@dataclass(frozen=True)
class PictureFiles:
    """Pictures that were found; none is opened yet.

    Args:
        source: what was asked for, for messages.
        root: the folder below which they stand.
        shown: what stands for ``root`` in the paths that people see; differs for a zip.
        names: their paths relative to ``root``, in the order of reading.
        ignored: how many files were passed over: hidden ones, and those that are no pictures.
        archives: the names of those that are archives, which are not opened within others.
        temporary: the folder a zip was unpacked to.
        others: the names of all other files of a folder, hidden ones left out.
    """

    source: str
    root: Path
    shown: Path
    names: tuple[str, ...]
    ignored: int = 0
    archives: tuple[str, ...] = ()
    temporary: tempfile.TemporaryDirectory[str] | None = None
    others: tuple[str, ...] = ()

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


def picture_suffixes(formats: Sequence[str] = ()) -> tuple[str, ...]:
    """The endings of files that are read.

    Args:
        formats: of the image column, see :class:`lepton_core.spec.Column`.
    """
    return PICTURE_SUFFIXES + tuple(end for name in formats for end in _MORE_SUFFIXES[name])


def is_picture(name: str, formats: Sequence[str] = ()) -> bool:
    """Whether a file of this name is read as a picture: it has one of the known endings.

    Example:
        >>> is_picture("1.PNG"), is_picture("1.dcm"), is_picture("1.dcm", ["dicom"])
        (True, False, True)
    """
    return name.lower().endswith(picture_suffixes(formats))


def hides_name(name: str, formats: Sequence[str] = ()) -> bool:
    """Whether a pseudonym stands for a file's name: where DICOM is read, names may tell patients.

    Those of everyday pictures and NIfTI files are shown, as their records are called by them.

    Args:
        name: of the file.
        formats: of the image column.

    Example:
        >>> [hides_name(name, ["dicom"]) for name in ("1.png", "1.nii.gz", "1.dcm", "IM0001")]
        [False, False, True, True]
        >>> hides_name("1.nii.gz", ["nifti"])
        False
    """
    return "dicom" in formats and not is_picture(name, ("nifti",))


def is_picture_file(path: str | Path, formats: Sequence[str] = ()) -> bool:
    """Whether a file is read as a picture: by its ending, or because it begins as a DICOM file.

    Scanners and archives write files called ``IM0001`` or by a UID. ``DICOMDIR`` is none.
    """
    path = Path(path)
    if path.name.upper() == _INDEX:
        return False
    if is_picture(path.name, formats):
        return True
    is_hidden = path.name.startswith(".")
    return "dicom" in formats and not is_hidden and file_start(path)[128:] == b"DICM"


def file_start(path: Path) -> bytes:
    """A file's first 132 bytes, which tell DICOM; empty where it cannot be read."""
    try:
        # A pipe would wait for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):
            return b""
        with path.open("rb") as file:
            return file.read(132)
    except OSError:
        return b""


def find_pictures(
    source: str | Path | Sequence[str | Path],
    root: Path | None = None,
    formats: Sequence[str] = (),
) -> PictureFiles:
    """Find the pictures that ``source`` stands for.

    Args:
        source: a picture, a folder (searched to the bottom), a ``.zip`` of pictures (unpacked to
            a temporary folder), or a list of pictures, which keep their order.
        root: for a picture or a list, the folder that ids and class folders are relative to;
            the deepest one that holds all of them when None.
        formats: what counts beside everyday pictures.

    Raises:
        DataError: ``data.no_file``, ``not_pictures``, ``no_pictures``, ``only_archives`` or
            ``no_access``; for a zip also ``download.*`` where it is damaged or unsafe.
        ValueError: a picture of the list is not below ``root``.
    """
    known = " ".join(picture_suffixes(formats))
    if not isinstance(source, (str, Path)):
        found = _listed([Path(path) for path in source], root, formats)
    elif (path := Path(source)).is_dir():
        found = _below(str(path), path, path, formats)
    elif not os.path.lexists(path):
        raise DataError("data.no_file", source=path)
    elif path.suffix.lower() == ".zip":
        found = _zipped(path, formats)
    elif is_picture_file(path, formats):
        found = _listed([path], root, formats)
    else:
        raise DataError("data.not_pictures", source=path, known=known)
    if not found.names:
        found.close()
        told = {"source": found.source, "known": known, "ignored": found.ignored}
        if found.archives:
            raise DataError("data.only_archives", archives=len(found.archives), **told)
        raise DataError("data.no_pictures", **told)
    return found


def _listed(paths: list[Path], root: Path | None, formats: Sequence[str]) -> PictureFiles:
    pictures = [Path(os.path.normpath(path)) for path in paths if is_picture_file(path, formats)]
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


def _zipped(path: Path, formats: Sequence[str]) -> PictureFiles:
    temporary = tempfile.TemporaryDirectory(prefix="lepton-", ignore_cleanup_errors=True)
    root = Path(temporary.name)
    try:
        unpack(path, root)
        found = _below(str(path), root, path, formats)
    except BaseException:
        temporary.cleanup()
        raise
    names, prefix = found.names, f"{path.stem}/"
    # Compressing the folder "line" makes line.zip, in which all stands in "line/". That is the
    # folder itself and no class.
    if names and all(name.startswith(prefix) for name in names):
        names = tuple(name.removeprefix(prefix) for name in names)
        others = [name.removeprefix(prefix) for name in found.others if name.startswith(prefix)]
        found = replace(found, others=tuple(others))
        root = root / path.stem
    return replace(found, root=root, names=names, temporary=temporary)


def _below(source: str, root: Path, shown: Path, formats: Sequence[str]) -> PictureFiles:
    try:
        every = list(_walk(root, "", ()))
    except OSError as error:
        where = error.filename or root
        raise DataError("data.no_access", source=where, reason=error.strerror or error) from error
    names = sorted(
        name for name in every if not _is_hidden(name) and is_picture_file(root / name, formats)
    )
    others = tuple(sorted(n for n in set(every).difference(names) if not _is_hidden(n)))
    archives = tuple(name for name in others if is_archive(name))
    ignored = len(every) - len(names)
    return PictureFiles(source, root, shown, tuple(names), ignored, archives, others=others)


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
