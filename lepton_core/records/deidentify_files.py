"""De-identifies files and folders of DICOM files into a folder; the names of files go too."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from lepton_core.errors import DataError
from lepton_core.records.deidentify import deidentify_file
from lepton_core.records.dicom_file import is_dicom, parse
from lepton_core.records.picture_files import find_pictures
from lepton_core.records.picture_parts import read_file
from lepton_core.records.pseudonym import file_pseudonym
from lepton_core.rejects import Refusal, Rejects


@dataclass
class Deidentified:
    """What came of a folder.

    Args:
        written: the new files.
        passed_over: how many files are no DICOM files; they are not copied.
        rejects: DICOM files that could not be written anew, under a pseudonym of their path.
    """

    written: list[Path] = field(default_factory=list)
    passed_over: int = 0
    rejects: Rejects = field(default_factory=Rejects)


def deidentify_folder(source: str | Path, out: str | Path) -> Deidentified:
    """Write DICOM files without identity, see :func:`lepton_core.records.deidentify.deidentify`.

    Args:
        source: a DICOM file, a folder of such at any depth, or a zip.
        out: a new or empty folder. Each patient has a folder there; both it and the files are
            named by pseudonyms.

    Raises:
        DataError: nothing to read is there, ``pseudonym.not_empty`` where ``out`` holds something,
            ``data.cannot_write``; ``pseudonym.*`` where there is no key.
        MissingDependency: ``dicom-anonymizer`` is not installed.
    """
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError("pseudonym.not_empty", out=out)
    files = find_pictures(source, formats=("dicom",))
    done = Deidentified(passed_over=files.ignored)
    try:
        for row, name in enumerate(files.names):
            data = read_file(files.root / name)
            if data is None or not is_dicom(data):
                done.passed_over += 1
                continue
            told = file_pseudonym(name)
            try:
                done.written.append(_write(deidentify_file(data), out))
            except Refusal as refusal:
                values = {"column": "image", "received": told, **refusal.values}
                done.rejects.add(row, told, refusal.key, **values)
    finally:
        files.close()
    return done


def _write(data: bytes, out: Path) -> Path:
    found, _ = parse(data)
    patient = str(found.get("PatientID") or "") or "unknown"
    digest = hashlib.sha256(data).hexdigest()[:20]
    target = out / patient / f"{digest}.dcm"
    # Under another name first: a file that is there is whole.
    new = target.with_suffix(".new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(data)
        os.replace(new, target)
    except OSError as error:
        new.unlink(missing_ok=True)
        reason = error.strerror or error
        raise DataError("data.cannot_write", out=target, reason=reason) from error
    return target
