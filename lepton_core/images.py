"""Encoded pictures to arrays: the one way of decoding, for training and for scoring."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.image_header import ImageHeader, read_header
from lepton_core.rejects import Refusal

MOST_PIXELS = 100_000_000
_REDUCTIONS = (8, 4, 2)


def decode(
    data: bytes | memoryview,
    *,
    channels: int = 3,
    size: tuple[int, int] | None = None,
    most_pixels: int = MOST_PIXELS,
) -> np.ndarray | None:
    """Decode one picture.

    It is turned as its EXIF data say; 16 bits a channel become 8 by scaling; transparency is
    dropped. What is done depends on the header and ``size`` alone, so that the same file gives
    the same array wherever it is decoded.

    Args:
        data: an encoded PNG, JPEG, BMP, WebP or TIFF.
        channels: 1 for grey, 3 for red, green, blue.
        size: height and width in pixels that it is stretched to; as stored when None.
        most_pixels: a picture that declares more is not decoded.

    Returns:
        uint8 [height, width, channels]; None for what is no such picture, is damaged, cut off or
        too large, and for floating-point TIFF, whose range is not known.

    Raises:
        ValueError: for another number of channels.

    Example:
        >>> import cv2
        >>> _, png = cv2.imencode(".png", np.full((40, 60, 3), (0, 0, 200), np.uint8))
        >>> decode(png.tobytes(), channels=3, size=(10, 20))[0, 0].tolist()
        [200, 0, 0]
        >>> decode(b"no picture", channels=1) is None
        True
    """
    if channels not in (1, 3):
        raise ValueError(f"channels is 1 or 3. Received: channels={channels}")
    header = read_header(data)
    if header is None or not header.is_whole:
        return None
    if not 0 < header.width * header.height <= most_pixels:
        return None
    cv2 = quiet_cv2()
    try:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), _flag(cv2, header, channels, size))
    except cv2.error:
        return None
    if found is None:
        return None
    if channels == 3:
        found = cv2.cvtColor(found, cv2.COLOR_BGR2RGB)
    if size is not None:
        found = resize(found, size)
    return found.reshape(*found.shape[:2], channels)


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Stretch a picture: averaging areas where it shrinks, linear where it grows.

    Args:
        image: [height, width] or [height, width, channels].
        size: height and width of the result.

    Returns:
        an array of the same type and number of dimensions.

    Example:
        >>> resize(np.array([[0, 100], [100, 200]], np.uint8), (1, 1)).tolist()
        [[100]]
    """
    cv2 = quiet_cv2()
    height, width = size
    # Averaging is defined for shrinking alone, and linear loses details there; so one after the
    # other where a picture shrinks in one direction and grows in the other.
    least = min(image.shape[0], height), min(image.shape[1], width)
    out = image
    if least != out.shape[:2]:
        out = cv2.resize(out, least[::-1], interpolation=cv2.INTER_AREA)
    if size != out.shape[:2]:
        out = cv2.resize(out, (width, height), interpolation=cv2.INTER_LINEAR)
    # OpenCV drops a channel axis of length one.
    return out.reshape(height, width, *image.shape[2:])


def decode_rows(
    images: pa.StructArray | pa.ChunkedArray,
    *,
    channels: int = 3,
    size: tuple[int, int],
    formats: tuple[str, ...] = (),
) -> tuple[np.ndarray, np.ndarray, dict[int, Refusal]]:
    """Decode a column of pictures, with the reason where one cannot be.

    Args:
        images: n pictures, ``struct<path, bytes, sha256>``.
        channels: 1 for grey, 3 for red, green, blue.
        size: height and width that each is stretched to.
        formats: of the column (:class:`lepton_core.spec.Column`); with any, pictures are read as
            medical ones, see :func:`lepton_core.records.frame_reading.decode_frame`.

    Returns:
        uint8 [m, height, width, channels] of the m that decode; int64 [m], where each stood; and
        why each of the others does not, by where it stood.

    Raises:
        MissingDependency: a package that a format needs is not installed.

    Example:
        >>> import cv2
        >>> _, png = cv2.imencode(".png", np.zeros((8, 8), np.uint8))
        >>> rows = [{"path": "a.png", "bytes": png.tobytes()}, {"path": "b.png", "bytes": b"?"}]
        >>> arrays, kept, refused = decode_rows(pa.array(rows), channels=1, size=(4, 4))
        >>> arrays.shape, kept.tolist(), refused[1].key
        ((1, 4, 4, 1), [0], 'not_a_picture')
    """
    out = np.empty((len(images), *size, channels), np.uint8)
    kept: list[int] = []
    refused: dict[int, Refusal] = {}
    for row, found in enumerate(decode_each(images, channels=channels, size=size, formats=formats)):
        if isinstance(found, Refusal):
            refused[row] = found
        else:
            out[len(kept)] = found
            kept.append(row)
    return out[: len(kept)], np.array(kept, np.int64), refused


def decode_each(
    images: pa.StructArray | pa.ChunkedArray,
    *,
    channels: int = 3,
    size: tuple[int, int] | None = None,
    formats: tuple[str, ...] = (),
) -> Iterator[np.ndarray | Refusal]:
    """Each picture of a column one after the other, or the reason why it cannot be decoded.

    Args:
        images: n pictures, ``struct<path, bytes, sha256>``.
        channels: 1 for grey, 3 for red, green, blue.
        size: height and width that each is stretched to; None leaves each as large as it is.
        formats: as in :func:`decode_rows`.

    Example:
        >>> import cv2
        >>> _, png = cv2.imencode(".png", np.zeros((8, 6), np.uint8))
        >>> rows = [{"path": "a.png", "bytes": png.tobytes()}, {"path": "b.png", "bytes": b"?"}]
        >>> first, second = decode_each(pa.array(rows), channels=1)
        >>> first.shape, second.key
        ((8, 6, 1), 'not_a_picture')
    """
    for data in _encoded(images):
        try:
            yield _decode_one(data, channels, size, formats)
        except Refusal as refusal:
            yield refusal


def _encoded(images: pa.StructArray | pa.ChunkedArray) -> Iterator[bytes | memoryview]:
    for chunk in images.chunks if isinstance(images, pa.ChunkedArray) else [images]:
        for encoded in pc.struct_field(chunk, "bytes"):
            # A view: the bytes of a batch are not copied.
            yield memoryview(encoded.as_buffer()).cast("B") if encoded.is_valid else b""


def _decode_one(
    data: bytes | memoryview, channels: int, size: tuple[int, int] | None, formats: tuple[str, ...]
) -> np.ndarray:
    if formats:
        from lepton_core.records.frame_reading import decode_frame

        return decode_frame(data, channels=channels, size=size)
    array = decode(data, channels=channels, size=size)
    if array is None:
        header = read_header(data)
        is_cut_off = header is not None and not header.is_whole
        raise Refusal("picture_cut_off" if is_cut_off else "not_a_picture")
    return array


def _flag(cv2: Any, header: ImageHeader, channels: int, size: tuple[int, int] | None) -> int:
    """How to read it: a JPEG decodes at a fraction of its size in a fraction of the time."""
    kind = "GRAYSCALE" if channels == 1 else "COLOR"
    # The shorter side against the longer: right whichever way EXIF turns it. The other formats
    # are decoded in full and would be shrunk less well than INTER_AREA does it.
    if size is not None and header.kind == "jpeg":
        for factor in _REDUCTIONS:
            if min(header.width, header.height) // factor >= max(size):
                return int(getattr(cv2, f"IMREAD_REDUCED_{kind}_{factor}"))
    return int(getattr(cv2, f"IMREAD_{kind}"))


@cache
def quiet_cv2() -> Any:
    """OpenCV, which says nothing of pictures that it cannot decode."""
    import cv2

    # A picture that does not decode is refused with its reason; a line on stderr for each as well
    # would bury what matters in a long run.
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(0)
    return cv2
