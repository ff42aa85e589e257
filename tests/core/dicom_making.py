"""Makes DICOM files for tests: small pictures, with identity wherever a hospital leaves it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

CR, CT = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.2"
# What must be nowhere in what is written. Upper case where codes are written so.
NAMES = ("Planta", "Ophelia", "QX4711", "Mercy", "Hathaway", "secretword", "19520229")


def ramp(height: int = 20, width: int = 30, top: int = 4095) -> np.ndarray:
    """Values from 0 at the left to ``top`` at the right, uint16."""
    return np.tile(np.linspace(0, top, width), (height, 1)).round().astype(np.uint16)


def dataset(values: np.ndarray | None = None, **elements: Any) -> Dataset:
    """A CR picture; elements given as None are left out."""
    values = ramp() if values is None else values
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    many = values.ndim == 3 and values.shape[2] != 3
    plain = {
        "SOPClassUID": CR,
        "SOPInstanceUID": "1.2.3.4",
        "StudyInstanceUID": "1.2.3.1",
        "SeriesInstanceUID": "1.2.3.2",
        "Modality": "CR",
        "PatientID": "QX4711",
        "PatientName": "Planta^Ophelia",
        "NumberOfFrames": values.shape[0] if many else None,
        "Rows": values.shape[1] if many else values.shape[0],
        "Columns": values.shape[2] if many else values.shape[1],
        "SamplesPerPixel": 3 if values.ndim == 3 and not many else 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 8 * values.dtype.itemsize,
        "BitsStored": 12 if values.dtype == np.uint16 else 8 * values.dtype.itemsize,
        "PixelRepresentation": int(values.dtype.kind == "i"),
        "PixelData": values.tobytes(),
    }
    for keyword, value in {**plain, **elements}.items():
        if value is not None:
            setattr(made, keyword, value)
    if "BitsStored" in made:
        made.HighBit = made.BitsStored - 1
    if "PixelData" in made:
        made["PixelData"].VR = "OW" if values.dtype.itemsize > 1 else "OB"
    return made


def identified(**elements: Any) -> Dataset:
    """The same with the patient's and the hospital's names in all places that one thinks of."""
    plain = {
        "StudyInstanceUID": "1.2.4711.19520229.1",
        "SeriesInstanceUID": "1.2.4711.19520229.2",
        "SOPInstanceUID": "1.2.4711.19520229.3",
        "PatientBirthDate": "19520229",
        "OtherPatientIDs": "QX4711",
        "PatientComments": "Mrs. Planta, see secretword",
        "InstitutionName": "Mercy Hospital",
        "InstitutionAddress": "Mercy Street",
        "ReferringPhysicianName": "Hathaway^Anne",
        "PerformingPhysicianName": "Hathaway^Anne",
        "OperatorsName": "Hathaway",
        "StudyDescription": "Thorax Planta",
        "SeriesDescription": "secretword",
        "ProtocolName": "Planta",
        "StationName": "Mercy1",
        "AccessionNumber": "QX4711",
        "ImageComments": "secretword",
        "StudyDate": "19520229",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "DerivationDescription": "for Planta",
        "Manufacturer": "Planta",
        "WindowCenterWidthExplanation": "Planta bright",
    }
    made = dataset(**{**plain, **elements})
    inner = Dataset()
    inner.PatientName, inner.PatientID = "Planta^Ophelia", "QX4711"
    inner.CodeMeaning = "picture of Planta"
    inner.ReferencedSOPInstanceUID = "1.2.4711.19520229.9"
    inner.add_new(0x00090010, "LO", "Mercy")
    outer = Dataset()
    outer.RequestedProcedureDescription = "secretword"
    outer.ReferencedImageSequence = Sequence([inner])
    made.RequestAttributesSequence = Sequence([outer])
    made.ReferencedImageSequence = Sequence([inner])
    made.SourceImageSequence = Sequence([inner])
    made.add_new(0x00090010, "LO", "Mercy")
    made.add_new(0x00091001, "PN", "Planta^Ophelia")
    made.add_new(0x60003000, "OB", b"secretword")
    made.add_new(0x60004000, "LT", "Planta")
    return made


def encoded(made: Dataset) -> bytes:
    """The file of a dataset."""
    out = BytesIO()
    made.file_meta.MediaStorageSOPClassUID = made.get("SOPClassUID", CR)
    made.file_meta.MediaStorageSOPInstanceUID = made.get("SOPInstanceUID", "1.2.3.4")
    made.preamble = b"\0" * 128
    dcmwrite(out, made, enforce_file_format=True)
    return out.getvalue()


def dicom(values: np.ndarray | None = None, **elements: Any) -> bytes:
    """A file with these values."""
    return encoded(dataset(values, **elements))


def compressed(frames: list[bytes], syntax: str, **elements: Any) -> bytes:
    """A file whose pixels are these encoded frames."""
    made = dataset(**elements)
    made.file_meta.TransferSyntaxUID = syntax
    made.PixelData = encapsulate(frames)
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    return encoded(made)


def mentioned(data: bytes | str) -> list[str]:
    """Which of ``NAMES`` stand in it, in whatever case."""
    text = data if isinstance(data, str) else data.decode("latin-1")
    return [name for name in NAMES if name.lower() in text.lower()]
