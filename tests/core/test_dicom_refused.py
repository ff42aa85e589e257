"""DICOM files that are no picture to read, or are broken, are refused with their reason."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from dicom_making import compressed, dataset, dicom, encoded, mentioned, ramp
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from lepton_core.messages import t
from lepton_core.records.dicom import read_dicom, split_dicom
from lepton_core.records.frame_reading import read_frame
from lepton_core.records.refused import REASONS, refusal_in, refused_bytes
from lepton_core.rejects import Refusal

CLASS = "1.2.840.10008.5.1.4.1.1."
JPEG_2000 = "1.2.840.10008.1.2.4.90"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"


def reason(data: bytes) -> Refusal:
    """Why a file is refused; its record and the file itself must say the same."""
    with pytest.raises(Refusal) as caught:
        read_frame(data)
    (part,) = split_dicom(data)
    with pytest.raises(Refusal) as again:
        read_frame(part.data)
    assert (again.value.key, again.value.values) == (caught.value.key, caught.value.values)
    assert not mentioned(part.data)
    return caught.value


@pytest.mark.parametrize(
    ("elements", "key"),
    [
        ({"SOPClassUID": f"{CLASS}66.4"}, "dicom_segmentation"),
        ({"SOPClassUID": f"{CLASS}481.2"}, "dicom_radiotherapy"),
        ({"SOPClassUID": f"{CLASS}481.3", "PixelData": None}, "dicom_radiotherapy"),
        ({"SOPClassUID": f"{CLASS}481.5", "PixelData": None}, "dicom_radiotherapy"),
        ({"SOPClassUID": f"{CLASS}88.33", "PixelData": None}, "dicom_document"),
        ({"SOPClassUID": f"{CLASS}104.1", "PixelData": None}, "dicom_document"),
        ({"SOPClassUID": f"{CLASS}11.1", "PixelData": None}, "dicom_other_object"),
        ({"SOPClassUID": f"{CLASS}30"}, "dicom_other_object"),
        ({"PixelData": None}, "dicom_no_pixels"),
        ({"PixelData": None, "Rows": None, "Columns": None}, "dicom_no_pixels"),
        ({"PixelData": ramp().tobytes()[:-10]}, "dicom_cut_off"),
        ({"NumberOfFrames": 2}, "dicom_cut_off"),
        ({"Rows": 20_000, "Columns": 20_000}, "dicom_too_large"),
        ({"Rows": 65_535, "Columns": 65_535, "NumberOfFrames": 2_000_000_000}, "dicom_too_large"),
        ({"Rows": 0}, "dicom_header"),
        ({"NumberOfFrames": -3}, "dicom_header"),
        ({"BitsAllocated": 12}, "dicom_header"),
        ({"BitsStored": 40}, "dicom_header"),
        ({"PhotometricInterpretation": "HSV"}, "dicom_header"),
        ({"SamplesPerPixel": 7}, "dicom_header"),
        ({"BitsAllocated": None}, "dicom_header"),
    ],
)
def test_the_reason_is_told(elements: dict[str, Any], key: str) -> None:
    assert reason(dicom(**elements)).key == key


def test_a_portal_image_of_radiotherapy_is_a_picture() -> None:
    assert read_dicom(dicom(SOPClassUID=f"{CLASS}481.1")).values.shape == (20, 30)


def test_a_compression_that_is_not_read_is_named_if_the_standard_names_it() -> None:
    video = "1.2.840.10008.1.2.4.100"
    data = compressed([b"\0" * 10], video)
    refusal = reason(data)
    assert refusal.key == "dicom_compression"
    assert refusal.values["compression"].startswith("MPEG2")
    refusal = reason(data.replace(video.encode(), b"1.2.4711.19520229.1.2.3"))
    assert (refusal.key, refusal.values) == ("dicom_compression", {"compression": "-"})


def test_no_cut_of_a_file_crashes_or_passes() -> None:
    made = dataset()
    made.compress(RLELossless, generate_instance_uid=False)
    for data in (dicom(), encoded(made)):
        keys = set()
        for kept in range(140, len(data) - 1, 7):
            with pytest.raises(Refusal) as caught:
                read_frame(data[:kept])
            keys.add(caught.value.key)
        assert keys <= {"dicom_cut_off", "dicom_no_pixels", "dicom_header"}
        assert "dicom_cut_off" in keys


def test_a_file_that_is_cut_within_its_pixels_is_cut_off() -> None:
    for data in (dicom(), compressed([bytes(500)], JPEG_2000)):
        for kept in (len(data) - 9, len(data) - 100, len(data) - 400):
            assert reason(data[:kept]).key == "dicom_cut_off"


def test_no_change_of_a_byte_crashes() -> None:
    rng = np.random.default_rng(0)
    data = dicom(WindowCenter=2048, WindowWidth=4096, RescaleSlope=1, RescaleIntercept=0)
    for _ in range(300):
        broken = bytearray(data)
        for place in rng.integers(132, len(data), 4):
            broken[place] = rng.integers(0, 256)
        for part in split_dicom(bytes(broken)):
            with contextlib.suppress(Refusal):
                assert read_frame(part.data).values.ndim in (2, 3)


@pytest.mark.parametrize(
    "data", [bytes(128) + b"DICM", bytes(128) + b"DICM" + b"\xff" * 400, b"\x08\0\x05\0" * 3]
)
def test_a_file_that_holds_nothing_is_a_damaged_header(data: bytes) -> None:
    assert reason(data).key in ("dicom_header", "dicom_cut_off")


def test_compressed_pixels_of_another_size_are_refused_before_decoding() -> None:
    large = cv2.imencode(".jpg", np.zeros((900, 900), np.uint8))[1].tobytes()
    grey = (ramp() // 16).astype(np.uint8)
    data = compressed([large], JPEG_BASELINE, values=grey, BitsStored=8)
    assert reason_on_reading(data) == "dicom_pixels"
    # A codestream of a few bytes that declares billions of pixels.
    size = struct.pack(">HHIIIIIIIIH", 41, 0, 60_000, 60_000, 0, 0, 60_000, 60_000, 0, 0, 1)
    bomb = b"\xff\x4f\xff\x51" + size + b"\x0f\x01\x01" + b"\xff\xd9"
    assert reason_on_reading(compressed([bomb], JPEG_2000)) == "dicom_pixels"


def reason_on_reading(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        read_frame(data)
    return caught.value.key


def test_a_damaged_stream_is_refused() -> None:
    jpeg = cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 255, (20, 30), np.uint8))[1]
    data = jpeg.tobytes()
    grey = (ramp() // 16).astype(np.uint8)
    cut = compressed([data[:-60]], JPEG_BASELINE, values=grey, BitsStored=8)
    assert reason_on_reading(cut) == "dicom_cut_off"
    assert reason_on_reading(compressed([b"no picture"], JPEG_2000)) == "dicom_pixels"
    assert reason_on_reading(compressed([b"\1" * 100], RLELossless)) == "dicom_pixels"


def test_what_unpacks_to_too_much_is_refused_within_bounds() -> None:
    made = dataset()
    made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    whole = encoded(dataset())
    start = whole.index(b"\x08\0\x16\0")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [packer.compress(whole[start:-1208])]
    parts += [packer.compress(bytes(1 << 20)) for _ in range(1500)]
    deflated = encoded(made)
    head = deflated[: 144 + struct.unpack("<I", deflated[140:144])[0]]
    tracemalloc.start()
    with pytest.raises(Refusal) as caught:
        read_frame(head + b"".join(parts) + packer.flush())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.key == "dicom_header"
    assert peak < 1_000_000_000
    runs = struct.pack("<16I", 1, 64, *([0] * 14)) + b"\x81\0" * 3_000_000
    assert reason_on_reading(compressed([runs], RLELossless)) == "dicom_pixels"


def test_a_header_of_countless_elements_is_not_read_to_its_end() -> None:
    many = b"".join(struct.pack("<HH2sH", 0x0008, n % 60_000, b"SH", 0) for n in range(30_000))
    whole = dicom()
    start = whole.index(b"\x08\0\x16\0")
    assert reason(whole[:start] + many + whole[start:]).key == "dicom_header"


def test_every_reason_has_its_sentence_with_all_it_tells() -> None:
    for key, names in REASONS.items():
        values = dict.fromkeys(names, "VALUE")
        for language in ("en", "zh"):
            text = t(f"reject.{key}", language=language, column="image", received="x.dcm", **values)
            assert text.count("VALUE") >= len(names), key
            assert "x.dcm" in text


def test_a_strangers_file_cannot_put_words_into_our_mouth() -> None:
    told = refusal_in(refused_bytes(Refusal("dicom_cut_off")))
    assert told is not None
    assert told.key == "dicom_cut_off"
    forged = b'LEPTON-REFUSED\n{"key": "dicom_cut_off", "received": "you"}'
    assert refusal_in(forged).key == "picture_unknown"
    assert refusal_in(b"LEPTON-REFUSED\nnonsense").key == "picture_unknown"
