"""What a run remembers of its inputs, so that it goes on with the same ones."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lepton_core.records.dicom_file import is_dicom
from lepton_core.records.picture_files import file_start, find_pictures, hides_name
from lepton_core.records.pseudonym import file_pseudonym
from lepton_core.records.video_names import address_of, shown_address


def identity(path: Path, formats: Sequence[str] = (), frames: bool = False) -> dict[str, Any]:
    """What tells an input from another, without reading all of it: path, size, time of change.

    Args:
        path: a file, or a folder of pictures, for which the list of them is digested. Other files
            in it do not count: our own output may stand there.
        formats: of the task's image column, which decide what counts as a picture, and which
            files stand under a pseudonym, see :func:`shown`.
        frames: whether the task takes videos, of which one may be a stream by its address.

    Raises:
        DataError: ``pseudonym.*`` where a name is to be hidden and there is no key.
    """
    if frames and (address := address_of(path)):
        return {"path": shown_address(address)}
    # The same whatever folder the command is called from.
    name = shown(Path(os.path.abspath(path)), formats)
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
    """What an input is called in logs and beside its refused records: its path, or a pseudonym.

    A pseudonym where the task reads DICOM, and the file is no everyday picture or NIfTI by its
    name, or is DICOM whatever its name: what such files, and lists and archives of them, are
    called tells of whom they are.

    Args:
        path: a file, or a folder, which is called what the person called it.
        formats: of the task's image column.

    Raises:
        DataError: ``pseudonym.*`` where the name is to be hidden and there is no key.
    """
    if "dicom" not in formats or path.is_dir():
        return str(path)
    if hides_name(path.name, formats) or is_dicom(file_start(path)):
        return file_pseudonym(os.path.abspath(path))
    return str(path)


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
