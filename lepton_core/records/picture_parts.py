"""The records of one picture file: one, or one for each frame or slice of a medical file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lepton_core.image_header import read_header
from lepton_core.records.dicom_file import is_dicom
from lepton_core.records.nifti import is_nifti
from lepton_core.records.picture_files import DICOM_SUFFIXES, hides_name
from lepton_core.records.pseudonym import file_pseudonym
from lepton_core.records.refused import refused_bytes
from lepton_core.rejects import Refusal

_FILE_BYTES = 200_000_000


class Picture(NamedTuple):
    """One picture record.

    Args:
        record_id: path below the folder; a pseudonym where the file is DICOM, or is called so.
        path: where a person finds it, in messages; the pseudonym likewise.
        data: the file, or the one frame of it; None where it cannot be read.
        label: the class, where one is known.
        patient: the patient's pseudonym; None where the file names none.
        row: what a list says beside the path of its file; by column name.
        file: what it was read from; None where it stood in no file of its own.
        frame: which frame or slice of that file, from 0.
        is_hidden: whether id and path are pseudonyms.
        boxes: the text of its cell of boxes; None where nobody said.
        mask: the file of its mask; None where it has none.
    """

    record_id: str
    path: str
    data: bytes | None
    label: str | None = None
    patient: str | None = None
    row: Mapping[str, str | None] = {}
    file: Path | None = None
    frame: int = 0
    is_hidden: bool = False
    boxes: str | None = None
    mask: Path | None = None


def pictures_in(
    file: Path, name: str, shown: str, formats: tuple[str, ...] = (), label: str | None = None
) -> Iterator[Picture]:
    """The records of a file.

    Args:
        file: what to read.
        name: what its record is called, for everyday pictures and NIfTI.
        shown: its path for people, likewise.
        formats: what is read beside everyday pictures; its content tells what a file is.
        label: of its folder; it is dropped where it names the patient of a DICOM file.

    Raises:
        DataError: ``pseudonym.*`` where a DICOM file comes and there is no key.
        MissingDependency: a package for a format is not installed.
    """
    data = read_file(file)
    if "dicom" in formats and data is not None and is_dicom(data):
        from lepton_core.records.dicom import split_dicom

        for index, part in enumerate(split_dicom(data, label)):
            path = f"{part.record_id}{DICOM_SUFFIXES[0]}"
            made = Picture(part.record_id, path, part.data, part.label, part.patient)
            yield made._replace(file=file, frame=index, is_hidden=True)
        return
    is_hidden = hides_name(file.name, formats)
    if is_hidden:
        # By its name a DICOM file, whose name and folders may tell of whom it is.
        name = file_pseudonym(name)
        shown = f"{name}{DICOM_SUFFIXES[0]}"
        if data is None or not (read_header(data) or is_nifti(data)):
            # Empty, or damaged at its start, with names further down.
            label = None
            data = None if data is None else refused_bytes(Refusal("picture_unknown"))
    if "nifti" in formats and data is not None and is_nifti(data):
        from lepton_core.records.nifti import split_nifti

        for index, (ending, slice_data) in enumerate(split_nifti(data)):
            made = Picture(f"{name}{ending}", f"{shown}{ending}", slice_data, label)
            yield made._replace(file=file, frame=index, is_hidden=is_hidden)
        return
    yield Picture(name, shown, data, label, file=file, is_hidden=is_hidden)


def refused_archive(name: str) -> Picture:
    """The record of an archive within a folder or another archive: refused, as it is not opened."""
    hidden = file_pseudonym(as_text(name))
    return Picture(hidden, hidden, refused_bytes(Refusal("archive_inside")), is_hidden=True)


def read_file(path: Path) -> bytes | None:
    """A file's bytes; None where there is nothing to use."""
    try:
        # A pipe by the name of a picture would wait for ever.
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > _FILE_BYTES:
                return None
            data = file.read()
    except (OSError, ValueError):
        return None
    return data or None


def as_text(name: str) -> str:
    """A file's name as text: on Linux it may be no UTF-8, which every output would refuse."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def relative_name(text: str) -> str:
    """A path as a list wrote it, as an id: with forward slashes, without ``./``.

    Example:
        >>> relative_name(".\\\\train\\\\1.png")
        'train/1.png'
    """
    return str(PurePosixPath(text.strip().replace("\\", "/")))
