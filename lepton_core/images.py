"""Encoded pictures to arrays: the one way of decoding, for training and for scoring."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.image_header import ImageHeader, read_header

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
    cv2 = _cv2()
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
    cv2 = _cv2()
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


def decode_batch(
    images: pa.StructArray | pa.ChunkedArray,
    *,
    channels: int = 3,
    size: tuple[int, int],
    most_pixels: int = MOST_PIXELS,
) -> tuple[np.ndarray, np.ndarray]:
    """Decode a column of pictures.

    Args:
        images: n pictures, ``struct<path, bytes, sha256>``.
        channels: 1 for grey, 3 for red, green, blue.
        size: height and width that each is stretched to.
        most_pixels: a picture that declares more is not decoded.

    Returns:
        uint8 [m, height, width, channels] of the m that decode, and int64 [m], where each stood.
        The others are to be refused with the key ``not_a_picture``.

    Example:
        >>> import cv2
        >>> _, png = cv2.imencode(".png", np.zeros((8, 8), np.uint8))
        >>> rows = [{"path": "a.png", "bytes": png.tobytes()}, {"path": "b.png", "bytes": b"?"}]
        >>> arrays, kept = decode_batch(pa.array(rows), channels=1, size=(4, 4))
        >>> arrays.shape, kept.tolist()
        ((1, 4, 4, 1), [0])
    """
    out = np.empty((len(images), *size, channels), np.uint8)
    kept: list[int] = []
    row = 0
    for chunk in images.chunks if isinstance(images, pa.ChunkedArray) else [images]:
        for encoded in pc.struct_field(chunk, "bytes"):
            # A view: the bytes of a batch are not copied.
            data = memoryview(encoded.as_buffer()).cast("B") if encoded.is_valid else b""
            array = decode(data, channels=channels, size=size, most_pixels=most_pixels)
            if array is not None:
                out[len(kept)] = array
                kept.append(row)
            row += 1
    return out[: len(kept)], np.array(kept, np.int64)


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
def _cv2() -> Any:
    import cv2

    # A picture that does not decode is refused with its reason; a line on stderr for each as well
    # would bury what matters in a long run.
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(0)
    return cv2
