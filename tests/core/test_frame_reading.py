"""Everyday pictures in a medical column: read, or refused with the reason that fits."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
from dicom_making import dicom, ramp
from PIL import Image

from lepton_core.images import decode, decode_rows
from lepton_core.pictures import PicturePreprocessor
from lepton_core.records.frame import Frame, range_window, to_grey, to_rgb
from lepton_core.records.frame_reading import decode_frame, read_frame
from lepton_core.rejects import Refusal


def picture(suffix: str, image: np.ndarray) -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


def pillow(kind: str, mode: str = "RGB", frames: int = 1) -> bytes:
    rng = np.random.default_rng(0)
    shape = (40, 50) if mode == "L" else (40, 50, len(mode))
    many = [Image.fromarray(rng.integers(0, 256, shape, np.uint8), mode) for _ in range(frames)]
    out = io.BytesIO()
    more = {"save_all": True, "append_images": many[1:], "duration": 100} if frames > 1 else {}
    many[0].save(out, kind, **more)
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


GREY = np.random.default_rng(0).integers(0, 256, (60, 80), np.uint8)
REFUSED = [
    (b"", "picture_unknown"),
    (b"no picture" * 50, "picture_unknown"),
    (picture(".png", GREY[:1, :1]), "picture_too_small"),
    (picture(".jpg", GREY[:8]), "picture_too_small"),
    (dicom(ramp(4, 4)), "picture_too_small"),
    (png_of(20_000, 20_000), "picture_too_large"),
    (pillow("GIF", "L"), "picture_moving"),
    (pillow("GIF", "L", 3), "picture_moving"),
    (pillow("WEBP", "RGB", 3), "picture_moving"),
    (pillow("PNG", "RGB", 3), "picture_moving"),
    *((picture(end, GREY)[:1500], "picture_cut_off") for end in (".png", ".jpg", ".webp")),
    (picture(".jpg", GREY)[:3], "picture_cut_off"),
    (picture(".png", GREY)[:20], "picture_cut_off"),
    (b"\x89PNG\r\n\x1a\n" + picture(".png", GREY)[8:60] + b"IEND" + bytes(8), "picture_damaged"),
    (picture(".tif", np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)), "picture_damaged"),
]


@pytest.mark.parametrize(
    ("data", "key"), REFUSED, ids=[f"{n} {k}" for n, (_, k) in enumerate(REFUSED)]
)
def test_what_cannot_be_used_says_why(data: bytes, key: str) -> None:
    for read in (read_frame, decode_frame):
        with pytest.raises(Refusal) as caught:
            read(data)
        assert caught.value.key == key


@pytest.mark.parametrize(
    "data",
    [pillow("JPEG", "CMYK"), pillow("PNG", "RGBA"), pillow("WEBP"), pillow("PNG"), pillow("BMP")],
)
def test_odd_pictures_are_read(data: bytes) -> None:
    assert decode_frame(data, channels=1, size=(20, 20)).shape == (20, 20, 1)
    assert read_frame(data).values.shape[:2] == (40, 50)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_twelve_bits_in_a_picture_of_sixteen_are_not_black(suffix: str, channels: int) -> None:
    film = ramp(40, 60, top=3000) + 500
    array = decode_frame(picture(suffix, film), channels=channels)
    assert (int(array.min()), int(array.max())) == (0, 255)
    frame = read_frame(picture(suffix, film))
    assert np.array_equal(frame.values, film.astype(np.float32))
    assert frame.window == range_window(500.0, 3500.0)
    # Elsewhere it stays as it was: sixteen bits are sixteen bits.
    assert int(decode(picture(suffix, film), channels=1).max()) < 20


def test_everyday_pictures_decode_as_everywhere() -> None:
    jpeg = picture(".jpg", cv2.resize(GREY, (800, 600)))
    for size in (None, (64, 64)):
        assert np.array_equal(decode_frame(jpeg, size=size), decode(jpeg, channels=1, size=size))


def test_a_grey_jpeg_has_values_that_a_window_can_change() -> None:
    frame = read_frame(picture(".png", GREY))
    assert not frame.is_colour
    assert np.array_equal(to_grey(frame), GREY)
    assert set(np.unique(to_grey(frame, (128.0, 1.0)))) == {0, 255}
    assert to_rgb(frame).shape == (60, 80, 3)


def test_the_content_decides_and_not_the_name() -> None:
    assert read_frame(picture(".jpg", GREY)).kind == "jpeg"
    assert read_frame(dicom()).kind == "dicom"


def test_a_curve_shows_steps_beyond_its_ends() -> None:
    frame = Frame(
        np.array([[-5.0, 0, 1, 99]], np.float32), (0, 1), curve=(0.0, np.array([0.0, 1.0]))
    )
    assert to_grey(frame).tolist() == [[0, 0, 255, 255]]


def column(*files: bytes | None) -> pa.Table:
    rows = [{"path": f"{n}.x", "bytes": data} for n, data in enumerate(files)]
    ids = [str(n) for n in range(len(files))]
    return pa.table({"record_id": ids, "image": pa.array(rows)})


def test_a_preprocessor_refuses_with_the_reason_where_formats_are_named() -> None:
    records = column(picture(".png", GREY), png_of(20_000, 20_000), dicom(PixelData=None), dicom())
    prepared = PicturePreprocessor(8, 8, 1, formats=("dicom",)).transform(records)
    assert prepared.arrays["x"].shape == (2, 8, 8, 1)
    assert prepared.kept.tolist() == [0, 3]
    assert prepared.rejects.counts() == {"picture_too_large": 1, "dicom_no_pixels": 1}
    told = [reject.to_json()["reasons"][0]["message"] for reject in prepared.rejects]
    assert "20000 x 20000" in told[0]
    assert "2.x" in told[1]
    plain = PicturePreprocessor(8, 8, 1).transform(records)
    assert plain.rejects.counts() == {"not_a_picture": 3}


def test_a_preprocessor_keeps_its_formats_and_reads_states_from_before() -> None:
    made = PicturePreprocessor(8, 9, 1, formats=("dicom", "nifti"))
    state, arrays = made.state()
    assert PicturePreprocessor.from_state(state, arrays).formats == ("dicom", "nifti")
    del state["formats"]
    assert PicturePreprocessor.from_state(state, arrays).formats == ()


def test_a_row_that_is_null_is_refused_and_not_a_crash(tmp_path: Path) -> None:
    images = column(None, picture(".png", GREY)).column("image")
    arrays, kept, refused = decode_rows(images, channels=1, size=(4, 4), formats=("dicom",))
    assert (len(arrays), kept.tolist(), refused[0].key) == (1, [1], "picture_unknown")
