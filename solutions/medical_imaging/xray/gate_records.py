"""What the gate tells of records: the picture itself, its colours, and what its DICOM file says.

A DICOM file that names another modality than a projection radiograph is refused whatever it looks
like; one that names none is judged by its picture. Fluoroscopy (RF) and angiography (XA) are
projections too, but of another geometry and dose, mostly as film; they are refused. What the
training pictures themselves were (:func:`origin`) is never refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.records.dicom_file import is_dicom, parse
from lepton_core.rejects import Refusal

from .gate import Gate

# Computed, digital and film radiography; DR is what some senders write for DX.
PROJECTIONS = ("CR", "DX", "DR", "RG")
# What tells nothing of the picture: a scanned film, a screenshot, an empty field.
_UNTOLD = ("", "OT", "SC")
# Mean difference between the strongest and the weakest colour, as a share of the range. A grey
# picture in a colour file has 0, one with a coloured mark less than a hundredth.
MOST_COLOUR = 0.05
_JPEG_FRAME = re.compile(rb"\xff[\xc0-\xc2]\x00[\x0b\x0e\x11\x14].{5}([\x01-\x04])", re.DOTALL)
_PNG_GREY = (0, 4)
_MOST_SEEN = 500


def foreign(
    gate: Gate, x: np.ndarray, images: pa.ChunkedArray | pa.StructArray, kept: np.ndarray
) -> dict[int, Refusal]:
    """The records that show something else than the gate was fitted on, each with the reason.

    Args:
        gate: fitted on the pictures that the network was trained on.
        x: decoded pictures, uint8 [m, H, W, C].
        images: the records' pictures, ``struct<path, bytes, sha256>`` [n].
        kept: int64 [m], where each decoded one stands in ``images``.

    Returns:
        place in ``images`` -> ``foreign_modality``, ``foreign_colour``, or ``foreign_`` and the
        part of the gate that spoke, with the distance as a multiple of the limit.
    """
    distance, ok, part = gate.judge(x)
    known = (*PROJECTIONS, *gate.origin.get("modalities", ()))
    most = MOST_COLOUR + gate.origin.get("colour", 0.0)
    found = {}
    for number, data in enumerate(_encoded(images, kept)):
        refusal = _by_file(data, known)
        if refusal is None and not ok[number]:
            refusal = Refusal(f"foreign_{part[number]}", distance=float(distance[number]))
        # Colours last: a coloured picture is decoded once more for them.
        if refusal is None and x.shape[-1] == 1 and (share := colour(data)) > most:
            refusal = Refusal("foreign_colour", share=share, limit=most)
        if refusal is not None:
            found[int(kept[number])] = refusal
    return found


def colour(data: bytes | memoryview) -> float:
    """How coloured an encoded picture is, 0..1: the mean spread between its colours.

    Example:
        >>> import cv2
        >>> red = np.full((20, 20, 3), (0, 0, 255), np.uint8)
        >>> colour(cv2.imencode(".png", red)[1].tobytes())
        1.0
        >>> colour(cv2.imencode(".jpg", red[..., 0])[1].tobytes())
        0.0
    """
    if is_dicom(data) or not _may_be_coloured(data):
        return 0.0
    import cv2

    # An eighth of a JPEG's size in both directions is read without decoding the rest.
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_COLOR_8)
    if found is None:
        return 0.0
    spread = found.max(axis=-1).astype(np.float32) - found.min(axis=-1)
    return float(spread.mean() / 255)


def _may_be_coloured(data: bytes | memoryview) -> bool:
    start = bytes(data[:26])
    if start.startswith(b"\x89PNG"):
        return start[25] not in _PNG_GREY
    if start.startswith(b"\xff\xd8"):
        frame = _JPEG_FRAME.search(data)
        return frame is None or frame.group(1) != b"\x01"
    return True


def origin(records: pa.Table, column: str = "image") -> dict[str, Any]:
    """What training pictures are by their files: :attr:`.gate.Gate.origin`.

    Args:
        records: training records; 500 of them, evenly spread, are looked at.
        column: of the pictures.

    Returns:
        ``modalities`` of their DICOM files beside ``PROJECTIONS``, and ``colour``, which all but
        the 1% most coloured of them do not exceed.
    """
    rows = np.unique(np.linspace(0, records.num_rows - 1, _MOST_SEEN).astype(np.int64))
    files = list(_encoded(records.column(column), rows if records.num_rows else rows[:0]))
    seen = {_modality(data) for data in files if is_dicom(data)}
    colours = [colour(data) for data in files]
    return {
        "modalities": sorted(seen.difference(PROJECTIONS, _UNTOLD)),
        "colour": float(np.quantile(colours, 0.99)) if colours else 0.0,
    }


def _by_file(data: bytes | memoryview, known: tuple[str, ...]) -> Refusal | None:
    modality = _modality(data) if is_dicom(data) else ""
    if modality in known or modality in _UNTOLD:
        return None
    return Refusal("foreign_modality", modality=modality, known=", ".join(known))


def _modality(data: bytes | memoryview) -> str:
    """Of a DICOM file; empty where it does not say."""
    found: Mapping[str, Any] = parse(data)[0]
    return str(found.get("Modality") or "").strip().upper()


def _encoded(
    images: pa.ChunkedArray | pa.StructArray, kept: np.ndarray
) -> Iterator[bytes | memoryview]:
    for encoded in pc.struct_field(images.take(pa.array(kept)), "bytes"):
        # A view: the bytes of a batch are not copied.
        yield memoryview(encoded.as_buffer()).cast("B")
