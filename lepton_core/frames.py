"""Frames of video in Arrow: raw pictures with their size, nothing encoded, copied once at most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.spec import Column

_SIDES = ("height", "width", "channels")
FRAME = Column("frame", "frame").arrow_type()


def frame_array(frames: np.ndarray | Sequence[np.ndarray | None]) -> pa.StructArray:
    """Frames as an Arrow column of the dtype ``frame``.

    Args:
        frames: uint8 [n, height, width, channels], which is taken over without a copy where it
            lies in one piece and must then not be changed; or a list of uint8
            [height, width, channels] of any sizes, None for a frame that could not be decoded.

    Returns:
        ``struct<height, width, channels, data>`` [n], null where there is no frame.

    Raises:
        ValueError: a frame of another type or number of dimensions.

    Example:
        >>> column = frame_array([np.zeros((2, 3, 1), np.uint8), None])
        >>> [None if frame is None else frame.shape for frame in frames_of(column)]
        [(2, 3, 1), None]
    """
    if isinstance(frames, np.ndarray):
        return _stacked(frames)
    shapes = np.zeros((len(frames), 3), np.int32)
    for row, frame in enumerate(frames):
        if frame is not None:
            _check(frame, 3)
            shapes[row] = frame.shape
    there = np.array([frame is not None for frame in frames], bool)
    parts = [np.ascontiguousarray(frame).reshape(-1) for frame in frames if frame is not None]
    data = np.concatenate(parts) if parts else np.empty(0, np.uint8)
    return _column(shapes, data, there)


def frames_of(column: pa.StructArray | pa.ChunkedArray) -> Iterator[np.ndarray | None]:
    """Each frame of a column as uint8 [height, width, channels], not to be written to.

    They look into the column's memory; None stands for a frame that is not there, or whose bytes
    are not as many as its size says.
    """
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        data = chunk.field("data")
        there = np.asarray(chunk.is_valid()) & np.asarray(data.is_valid())
        sides = np.stack([np.asarray(chunk.field(n).fill_null(0)) for n in _SIDES], axis=1)
        _, ends, values = data.buffers()
        offsets = np.frombuffer(ends, np.int64)[data.offset : data.offset + len(data) + 1]
        flat = np.frombuffer(values or b"", np.uint8)
        for row, shape in enumerate(sides.tolist()):
            one = flat[offsets[row] : offsets[row + 1]]
            fits = there[row] and len(one) == shape[0] * shape[1] * shape[2]
            yield one.reshape(shape) if fits else None


def frame_faults(column: pa.ChunkedArray, required: bool) -> list[tuple[np.ndarray, str]]:
    """What is wrong with which frames of a column: bool [n] and the key below ``reject.``."""
    data = pc.struct_field(column, "data")
    known = pc.equal(pc.cast(pc.binary_length(data), pa.int64()), _product(column))
    for name in ("height", "width"):
        known = pc.and_(known, pc.greater(pc.struct_field(column, name), 0))
    colours = pc.is_in(pc.struct_field(column, "channels"), pa.array([1, 3], pa.int32()))
    known = pc.and_(known, colours)
    known = pc.fill_null(known, False)
    none = np.asarray(pc.or_(pc.is_null(column), pc.is_null(data)))
    odd = ~np.asarray(known) & ~none
    there = np.asarray(pc.is_valid(column))
    return [(none if required else none & there, "unreadable_frame"), (odd, "frame_size")]


def frame_sizes(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """What messages tell of each frame in place of its bytes: ``320x240x3``."""
    sides = [pc.struct_field(column, name).cast(pa.string()) for name in _SIDES]
    return pc.fill_null(pc.binary_join_element_wise(*sides, "x"), "-")


def _product(column: pa.ChunkedArray) -> pa.ChunkedArray:
    height, width, channels = (pc.struct_field(column, n).cast(pa.int64()) for n in _SIDES)
    return pc.multiply(pc.multiply(width, height), channels)


def _stacked(frames: np.ndarray) -> pa.StructArray:
    _check(frames, 4)
    shapes = np.tile(np.array(frames.shape[1:], np.int32), (len(frames), 1))
    flat = np.ascontiguousarray(frames).reshape(-1)
    return _column(shapes, flat, np.ones(len(frames), bool))


def _column(shapes: np.ndarray, data: np.ndarray, there: np.ndarray) -> pa.StructArray:
    sizes = shapes.astype(np.int64).prod(axis=1) * there
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    bits = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
    n = len(there)
    values = pa.Array.from_buffers(
        pa.large_binary(), n, [bits, pa.py_buffer(offsets), pa.py_buffer(data)]
    )
    columns = [pa.array(np.ascontiguousarray(shapes[:, axis])) for axis in range(3)]
    gone = None if there.all() else pa.array(~there)
    return pa.StructArray.from_arrays([*columns, values], fields=list(FRAME), mask=gone)


def _check(frame: np.ndarray, dimensions: int) -> None:
    if frame.dtype != np.uint8 or frame.ndim != dimensions:
        raise ValueError(
            "frames are uint8 [height, width, channels]. "
            f"Received: {frame.dtype} {list(frame.shape)}"
        )
