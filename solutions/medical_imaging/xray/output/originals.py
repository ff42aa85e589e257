"""The hospital's own file of a record that carries a pseudonym."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from lepton_core.errors import DataError
from lepton_core.records import Original, PictureReader
from lepton_core.records.dicom_file import is_dicom
from lepton_core.records.dicom_frames import frame_count, patient_of

from .dicom_source import Source


class Originals:
    """Reads the files of scored records once more, in step with the scoring.

    What it gives is identified, see :mod:`.dicom_source`; nothing of it is kept.

    Args:
        reader: of the same source as the one that is scored, read from its beginning; closed by
            who opened it.
    """

    def __init__(self, reader: PictureReader) -> None:
        self._stream = reader.originals()

    def of(self, record_id: str, patient: str) -> Source:
        """The original of a record, without its pixels.

        Args:
            record_id: of a scored record; later ones of the source may follow, no earlier ones.
            patient: pseudonym; another patient's file is not taken, so that no result is filed
                with the wrong person, even where a file was exchanged in between.

        Raises:
            DataError: ``medical_imaging.output.error.no_original``.
        """
        for original in self._stream:
            if original.record_id == record_id:
                dataset = _dataset(original)
                if dataset is None or (patient_of(dataset) or "") != patient:
                    break
                return Source(dataset, original.frame + 1 if frame_count(dataset) > 1 else None)
        raise DataError("medical_imaging.output.error.no_original", record=record_id)


def _dataset(original: Original) -> Any:
    from pydicom import dcmread

    if original.data is None or not is_dicom(original.data):
        return None
    return dcmread(BytesIO(original.data), stop_before_pixels=True, force=True)
