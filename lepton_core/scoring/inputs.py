"""What a run remembers of its inputs, so that it goes on with the same ones."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lepton_core.records.picture_files import find_pictures, is_picture, is_picture_file
from lepton_core.records.pseudonym import pseudonym


def identity(path: Path, formats: Sequence[str] = ()) -> dict[str, Any]:
    """What tells an input from another, without reading it: path, size and time of change.

    Args:
        path: a file, or a folder of pictures, for which the list of them is digested. Other files
            in it do not count: our own output may stand there.
        formats: of the task's image column, which decide what counts as a picture. With any, a
            file stands under a pseudonym: what DICOM files are called tells of whom they are.
    """
    # The same whatever folder the command is called from.
    name = os.path.abspath(path)
    if formats and not path.is_dir():
        name = _pseudonym(name)
    if not path.is_dir():
        told = path.stat()
        return {"path": name, "bytes": told.st_size, "modified_ns": told.st_mtime_ns}
    digest = hashlib.sha256()
    size = 0
    for picture in find_pictures(path, formats=formats).names:
        told = (path / picture).stat()
        size += told.st_size
        digest.update(os.fsencode(f"{picture} {told.st_size} {told.st_mtime_ns}\n"))
    return {"path": name, "bytes": size, "listing_sha256": digest.hexdigest()}


def shown(path: Path, formats: Sequence[str] = ()) -> str:
    """What an input is called beside its refused records: its path, or that of a DICOM file hidden.

    Args:
        path: a file or folder.
        formats: of the task's image column.
    """
    is_dicom = "dicom" in formats and not is_picture(path.name, ("nifti",))
    if is_dicom and path.is_file() and is_picture_file(path, formats):
        return _pseudonym(os.path.abspath(path))
    return str(path)


def _pseudonym(path: str) -> str:
    return f"file-{pseudonym('path', path)}"


def rows_of(inputs: Sequence[Path]) -> int | None:
    """Records of all inputs together; None where a format does not tell before it is read."""
    if not all(path.suffix.lower() == ".parquet" and path.is_file() for path in inputs):
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return sum(pq.read_metadata(path).num_rows for path in inputs)
    except (OSError, pa.ArrowException):
        return None  # the reader tells what is wrong with it
