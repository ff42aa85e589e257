"""NIfTI volumes: their slices as records, and a slice as values to look at.

Source: the NIfTI-1 and NIfTI-2 data formats, https://nifti.nimh.nih.gov
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

import numpy as np

from lepton_core.errors import MissingDependency
from lepton_core.records.frame import Frame, range_window
from lepton_core.records.refused import refused_bytes
from lepton_core.rejects import Refusal

MOST_SLICE_PIXELS = 64_000_000
MOST_SLICES = 20_000
MOST_VOXELS = 2_000_000_000
_GZIP = b"\x1f\x8b"
# "n+1" stands at the end of the one header, at the start of the other; "ni1" has no pixels of its
# own.
_MAGIC = {344: b"n+1\0", 4: b"n+2\0"}


@dataclass(frozen=True)
class _Volume:
    """What a header says of the numbers after it.

    Args:
        header: nibabel's.
        width: pixels along the first axis.
        height: pixels along the second axis.
        slices: along the last axis.
        dtype: of a number, with its byte order.
        offset: bytes before the first number.
    """

    header: Any
    width: int
    height: int
    slices: int
    dtype: np.dtype[Any]
    offset: int


def is_nifti(data: bytes | memoryview) -> bool:
    """Whether these bytes begin a NIfTI file of one part, packed with gzip or not.

    Example:
        >>> is_nifti(bytes(344) + b"n+1" + bytes(5)), is_nifti(b"BM")
        (True, False)
    """
    start = bytes(data[:352])
    if start.startswith(_GZIP):
        try:
            start = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(bytes(data[:4096]), 352)
        except zlib.error:
            return False
    return any(start[at : at + 4] == magic for at, magic in _MAGIC.items())


def split_nifti(data: bytes | memoryview) -> Iterator[tuple[str, bytes]]:
    """The slices of the last axis, each a NIfTI file by itself, without the header's free text.

    Args:
        data: the file.

    Returns:
        pairs of ending (``#1``, ``#2``..., empty for a single slice) and file; one with
        :func:`~lepton_core.records.refused.refused_bytes` for what cannot be read.

    Raises:
        MissingDependency: nibabel is not installed.
    """
    try:
        volume = _volume(data)
        low, high = _range(data, volume)
        for number, part in enumerate(_slices(data, volume), 1):
            ending = f"#{number}" if volume.slices > 1 else ""
            yield ending, _alone(volume, part, low, high)
    except Refusal as refusal:
        yield "", refused_bytes(refusal)


def read_nifti(data: bytes | memoryview, index: int = 0) -> Frame:
    """Decode one slice, turned as a radiologist looks at it: the front or the head up.

    Args:
        data: the file.
        index: of the slice along the last axis, from 0.

    Raises:
        Refusal: ``nifti_*``, why it cannot be read.
        MissingDependency: nibabel is not installed.
        IndexError: it has not so many slices.
    """
    volume = _volume(data)
    if not 0 <= index < volume.slices:
        raise IndexError(f"the file has {volume.slices} slices. Received: index={index}")
    part = next(one for number, one in enumerate(_slices(data, volume)) if number == index)
    values = np.nan_to_num(_values(volume, part), posinf=0.0, neginf=0.0)
    low, high = (float(volume.header[name]) for name in ("cal_min", "cal_max"))
    if not (np.isfinite([low, high]).all() and low < high):
        low, high = float(values.min()), float(values.max())
    across, down = (abs(float(side)) for side in volume.header["pixdim"][1:3])
    is_known = all(0 < side < 100 for side in (across, down))
    return Frame(
        _turned(values, volume),
        range_window(low, high) if high - low > 1 else ((low + high) / 2, max(high - low, 1e-6)),
        function="LINEAR" if high - low > 1 else "LINEAR_EXACT",
        spacing_mm=(down, across) if is_known else None,
        spacing_from="pixdim" if is_known else "",
        kind="nifti",
    )


def _volume(data: bytes | memoryview) -> _Volume:
    try:
        import nibabel
    except ImportError as error:
        raise MissingDependency("nibabel", extra="medical") from error
    with _open(data) as file:
        start = _read(file, 540)
    if start[4:8] == b"n+2\0":
        kind: Any = nibabel.Nifti2Header
        size = 540
    elif start[344:348] == b"n+1\0":
        kind, size = nibabel.Nifti1Header, 348
    else:
        raise Refusal("nifti_cut_off" if len(start) < 348 else "nifti_damaged")
    try:
        header = kind(start[:size], check=False)
        shape = [int(side) for side in header.get_data_shape()]
        dtype, offset = header.get_data_dtype(), int(header["vox_offset"])
    # A damaged header may hold anything; the library answers with whatever it runs into.
    except Exception as error:
        raise Refusal("nifti_damaged") from error
    if int(header["sizeof_hdr"]) != size:
        raise Refusal("nifti_damaged")
    told = " x ".join(str(side) for side in shape)
    while len(shape) > 2 and shape[-1] == 1:
        shape.pop()
    if len(shape) not in (2, 3):
        raise Refusal("nifti_dimensions", shape=told)
    if min(shape) < 1 or offset < size:
        raise Refusal("nifti_damaged")
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise Refusal("nifti_no_numbers", kind=str(dtype.name))
    width, height, slices = (*shape, 1)[:3]
    pixels = width * height
    if pixels > MOST_SLICE_PIXELS or slices > MOST_SLICES or pixels * slices > MOST_VOXELS:
        raise Refusal("nifti_too_large", shape=told, most=MOST_SLICE_PIXELS)
    return _Volume(header, width, height, slices, dtype, offset)


def _open(data: bytes | memoryview) -> IO[bytes]:
    file = BytesIO(data)
    return gzip.GzipFile(fileobj=file) if bytes(data[:2]) == _GZIP else file  # type: ignore[return-value]


def _read(file: IO[bytes], size: int) -> bytes:
    try:
        return file.read(size)
    except EOFError:
        return b""
    except (OSError, zlib.error) as error:
        raise Refusal("nifti_damaged") from error


def _slices(data: bytes | memoryview, volume: _Volume) -> Iterator[bytes]:
    """The numbers of each slice: they stand one after the other, the first axis fastest."""
    size = volume.width * volume.height * volume.dtype.itemsize
    with _open(data) as file:
        left = volume.offset
        while left > 0:
            skipped = len(_read(file, min(left, 1 << 20)))
            if not skipped:
                raise Refusal("nifti_cut_off")
            left -= skipped
        for _ in range(volume.slices):
            part = _read(file, size)
            if len(part) < size:
                raise Refusal("nifti_cut_off")
            yield part


def _values(volume: _Volume, part: bytes) -> np.ndarray:
    """float32 [height, width], second axis down."""
    stored = np.frombuffer(part, volume.dtype).reshape(volume.height, volume.width)
    slope, intercept = (float(volume.header[name]) for name in ("scl_slope", "scl_inter"))
    values = stored.astype(np.float32)
    if np.isfinite(slope) and slope != 0:
        values = values * np.float32(slope)
        if np.isfinite(intercept):
            values = values + np.float32(intercept)
    return values


def _range(data: bytes | memoryview, volume: _Volume) -> tuple[float, float]:
    """The range that the file wants shown, or that of the whole volume, alike for all slices."""
    low, high = (float(volume.header[name]) for name in ("cal_min", "cal_max"))
    if np.isfinite([low, high]).all() and low < high:
        # Read once, so that a volume that is cut off is refused as a whole.
        for _ in _slices(data, volume):
            pass
        return low, high
    low, high = np.inf, -np.inf
    for part in _slices(data, volume):
        values = _values(volume, part)
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    return (low, high) if low < high else (0.0, 0.0)


def _alone(volume: _Volume, part: bytes, low: float, high: float) -> bytes:
    old = volume.header
    new = type(old)(endianness=old.endianness)
    new.set_data_dtype(volume.dtype)
    new.set_data_shape((volume.width, volume.height, 1))
    for name in ("scl_slope", "scl_inter", "xyzt_units", "sform_code", "qform_code"):
        new[name] = old[name]
    for name in ("srow_x", "srow_y", "srow_z", "quatern_b", "quatern_c", "quatern_d"):
        new[name] = old[name]
    new["pixdim"][:4] = old["pixdim"][:4]
    new["cal_min"], new["cal_max"] = low, high
    new["magic"] = b"n+2\0\r\n\x1a\n" if len(new.binaryblock) == 540 else b"n+1\0"
    block = new.binaryblock
    new["vox_offset"] = len(block) + 4
    return bytes(new.binaryblock) + bytes(4) + part


def _turned(values: np.ndarray, volume: _Volume) -> np.ndarray:
    """Front or head up; the patient's right on the left of the picture, or the front there."""
    import nibabel

    try:
        along, down, _ = nibabel.aff2axcodes(volume.header.get_best_affine())
    # A singular or empty affine tells nothing.
    except Exception:
        return values
    if down in ("A", "S"):
        values = values[::-1]
    if along in ("R", "A"):
        values = values[:, ::-1]
    return np.ascontiguousarray(values)
