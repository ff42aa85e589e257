"""A picture decodes to the same array everywhere, or not at all."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pyarrow as pa
import pytest

from lepton_core import images
from lepton_core.image_header import read_header
from lepton_core.images import decode, decode_rows, resize

FORMATS = [".png", ".jpg", ".bmp", ".webp", ".tif"]


def encoded(suffix: str, image: np.ndarray, *options: int) -> bytes:
    ok, data = cv2.imencode(suffix, image, list(options))
    assert ok
    return data.tobytes()


def smooth(height: int = 60, width: int = 90) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 / width, y * 255 / height, 255 - x * 255 / width], -1).astype(np.uint8)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def turned(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF block that asks for a turn."""
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    exif = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def png_of(width: int, height: int) -> bytes:
    """A few bytes that declare a picture of any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_format_gives_the_same_picture(suffix: str, channels: int) -> None:
    image = smooth()
    array = decode(encoded(suffix, image), channels=channels)
    assert array.dtype == np.uint8
    assert array.shape == (60, 90, channels)
    wanted = (
        image[..., ::-1] if channels == 3 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)[..., None]
    )
    assert np.abs(array.astype(int) - wanted).mean() < 3


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_header_tells_the_size(suffix: str) -> None:
    header = read_header(encoded(suffix, smooth(37, 91)))
    assert (header.width, header.height, header.is_whole) == (91, 37, True)
    assert header.kind == {".jpg": "jpeg", ".tif": "tiff"}.get(suffix, suffix[1:])


def test_lossless_webp_tells_its_size_too() -> None:
    data = encoded(".webp", smooth(37, 91), cv2.IMWRITE_WEBP_QUALITY, 101)
    assert data[12:16] == b"VP8L"
    assert read_header(data)[:3] == ("webp", 91, 37)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_16_bit_ramp_keeps_its_order_and_range(suffix: str, channels: int) -> None:
    ramp = np.tile(np.linspace(0, 65535, 512).astype(np.uint16), (4, 1))
    row = decode(encoded(suffix, ramp), channels=channels)[0, :, 0].astype(int)
    assert (np.diff(row) >= 0).all()
    assert (row[0], row[-1]) == (0, 255)
    assert len(set(row)) == 256


def test_transparency_is_dropped_and_not_blended() -> None:
    image = np.zeros((4, 4, 4), np.uint8)
    image[..., 2] = 200
    assert decode(encoded(".png", image))[0, 0].tolist() == [200, 0, 0]


@pytest.mark.parametrize("size", [None, (20, 30), (600, 900)])
def test_a_picture_is_turned_as_its_exif_data_say(size: tuple[int, int] | None) -> None:
    upright = smooth(640, 960)
    jpeg = encoded(".jpg", cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE))
    assert decode(jpeg).shape == (960, 640, 3)
    # 6: the stored picture is to be turned clockwise.
    array = decode(turned(jpeg, 6), size=size)
    wanted = upright[..., ::-1] if size is None else resize(upright[..., ::-1], size)
    assert array.shape == wanted.shape
    assert np.abs(array.astype(int) - wanted).mean() < 3


def test_a_large_jpeg_is_read_reduced_by_its_header_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    flags: list[int] = []
    plain = cv2.imdecode
    monkeypatch.setattr(cv2, "imdecode", lambda data, flag: flags.append(flag) or plain(data, flag))
    jpeg, png = encoded(".jpg", smooth(512, 1024)), encoded(".png", smooth(512, 1024))
    for size in [(64, 64), (65, 20), (128, 128), (129, 256), (257, 1), None]:
        decode(jpeg, size=size)
    decode(jpeg, size=(64, 64), channels=1)
    decode(png, size=(64, 64))
    assert flags == [
        cv2.IMREAD_REDUCED_COLOR_8,
        cv2.IMREAD_REDUCED_COLOR_4,
        cv2.IMREAD_REDUCED_COLOR_4,
        cv2.IMREAD_REDUCED_COLOR_2,
        cv2.IMREAD_COLOR,
        cv2.IMREAD_COLOR,
        cv2.IMREAD_REDUCED_GRAYSCALE_8,
        cv2.IMREAD_COLOR,
    ]


def test_a_reduced_picture_is_nearly_the_full_one_shrunk() -> None:
    jpeg = encoded(".jpg", smooth(512, 512))
    full = resize(decode(jpeg), (60, 60))
    assert np.abs(decode(jpeg, size=(60, 60)).astype(int) - full).max() <= 3


def test_shrinking_averages_also_where_the_other_side_grows() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (10, 200))
    for size in [(10, 20), (5, 20), (40, 20)]:
        small = resize(stripes, size)
        assert small.shape == size
        assert np.abs(small.astype(int) - 127).max() <= 1
    assert resize(stripes[..., None], (5, 20)).shape == (5, 20, 1)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.97])
def test_a_picture_that_is_cut_off_is_none_and_never_half_grey(suffix: str, kept: float) -> None:
    data = encoded(suffix, noise(200, 300))
    assert decode(data[: int(kept * len(data))]) is None


@pytest.mark.parametrize("options", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)])
def test_a_cut_jpeg_is_seen_though_its_thumbnail_is_whole(
    options: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    thumbnail = encoded(".jpg", noise(20, 30))
    data = encoded(".jpg", noise(200, 300), *options)
    note = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    data = data[:2] + note + data[2:]
    assert read_header(data) == ("jpeg", 300, 200, True)
    assert read_header(data[: len(data) // 2]) == ("jpeg", 300, 200, False)
    assert read_header(data + bytes(100)).is_whole
    # Some versions of OpenCV would fill the rest with grey.
    monkeypatch.setattr(cv2, "imdecode", lambda *_: np.zeros((200, 300, 3), np.uint8))
    assert decode(data) is not None
    assert decode(data[: len(data) // 2]) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"no picture at all" * 100,
        b"GIF89a" + bytes(100),
        b"P6 2 2 255\n" + bytes(12),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0" + b"\xff" * 100,
        b"II*\0\xff\xff\xff\xff",
        b"RIFF\0\0\0\0WEBPJUNK" + bytes(30),
    ],
)
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert decode(data) is None


def test_floating_point_tiff_is_none_as_its_range_is_unknown() -> None:
    data = encoded(".tif", np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8))
    assert decode(data) is None


@pytest.mark.parametrize(
    "data",
    [
        png_of(60_000, 60_000),
        png_of(1 << 30, 1 << 30),
        b"BM" + bytes(12) + struct.pack("<Iii", 40, 50_000, -50_000) + bytes(100),
        b"II*\0" + struct.pack("<IHHHIIHHII", 8, 2, 256, 4, 1, 50_000, 257, 4, 1, 50_000),
        b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\xff\xff\xff\xff\xff",
        b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, 65_000, 65_000, 3) + bytes(9)
        + b"\xff\xda\0\x02\xff\xd9",
    ],
    ids=["png", "png overflow", "bmp", "tiff", "webp", "jpeg"],
)  # fmt: skip
def test_a_bomb_is_refused_by_its_header_before_decoding(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(cv2, "imdecode", never)
    header = read_header(data)
    assert header.width * header.height > images.MOST_PIXELS
    assert decode(data, size=(8, 8)) is None


def test_the_bound_is_inclusive() -> None:
    data = encoded(".png", smooth(10, 10))
    assert decode(data, most_pixels=100) is not None
    assert decode(data, most_pixels=99) is None


def test_channels_are_one_or_three() -> None:
    with pytest.raises(ValueError, match="channels"):
        decode(b"", channels=4)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_batch_keeps_what_decodes_and_tells_where_it_stood(chunked: bool) -> None:
    good = [encoded(".png", np.full((6, 8, 3), value, np.uint8)) for value in (10, 20, 30)]
    rows = [
        {"path": "0", "bytes": b"broken"},
        {"path": "1", "bytes": good[0]},
        None,
        {"path": "3", "bytes": good[1]},
        {"path": "4", "bytes": None},
        {"path": "5", "bytes": good[2]},
    ]
    column: pa.StructArray | pa.ChunkedArray = pa.array([rows[1], *rows]).slice(1)
    if chunked:
        column = pa.chunked_array([column.slice(0, 3), column.slice(3)])
    arrays, kept, refused = decode_rows(column, channels=3, size=(4, 4))
    assert arrays.shape == (3, 4, 4, 3)
    assert (kept.dtype, kept.tolist()) == (np.int64, [1, 3, 5])
    assert {row: one.key for row, one in refused.items()} == dict.fromkeys(
        (0, 2, 4), "not_a_picture"
    )
    assert arrays[:, 0, 0, 0].tolist() == [10, 20, 30]
    for array, data in zip(arrays, good, strict=True):
        assert np.array_equal(array, decode(data, size=(4, 4)))


def test_an_empty_batch() -> None:
    nothing = pa.array([], pa.struct([("path", pa.string()), ("bytes", pa.binary())]))
    arrays, kept, refused = decode_rows(nothing, channels=1, size=(4, 5))
    assert (arrays.shape, kept.tolist(), refused) == ((0, 4, 5, 1), [], {})


def test_opencv_is_imported_when_it_is_used() -> None:
    program = "import lepton_core.images, sys; print('cv2' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"
