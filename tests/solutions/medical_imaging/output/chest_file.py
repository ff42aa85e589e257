"""A chest X-ray as a hospital sends it, made here, with names wherever names may stand."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from solutions.medical_imaging.xray.output.findings import Finding

CR = "1.2.840.10008.5.1.4.1.1.1"
MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.7.2"

# Each stands at a place of its own in the file.
NAMES = {
    "PatientName": "Zzyzx^Quilluma",
    "PatientID": "MRN-77821-QX",
    "OtherPatientNames": "Vorblatt^Ilse",
    "PatientAddress": "17 Krumholz Lane",
    "PatientComments": "sister of Brannigan-Tule",
    "ReferringPhysicianName": "Ostrowicz^Hale",
    "OperatorsName": "Fennimore^Jude",
    "InstitutionName": "Saint Quorvax Infirmary",
    "StationName": "QVX-ROOM-9",
    "AccessionNumber": "ACC-5519-ZZ",
    "StudyDescription": "chest of Quilluma",
    "StudyID": "SID-QQ-31",
}
BIRTH = "19410713"
PRIVATE = "Private-Tagline-Umbriel"
UIDS = {
    "SOPInstanceUID": "1.2.826.0.1.3680043.10.999.1.7",
    "StudyInstanceUID": "1.2.826.0.1.3680043.10.999.1.5",
    "SeriesInstanceUID": "1.2.826.0.1.3680043.10.999.1.6",
}
PLANTED = (
    *(part for value in NAMES.values() for part in value.split("^")),
    BIRTH,
    PRIVATE,
    *UIDS.values(),
)


def chest(frames: int = 1, names: dict[str, str] | None = None, **changed: Any) -> pydicom.Dataset:
    """A data set with pixels, 96 x 80, in which all of ``PLANTED`` stands."""
    found = pydicom.Dataset()
    found.SpecificCharacterSet = "ISO_IR 192"
    found.SOPClassUID = CR if frames == 1 else MULTI_FRAME
    for keyword, value in {**NAMES, **(names or {}), **UIDS}.items():
        setattr(found, keyword, value)
    found.PatientBirthDate, found.PatientSex = BIRTH, "F"
    found.StudyDate, found.StudyTime = "20260301", "101112"
    found.Modality, found.BodyPartExamined, found.ViewPosition = "CR", "CHEST", "PA"
    found.PatientOrientation = ["L", "F"]
    found.Rows, found.Columns, found.SamplesPerPixel = 96, 80, 1
    found.PhotometricInterpretation = "MONOCHROME2"
    found.BitsAllocated, found.BitsStored, found.HighBit = 16, 12, 11
    found.PixelRepresentation = 0
    found.WindowCenter, found.WindowWidth = 2048, 4096
    block = found.private_block(0x0019, "QUORVAX", create=True)
    block.add_new(0x01, "LO", PRIVATE)
    across = np.linspace(200, 3800, 80, dtype=np.uint16)[None].repeat(96, axis=0)
    found.NumberOfFrames = frames
    found.PixelData = np.stack([across + 10 * n for n in range(frames)]).tobytes()
    for keyword, value in changed.items():
        setattr(found, keyword, value)
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID
    found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID
    return found


def as_bytes(dataset: pydicom.Dataset) -> bytes:
    """The same as a file."""
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def finding(**changed: Any) -> Finding:
    """A finding at the operating point of 42%."""
    values: dict[str, Any] = {
        "record_id": "dcm-1",
        "patient": "p-0",
        "label": "pneumonia",
        "finding": "pneumonia",
        "probability": 0.87,
        "low": 0.8,
        "high": 0.92,
        "review": False,
        "threshold": 0.42,
        "policy": "recall",
        "policy_value": 0.95,
        "bundle": "medical_imaging/xray@sample",
        "bundle_version": "2026-11-25.0123456789ab",
        "scored_at": datetime(2026, 11, 25, 12, 30, tzinfo=UTC),
        "source": "dcm-1",
        "source_sha256": "00ff",
        "intended_use": "Assists a reader; does not diagnose.",
    }
    return Finding(**{**values, **changed})
