"""Parses a DICOM file from a stranger, within bounds, as far as reading a picture needs it."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

from lepton_core.records._pydicom import quiet_pydicom
from lepton_core.records.dicom_objects import (
    DEFLATED,
    EXPLICIT,
    check_compression,
    check_kind,
    is_compressed,
    known_name,
)
from lepton_core.rejects import Refusal

MOST_PIXELS = 64_000_000
MOST_FRAMES = 20_000
_MOST_ELEMENTS = 20_000
_MOST_INFLATED = 400_000_000
_UNDEFINED = 0xFFFFFFFF
_PIXEL_DATA = 0x7FE00010
_PALETTE = tuple(
    f"{colour}PaletteColorLookupTable{part}"
    for colour in ("Red", "Green", "Blue")
    for part in ("Descriptor", "Data")
)
# What decoding and reporting need. Nothing else of a file is even parsed.
IDENTITY = (
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "AccessionNumber",
    "StudyID",
)
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
CODES = (
    "BodyPartExamined",
    "BurnedInAnnotation",
    "ImageLaterality",
    "Laterality",
    "LossyImageCompression",
    "Modality",
    "ViewPosition",
)
NUMBERS = (
    "BitsAllocated",
    "BitsStored",
    "Columns",
    "HighBit",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "PixelPaddingRangeLimit",
    "PixelPaddingValue",
    "PixelRepresentation",
    "PixelSpacing",
    "PlanarConfiguration",
    "RescaleIntercept",
    "RescaleSlope",
    "Rows",
    "SamplesPerPixel",
    "WindowCenter",
    "WindowWidth",
    *_PALETTE,
)
TABLES = ("ModalityLUTSequence", "VOILUTSequence")
WORDS = ("PatientOrientation", "PhotometricInterpretation", "RescaleType", "VOILUTFunction")
GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
_PLAIN = ("NumberOfFrames", "PixelData", "SOPClassUID")
WANTED = (*IDENTITY, *UIDS, *CODES, *NUMBERS, *TABLES, *WORDS, *GROUPS, *_PLAIN)
_PHOTOMETRIC = (
    "MONOCHROME1",
    "MONOCHROME2",
    "PALETTE COLOR",
    "RGB",
    "YBR_FULL",
    "YBR_FULL_422",
    "YBR_ICT",
    "YBR_RCT",
)


def is_dicom(data: bytes | memoryview) -> bool:
    """Whether these bytes begin a DICOM file: with its magic, or with its first elements bare.

    Example:
        >>> is_dicom(bytes(128) + b"DICM"), is_dicom(b"BM")
        (True, False)
    """
    start = bytes(data[:132])
    # Files of before 1993, and of some senders, have no preamble; they begin with group 8.
    return start[128:] == b"DICM" or (start[:2] == b"\x08\0" and start[2:4] in _FIRST_ELEMENTS)


_FIRST_ELEMENTS = tuple(bytes([n, 0]) for n in (0x00, 0x01, 0x05, 0x08, 0x12, 0x16, 0x18))


def parse(data: bytes | memoryview) -> tuple[Any, Refusal | None]:
    """The elements ``WANTED`` of a file, and why it is no picture to read.

    Args:
        data: the file.

    Returns:
        a ``pydicom.Dataset`` whose ``file_meta`` has a transfer syntax, and the reason to refuse
        it, or None. With a reason, the dataset may lack anything.
    """
    pydicom = quiet_pydicom()
    try:
        data = inflated(bytes(data))
        file = BytesIO(data)
        watch = _Watch(file, len(data))
        tags = [pydicom.datadict.tag_for_keyword(keyword) for keyword in WANTED]
        found = pydicom.filereader.read_partial(file, watch, force=True, specific_tags=tags)
        meta = found.file_meta
        if "TransferSyntaxUID" not in meta:
            implicit, little = found.original_encoding
            meta.TransferSyntaxUID = (
                "1.2.840.10008.1.2" if implicit else EXPLICIT if little else "1.2.840.10008.1.2.2"
            )
    except Refusal as refusal:
        return pydicom.Dataset(), refusal
    # Damaged in a way of its own; the library answers with whatever it runs into.
    except Exception:
        return pydicom.Dataset(), Refusal("dicom_header")
    try:
        _check(found, watch)
    except Refusal as refusal:
        return found, refusal
    except Exception:
        return found, Refusal("dicom_header")
    return found, None


class _Watch:
    """Sees every element of a file before its value is read."""

    def __init__(self, file: BytesIO, size: int) -> None:
        self._file, self._size = file, size
        self._seen = 0
        self._end = 0
        self.is_cut = False
        self.has_pixels = False

    def __call__(self, tag: int, vr: str | None, length: int) -> bool:
        self._seen += 1
        if self._seen > _MOST_ELEMENTS:
            raise Refusal("dicom_header")
        # What ends within an element that was announced is cut off, whatever that element is.
        if length != _UNDEFINED:
            self._end = self._file.tell() + length
            self.is_cut = self._end > self._size
        self.has_pixels = self.has_pixels or tag == _PIXEL_DATA
        return False


def inflated(data: bytes) -> bytes:
    """A deflated file as a plain one, within bounds; any other file as it is.

    Raises:
        Refusal: ``dicom_header`` or ``dicom_cut_off``.
    """
    pydicom = quiet_pydicom()
    if data[128:132] != b"DICM":
        return data
    file = BytesIO(data)
    file.seek(132)
    meta = pydicom.filereader._read_file_meta_info(file)
    if meta.get("TransferSyntaxUID") != DEFLATED:
        return data
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(data[file.tell() :], _MOST_INFLATED)
    except zlib.error as error:
        raise Refusal("dicom_header") from error
    if not unpacker.eof:
        raise Refusal("dicom_header" if len(plain) == _MOST_INFLATED else "dicom_cut_off")
    meta.TransferSyntaxUID = EXPLICIT
    out = BytesIO()
    pydicom.filewriter.write_file_meta_info(out, meta, enforce_standard=False)
    return bytes(128) + b"DICM" + out.getvalue() + plain


def _check(found: Any, watch: _Watch) -> None:
    meta = found.file_meta
    sop_class = str(found.get("SOPClassUID") or meta.get("MediaStorageSOPClassUID") or "")
    check_kind(sop_class)
    has_pixels = "PixelData" in found
    if not has_pixels and watch.has_pixels:
        raise Refusal("dicom_cut_off")
    if not has_pixels and ("Rows" not in found or not watch.is_cut):
        # Cut off before the picture, or never one.
        raise Refusal("dicom_cut_off") if watch.is_cut else _no_pixels(found, sop_class)
    height, width = int(found.Rows), int(found.Columns)
    frames = int(found.get("NumberOfFrames") or 1)
    if height * width > MOST_PIXELS or frames > MOST_FRAMES:
        raise Refusal(
            "dicom_too_large", width=width, height=height, frames=frames, most=MOST_PIXELS
        )
    if min(height, width, frames) < 1:
        raise Refusal("dicom_header")
    syntax = str(meta.TransferSyntaxUID)
    check_compression(syntax)
    if watch.is_cut or not has_pixels:
        raise Refusal("dicom_cut_off")
    samples, bits = int(found.get("SamplesPerPixel") or 1), int(found.BitsAllocated)
    stored = int(found.get("BitsStored") or bits)
    photometric = str(found.get("PhotometricInterpretation") or "MONOCHROME2").strip()
    is_known = photometric in _PHOTOMETRIC and samples in (1, 3) and bits in (1, 8, 16, 32)
    if not is_known or not 1 <= stored <= bits or (samples == 3 and bits > 16):
        raise Refusal("dicom_header")
    if not is_compressed(syntax):
        # A pixel of YBR_FULL_422 shares its colour with the next.
        each = 2 if photometric == "YBR_FULL_422" else samples
        if len(found.PixelData) * 8 < height * width * each * bits * frames:
            raise Refusal("dicom_cut_off")


def _no_pixels(found: Any, sop_class: str) -> Refusal:
    if not sop_class and "Rows" not in found and "Modality" not in found:
        # Nothing of a DICOM file was understood.
        return Refusal("dicom_header")
    return Refusal("dicom_no_pixels", kind=known_name(sop_class))
