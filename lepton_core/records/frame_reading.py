"""Any picture of a medical column to a frame, or to the array of a network, or refused with why."""

from __future__ import annotations

import numpy as np

from lepton_core.image_header import is_moving, read_header, sample_bits
from lepton_core.images import MOST_PIXELS, decode, quiet_cv2, resize
from lepton_core.records.dicom_file import is_dicom
from lepton_core.records.frame import Frame, range_window, to_grey, to_rgb
from lepton_core.records.nifti import is_nifti
from lepton_core.records.refused import refusal_in
from lepton_core.rejects import Refusal

# Smaller than this nobody can tell anything on it.
LEAST_SIDE = 16


def read_frame(data: bytes | memoryview, index: int = 0) -> Frame:
    """Read a picture in the units of its file; what it is, its content tells and not its name.

    Args:
        data: a DICOM or NIfTI file, or an encoded PNG, JPEG, BMP, WebP or TIFF.
        index: of the frame or slice, from 0; records hold one.

    Returns:
        the frame, with the window it is shown with by default. Grey pictures of 16 bits have the
        range of their own values as window: a 12-bit X-ray in a 16-bit PNG would be black.

    Raises:
        Refusal: a key of ``lepton_core.records.refused.REASONS``, why it cannot be read.
        MissingDependency: a package that this format needs is not installed.
        IndexError: it has not so many frames.

    Example:
        >>> import cv2
        >>> film = np.linspace(0, 4095, 400).reshape(20, 20).astype(np.uint16)
        >>> frame = read_frame(cv2.imencode(".png", film)[1].tobytes())
        >>> frame.window, int(to_grey(frame).max())
        ((2048.0, 4096.0), 255)
    """
    if (refusal := refusal_in(data)) is not None:
        raise refusal
    if is_dicom(data):
        from lepton_core.records.dicom import read_dicom

        return _checked(read_dicom(data, index))
    if is_nifti(data):
        from lepton_core.records.nifti import read_nifti

        return _checked(read_nifti(data, index))
    if index:
        raise IndexError(f"a picture has one frame. Received: index={index}")
    return _picture(data)


def decode_frame(
    data: bytes | memoryview, *, channels: int = 1, size: tuple[int, int] | None = None
) -> np.ndarray:
    """A picture of a medical column as the array of a network, in its default view.

    Everyday pictures of 8 bits decode as everywhere (:func:`lepton_core.images.decode`).

    Args:
        data: as for :func:`read_frame`.
        channels: 1 for grey, 3 for red, green, blue.
        size: height and width in pixels that it is stretched to; as stored when None.

    Returns:
        uint8 [height, width, channels].

    Raises:
        Refusal: why it cannot be read.
        MissingDependency: a package that this format needs is not installed.
    """
    if refusal_in(data) is None and not is_dicom(data) and not is_nifti(data):
        depth = _check_picture(data)
        if depth == 8:
            array = decode(data, channels=channels, size=size)
            if array is None:
                raise Refusal(_damage(data))
            return array
    frame = read_frame(data)
    if channels == 1:
        array = to_grey(frame)[..., None]
    else:
        array = to_rgb(frame)
    return array if size is None else resize(array, size)


def _checked(frame: Frame) -> Frame:
    height, width = frame.values.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise Refusal("picture_too_small", width=width, height=height, least=LEAST_SIDE)
    return frame


def _picture(data: bytes | memoryview) -> Frame:
    depth = _check_picture(data)
    header = read_header(data)
    kind = "" if header is None else header.kind
    if depth == 16:
        values = _deep(data)
        if values is None:
            raise Refusal(_damage(data))
        window = range_window(float(values.min()), float(values.max()))
        return Frame(values.astype(np.float32), window, kind=kind)
    array = decode(data, channels=3)
    if array is None:
        raise Refusal(_damage(data))
    red, green, blue = (array[..., channel] for channel in range(3))
    if np.array_equal(red, green) and np.array_equal(green, blue):
        grey = decode(data, channels=1)
        array = red if grey is None else grey[..., 0]
        return Frame(array.astype(np.float32), (128.0, 256.0), kind=kind)
    return Frame(array, (128.0, 256.0), kind=kind)


def _check_picture(data: bytes | memoryview) -> int:
    """Refuse by its header what is not to be decoded; the bits a grey value has, 8 or 16."""
    moving = is_moving(data)
    if moving:
        raise Refusal("picture_moving", kind=moving)
    header = read_header(data)
    if header is None:
        raise Refusal(_damage(data))
    if not header.is_whole:
        raise Refusal("picture_cut_off")
    if header.width * header.height > MOST_PIXELS:
        raise Refusal(
            "picture_too_large", width=header.width, height=header.height, most=MOST_PIXELS
        )
    if min(header.width, header.height) < LEAST_SIDE:
        raise Refusal(
            "picture_too_small", width=header.width, height=header.height, least=LEAST_SIDE
        )
    return sample_bits(data)


def _deep(data: bytes | memoryview) -> np.ndarray | None:
    """Values of a grey picture of 16 bits, uint16 [height, width]."""
    cv2 = quiet_cv2()
    flags = cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH
    try:
        found = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    return found if found is not None and found.dtype == np.uint16 else None


def _damage(data: bytes | memoryview) -> str:
    """Why a picture does not decode, as far as its bytes tell."""
    start = bytes(data[:4])
    if start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"BM", b"II*\0", b"MM\0*")):
        is_cut = read_header(data) is None or (
            start == b"\x89PNG" and b"IEND" not in bytes(data[-64:])
        )
        return "picture_cut_off" if is_cut else "picture_damaged"
    return "picture_unknown"
