"""The hospital's own file of a record that carries a pseudonym."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lepton_core.errors import DataError
from lepton_core.records.dicom_file import IDENTITY, is_dicom
from lepton_core.records.dicom_frames import name_of, patient_of

from .dicom_source import Source

# So much of a file tells whether it is DICOM.
_START = 256


class Originals:
    """Finds originals below what was scored, under the key that made the pseudonyms.

    Nothing is written down: the names of the files are in memory for one run. What it gives is
    identified, see :mod:`.dicom_source`.

    Args:
        source: the DICOM file that was scored, or the folder; not a zip.
    """

    def __init__(self, source: Path) -> None:
        self._files = _files(source)
        self._known: dict[tuple[str, str], Path] = {}

    def of(self, record_id: str, patient: str) -> Source:
        """The original of a record, without its pixels.

        Args:
            record_id: as the reader gives it: the file's pseudonym, ``#3`` for the third frame.
            patient: pseudonym; a file of the same UID under another patient is not taken, so that
                no result is filed with the wrong person.

        Raises:
            DataError: ``medical_imaging.output.error.no_original``.
        """
        from pydicom import dcmread

        name, _, frame = record_id.partition("#")
        key = (name, patient)
        # Files are looked at only as far as needed; records come in their order.
        while key not in self._known and (path := next(self._files, None)) is not None:
            self._known.setdefault(_key(path), path)
        if key not in self._known:
            raise DataError("medical_imaging.output.error.no_original", record=record_id)
        dataset = dcmread(self._known[key], stop_before_pixels=True, force=True)
        return Source(dataset, int(frame) if frame else None)


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        return iter((source,))
    return (path for path in sorted(source.rglob("*")) if path.is_file())


def _key(path: Path) -> tuple[str, str]:
    """The pseudonyms of a file and its patient; empty for what is no DICOM with a UID."""
    from pydicom import dcmread

    try:
        with path.open("rb") as file:
            if not is_dicom(file.read(_START)):
                return "", ""
        found = dcmread(path, specific_tags=["SOPInstanceUID", *IDENTITY], force=True)
    # A damaged file fails in a way of its own, and is not the one that was scored.
    except Exception:
        return "", ""
    return (name_of(found, ""), patient_of(found) or "") if "SOPInstanceUID" in found else ("", "")
