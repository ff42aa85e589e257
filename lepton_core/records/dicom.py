"""DICOM files: their frames as records without identity, and frames as values to look at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from lepton_core.records._pydicom import need_gdcm, quiet_pydicom
from lepton_core.records.dicom_file import parse
from lepton_core.records.dicom_frames import (
    frame_count,
    name_of,
    patient_of,
    single,
    tells_patient,
    with_names,
)
from lepton_core.records.dicom_objects import JPEG, JPEG_2000, JPEG_EXTENDED, RLE
from lepton_core.records.dicom_values import frame_of
from lepton_core.records.frame import Frame
from lepton_core.records.refused import refused_bytes
from lepton_core.rejects import Refusal


class Part(NamedTuple):
    """One record of a file.

    Args:
        record_id: a pseudonym, with ``#2`` for the second of several frames.
        data: a DICOM file of this frame alone without identity, or
            :func:`~lepton_core.records.refused.refused_bytes`.
        patient: the patient's pseudonym; None where the file names none.
        label: that was given for the file, unless it tells who the patient is.
    """

    record_id: str
    data: bytes
    patient: str | None
    label: str | None = None


def split_dicom(data: bytes | memoryview, label: str | None = None) -> Iterator[Part]:
    """The records of a DICOM file, a frame each; a file that is no picture gives one refused.

    Args:
        data: the file.
        label: its folder, which may be a class, or a patient's name.

    Raises:
        DataError: ``pseudonym.*`` where there is no key to make pseudonyms with.
    """
    found, refusal = parse(data)
    name = name_of(found, hashlib.sha256(data).hexdigest())
    patient = patient_of(found)
    label = None if label is None or tells_patient(found, label) else label
    if refusal is not None:
        yield Part(name, refused_bytes(refusal), patient, label)
        return
    frames = frame_count(found)
    for index in range(frames):
        record_id = name if frames == 1 else f"{name}#{index + 1}"
        try:
            made = with_names(single(found, index), found, name, patient)
        except Refusal as broken:
            made = refused_bytes(broken)
        yield Part(record_id, made, patient, label)


def read_dicom(data: bytes | memoryview, index: int = 0) -> Frame:
    """Decode one frame of a DICOM file.

    Args:
        data: the file, of one or several frames.
        index: of the frame, from 0.

    Raises:
        Refusal: ``dicom_*``, why it cannot be read.
        MissingDependency: it is compressed, and gdcm is not installed.
        IndexError: it has not so many frames.
    """
    found, refusal = parse(data)
    if refusal is not None:
        raise refusal
    if not 0 <= index < frame_count(found):
        raise IndexError(f"the file has {frame_count(found)} frames. Received: index={index}")
    one = single(found, index)
    return frame_of(one, *_stored(one))


def _stored(one: Any) -> tuple[np.ndarray, str]:
    """Stored values [height, width] or [height, width, 3], and what they mean by now."""
    syntax = str(one.file_meta.TransferSyntaxUID)
    options: dict[str, Any] = {}
    if syntax in (*JPEG, *JPEG_2000):
        need_gdcm()
        options["decoding_plugin"] = "gdcm"
    if syntax in (*JPEG, *JPEG_2000, RLE):
        _check_stream(one, syntax)
    try:
        if syntax == JPEG_EXTENDED and int(one.BitsAllocated) == 16:
            return _twelve_bits(one), str(one.PhotometricInterpretation)
        decoder = quiet_pydicom().pixels.get_decoder(syntax)
        array, told = decoder.as_array(one, index=0, **options)
    # A damaged stream: each decoder has errors of its own.
    except Exception as error:
        raise Refusal("dicom_pixels") from error
    return array, str(told["photometric_interpretation"])


def _twelve_bits(one: Any) -> np.ndarray:
    """Values of a 12-bit JPEG: pydicom does not hand it to gdcm, which decodes it well."""
    import gdcm

    fragment, fragments = gdcm.Fragment(), gdcm.SequenceOfFragments.New()
    fragment.SetByteStringValue(_stream(one))
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((int(one.Columns), int(one.Rows), 1))
    image.SetDataElement(element)
    meaning = gdcm.PhotometricInterpretation.GetPIType(str(one.PhotometricInterpretation))
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(meaning))
    kind = gdcm.TransferSyntax.GetTSType(JPEG_EXTENDED)
    image.SetTransferSyntax(gdcm.TransferSyntax(kind))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, 12, 11, 0))
    # gdcm gives a C string, which Python takes for text.
    data = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(data, np.uint16).reshape(int(one.Rows), int(one.Columns))


def _stream(one: Any) -> bytes:
    """The compressed frame."""
    frames = quiet_pydicom().encaps.generate_frames(one.PixelData, number_of_frames=1)
    return next(frames, b"")


def _check_stream(one: Any, syntax: str) -> None:
    """Refuse compressed pixels that are of another size than the header says, before decoding."""
    stream = _stream(one)
    height, width = int(one.Rows), int(one.Columns)
    if syntax == RLE:
        samples = int(one.get("SamplesPerPixel") or 1)
        if _unpacked(stream) > 2 * height * width * samples * int(one.BitsAllocated) // 8 + 1024:
            raise Refusal("dicom_pixels")
        return
    if syntax in JPEG_2000:
        declared, is_whole = _jpeg_2000(stream)
    else:
        from lepton_core.image_header import read_header

        header = read_header(stream)
        declared = None if header is None else (header.width, header.height)
        is_whole = header is not None and header.is_whole
    if declared != (width, height):
        raise Refusal("dicom_pixels")
    if not is_whole:
        raise Refusal("dicom_cut_off")


def _jpeg_2000(stream: bytes) -> tuple[tuple[int, int] | None, bool]:
    """Width and height that a codestream declares, and whether it has an end."""
    start = stream.find(b"\xff\x4f\xff\x51")
    if start < 0 or len(stream) < start + 40:
        return None, False
    right, bottom, left, top = (
        int.from_bytes(stream[start + at : start + at + 4], "big") for at in (8, 12, 16, 20)
    )
    return (right - left, bottom - top), stream.rstrip(b"\0\xff").endswith(b"\xff\xd9")


def _unpacked(stream: bytes) -> int:
    """Most bytes that a run-length encoded frame can unpack to, without unpacking it."""
    # Up to this size even the worst stays small.
    if len(stream) <= 2_000_000:
        return 0
    position, total, size = 64, 0, len(stream)
    while position < size:
        code = stream[position]
        if code < 128:
            position += code + 2
            total += code + 1
        else:
            position += 2 if code > 128 else 1
            total += 257 - code if code > 128 else 0
    return total
