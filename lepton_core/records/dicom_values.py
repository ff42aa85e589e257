"""From stored pixels to values in their unit, and how a file wants them shown.

Source: DICOM PS3.3, C.7.6.3 (image pixel), C.11.1 (modality LUT), C.11.2 (VOI LUT).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lepton_core.records._pydicom import quiet_pydicom
from lepton_core.records.frame import Frame, Window, range_window
from lepton_core.rejects import Refusal

_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
_MOST_MM = 100.0


def frame_of(one: Any, stored: np.ndarray, photometric: str) -> Frame:
    """A frame to look at.

    Args:
        one: the dataset of one frame.
        stored: its pixels, [height, width] or [height, width, 3].
        photometric: what they mean: ``MONOCHROME1``, ``MONOCHROME2``, ``PALETTE COLOR``, ``RGB``.

    Raises:
        Refusal: ``dicom_header`` where a lookup table cannot be used.
    """
    spacing, spacing_from = _spacing(one)
    burned = {"YES": True, "NO": False}.get(str(one.get("BurnedInAnnotation", "")))
    told: dict[str, Any] = {
        "spacing_mm": spacing,
        "spacing_from": spacing_from,
        "modality": str(one.get("Modality") or ""),
        "body_part": str(one.get("BodyPartExamined") or ""),
        "view": str(one.get("ViewPosition") or ""),
        "burned_in": burned,
        "kind": "dicom",
    }
    try:
        if photometric == "PALETTE COLOR" or stored.ndim == 3:
            return Frame(_colour(one, stored, photometric), (128.0, 256.0), **told)
        values, ends = _modality(one, stored)
        curve = _curve(one)
    except Exception as error:  # a table that is too short, or of no type
        raise Refusal("dicom_header") from error
    window, own_range = _window(one, values, stored)
    function = "LINEAR" if own_range else str(one.get("VOILUTFunction") or "LINEAR")
    if own_range and curve is not None and not _overlaps(values, curve[0], len(curve[1])):
        curve = None
    if photometric == "MONOCHROME1":
        # Mirrored within the range that the bits can hold, window and curve with it.
        total = ends[0] + ends[1]
        values = np.subtract(np.float32(total), values, out=values)
        window = (total - window[0] + (1 if function == "LINEAR" else 0), window[1])
        if curve is not None:
            first, table = curve
            curve = (total - (first + len(table) - 1), 1 - table[::-1])
    unit = "HU" if str(one.get("RescaleType") or "") == "HU" or told["modality"] == "CT" else ""
    return Frame(values, window, function, curve, unit=unit, **told)


def _modality(one: Any, stored: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Values float32 [height, width] in their unit, and the ends of the range they can have."""
    if one.get("ModalityLUTSequence"):
        first, table = _table(one.ModalityLUTSequence[0])
        place = np.clip(stored.astype(np.int64) - int(first), 0, len(table) - 1)
        return table[place], (0.0, float(2 ** _bits(one.ModalityLUTSequence[0]) - 1))
    slope, intercept = _number(one, "RescaleSlope"), _number(one, "RescaleIntercept")
    values = stored.astype(np.float32)
    if slope is not None and slope != 0 and slope != 1:
        values *= np.float32(slope)
    slope = slope or 1.0
    if intercept:
        values += np.float32(intercept)
    bits = int(one.get("BitsStored") or one.BitsAllocated)
    is_signed = int(one.get("PixelRepresentation") or 0) == 1
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if is_signed else (0, 2**bits - 1)
    return values, (low * slope + (intercept or 0), high * slope + (intercept or 0))


def _window(one: Any, values: np.ndarray, stored: np.ndarray) -> tuple[Window, bool]:
    """The window that the file brings first, or that of the values' own range."""
    center, width = _number(one, "WindowCenter"), _number(one, "WindowWidth")
    if center is not None and width is not None and width >= 1:
        low, high = float(values.min()), float(values.max())
        # One that shows a flat surface of a picture with content is a mistake.
        if low == high or (center - width / 2 < high and low < center + width / 2):
            return (center, width), False
    inside = values
    padding = _number(one, "PixelPaddingValue")
    if padding is not None:
        limit = _number(one, "PixelPaddingRangeLimit")
        least, most = sorted((padding, padding if limit is None else limit))
        kept = values[(stored < least) | (stored > most)]
        inside = kept if kept.size else values
    return range_window(float(inside.min()), float(inside.max())), True


def _curve(one: Any) -> tuple[float, np.ndarray] | None:
    """The VOI LUT as its first value and entries of 0 to 1; None where a window is given."""
    if not one.get("VOILUTSequence"):
        return None
    item = one.VOILUTSequence[0]
    first, table = _table(item)
    return first, (table / (2 ** _bits(item) - 1)).astype(np.float32)


def _table(item: Any) -> tuple[float, np.ndarray]:
    """First mapped value and entries of a lookup table, float32 [n]."""
    length, first, _ = (int(value) for value in item.LUTDescriptor)
    length = length or 65536
    data = item.LUTData
    if isinstance(data, (bytes, bytearray)):
        if len(data) < 2 * length:
            entries = np.frombuffer(data, np.uint8)
        else:
            entries = np.frombuffer(data, "<u2" if item.is_little_endian is not False else ">u2")
    else:
        entries = np.atleast_1d(np.asarray(data, np.uint16))
    if not 1 <= length <= len(entries):
        raise ValueError("the table is shorter than it says")
    return float(first), entries[:length].astype(np.float32)


def _bits(item: Any) -> int:
    bits = int(item.LUTDescriptor[2])
    if not 1 <= bits <= 16:
        raise ValueError("a table of no usable bits")
    return bits


def _overlaps(values: np.ndarray, first: float, length: int) -> bool:
    return bool(values.min() < first + length and values.max() >= first)


def _colour(one: Any, stored: np.ndarray, photometric: str) -> np.ndarray:
    """Red, green and blue, uint8 [height, width, 3]."""
    bits = int(one.get("BitsStored") or one.BitsAllocated)
    if photometric == "PALETTE COLOR":
        stored = quiet_pydicom().pixels.apply_color_lut(stored, one)
        bits = 8 * stored.dtype.itemsize
    elif photometric != "RGB":
        raise ValueError("colours that were not converted")
    if bits > 8:
        stored = stored >> (bits - 8)
    return np.ascontiguousarray(stored).astype(np.uint8, copy=False)


def _spacing(one: Any) -> tuple[tuple[float, float] | None, str]:
    for keyword in _SPACINGS:
        try:
            sides = tuple(float(value) for value in one.get(keyword) or ())
        except (TypeError, ValueError):
            continue
        # Some write zeros where they do not know.
        if len(sides) == 2 and all(0 < side < _MOST_MM for side in sides):
            return (sides[0], sides[1]), keyword
    return None, ""


def _number(one: Any, keyword: str) -> float | None:
    """A number, the first of several; None where there is none that can be used."""
    value = one.get(keyword)
    try:
        if value is not None and not isinstance(value, (str, int, float)):
            value = next(iter(value))
        number = float(value)
    except (TypeError, ValueError, StopIteration):
        return None
    return number if math.isfinite(number) else None
