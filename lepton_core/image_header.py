"""Format and size of an encoded picture, read from its header: nothing is decoded.

A few hundred bytes can declare a picture of billions of pixels. So its size is known, and refused,
before anything is allocated for it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_END = re.compile(rb"\xff\xd9")
_PNG_END = re.compile(rb"IEND")
# Start of frame: these markers carry the size. C4, C8 and CC lie between them and do not; F7 is
# that of JPEG-LS, which DICOM files hold.
_JPEG_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_BITS, _TIFF_SAMPLES = 256, 257, 258, 277
_TIFF_NUMBERS = {3: "H", 4: "I", 16: "Q"}
_MOST_TIFF_TAGS = 4096


class ImageHeader(NamedTuple):
    """What a picture declares about itself.

    Args:
        kind: ``png jpeg bmp webp tiff``.
        width: pixels, as stored: before a turn that its EXIF data ask for.
        height: pixels, as stored.
        is_whole: False where the data are seen to be cut off.
    """

    kind: str
    width: int
    height: int
    is_whole: bool = True


def read_header(data: bytes | memoryview) -> ImageHeader | None:
    """Read format and size.

    Args:
        data: an encoded picture.

    Returns:
        None for what is none of the known formats, or is cut off before its size.

    Example:
        >>> read_header(b"BM" + bytes(12) + struct.pack("<Iii", 40, 640, -480))
        ImageHeader(kind='bmp', width=640, height=480, is_whole=False)
        >>> read_header(b"no picture") is None
        True
    """
    view = memoryview(data).cast("B")
    start = bytes(view[:16])
    try:
        if start.startswith(_PNG):
            is_whole = has_end_mark(view) or _PNG_END.search(view) is not None
            width, height = struct.unpack_from(">II", view, 16)
            return ImageHeader("png", width, height, is_whole)
        if start.startswith(b"\xff\xd8\xff"):
            return _jpeg(view)
        if start.startswith(b"BM"):
            return _bmp(view)
        if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
            return _webp(view)
        if start[:2] in (b"II", b"MM"):
            return _tiff(view)
    # Cut off before the size, or it points outside the data.
    except (struct.error, IndexError):
        pass
    return None


def has_end_mark(data: bytes | memoryview) -> bool:
    r"""Whether a JPEG or PNG ends as such a file ends; whoever writes it writes that last.

    Args:
        data: an encoded picture.

    Returns:
        False also for formats whose last bytes tell nothing: BMP, TIFF, WebP.

    Example:
        >>> has_end_mark(b"\xff\xd8\xff ... \xff\xd9"), has_end_mark(b"\xff\xd8\xff ...")
        (True, False)
    """
    view = memoryview(data).cast("B")
    if bytes(view[:8]) == _PNG:
        return bytes(view[-8:-4]) == b"IEND"  # and the checksum, always the same
    return bytes(view[:3]) == b"\xff\xd8\xff" and bytes(view[-2:]) == b"\xff\xd9"


def is_moving(data: bytes | memoryview) -> str:
    """The format of a picture of several frames; empty for all others. Every GIF counts as one.

    Example:
        >>> is_moving(b"GIF89a"), is_moving(b"no picture")
        ('GIF', '')
    """
    start = bytes(data[:21])
    if start[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if start[:4] == b"RIFF" and start[8:16] == b"WEBPVP8X" and start[20] & 2:
        return "WebP"
    # The chunk that says so stands between the size and the first pixels.
    if start.startswith(_PNG) and b"acTL" in bytes(data[33:4096]).partition(b"IDAT")[0]:
        return "APNG"
    return ""


def sample_bits(data: bytes | memoryview) -> int:
    """16 for a grey PNG or TIFF of 16 bits, otherwise 8.

    Args:
        data: an encoded picture with a readable header.
    """
    view = memoryview(data).cast("B")
    if bytes(view[:8]) == _PNG:
        return 16 if view[24] == 16 and view[25] in (0, 4) else 8
    if bytes(view[:2]) in (b"II", b"MM"):
        try:
            tags = dict(_tiff_tags(view))
        except (struct.error, IndexError):
            return 8
        return 16 if tags.get(_TIFF_BITS) == 16 and tags.get(_TIFF_SAMPLES, 1) == 1 else 8
    return 8


def _jpeg(view: memoryview) -> ImageHeader | None:
    position, size = 2, None
    while True:
        while view[position] != 0xFF:
            position += 1
        while view[position] == 0xFF:
            position += 1
        marker = view[position]
        position += 1
        if marker in _JPEG_BARE:
            continue
        if marker in _JPEG_FRAMES and size is None:
            height, width = struct.unpack_from(">HH", view, position + 3)
            size = (width, height)
        if marker in (0xDA, 0xD9):
            break
        position += struct.unpack_from(">H", view, position)[0]
    if size is None:
        return None
    # In the pixels' data this pair of bytes cannot occur. A decoder would fill what is missing
    # with grey and say nothing.
    # Most end with it; searching all of a large one would take as long as a tenth of decoding.
    at_end = len(view) - 2 >= position and bytes(view[-2:]) == b"\xff\xd9"
    is_whole = at_end or _JPEG_END.search(view, position) is not None
    return ImageHeader("jpeg", *size, is_whole)


def _bmp(view: memoryview) -> ImageHeader:
    (header_bytes,) = struct.unpack_from("<I", view, 14)
    width, height = struct.unpack_from("<HH" if header_bytes == 12 else "<ii", view, 18)
    (pixels_at,) = struct.unpack_from("<I", view, 10)
    n_bytes = 0
    if header_bytes >= 40 and len(view) >= 34:
        bits, packing = struct.unpack_from("<HI", view, 28)
        # Rows of whole numbers of four bytes. How many bytes packed pixels take is not known.
        if packing in (0, 3):
            n_bytes = (width * bits + 31) // 32 * 4 * abs(height)
    # A negative height means that the top row comes first.
    is_whole = len(view) >= max(pixels_at, 34) + n_bytes
    return ImageHeader("bmp", width, abs(height), is_whole)


def _webp(view: memoryview) -> ImageHeader | None:
    (n_bytes,) = struct.unpack_from("<I", view, 4)
    is_whole = len(view) >= n_bytes + 8
    chunk = bytes(view[12:16])
    if chunk == b"VP8X":
        width = int.from_bytes(view[24:27], "little") + 1
        height = int.from_bytes(view[27:30], "little") + 1
    elif chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", view, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif chunk == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", view, 26))
    else:
        return None
    return ImageHeader("webp", width, height, is_whole)


def _tiff(view: memoryview) -> ImageHeader | None:
    sides = {_TIFF_WIDTH: 0, _TIFF_HEIGHT: 0}
    for tag, value in _tiff_tags(view):
        if tag in sides:
            # Where a tag stands twice, no reader agrees which one counts.
            sides[tag] = max(sides[tag], value)
    if not any(sides.values()):
        return None
    return ImageHeader("tiff", sides[_TIFF_WIDTH], sides[_TIFF_HEIGHT])


def _tiff_tags(view: memoryview) -> Iterator[tuple[int, int]]:
    """Tags of the first picture that hold numbers, and the first number of each."""
    order = "<" if view[0] == 0x49 else ">"
    (version,) = struct.unpack_from(f"{order}H", view, 2)
    if version == 42:
        (position,) = struct.unpack_from(f"{order}I", view, 4)
        (n_tags,) = struct.unpack_from(f"{order}H", view, position)
        position, tag_bytes, value_at = position + 2, 12, 8
    elif version == 43:
        (position,) = struct.unpack_from(f"{order}Q", view, 8)
        (n_tags,) = struct.unpack_from(f"{order}Q", view, position)
        position, tag_bytes, value_at = position + 8, 20, 12
    else:
        return
    for n in range(min(n_tags, _MOST_TIFF_TAGS)):
        tag, kind = struct.unpack_from(f"{order}HH", view, position + n * tag_bytes)
        if kind in _TIFF_NUMBERS:
            at = position + n * tag_bytes + value_at
            (value,) = struct.unpack_from(f"{order}{_TIFF_NUMBERS[kind]}", view, at)
            yield tag, value
