"""Boxes that cannot be: no numbers, without extent, of an unknown label, outside their picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.image_header import read_header
from lepton_core.spec import BOX_KEYS, Column

CORNERS = ("x0", "y0", "x1", "y1")
# Tools round and count from 0 or 1: a corner may lie this far, in pixels, outside the picture.
_OUTSIDE = 1.0
_EXIF_WITHIN = 65_536

# Rows, key of the reason, its values, and by row what was received.
Fault = tuple[np.ndarray, str, dict[str, Any], "pa.ChunkedArray | pa.Array"]


def geometry_faults(values: pa.ChunkedArray, column: Column) -> list[Fault]:
    """Boxes that cannot be: corners that are no numbers or the wrong way round, unknown labels.

    Args:
        values: boxes [n] of the Spec's type.
        column: whose ``choices`` are the allowed labels.
    """
    row, number, box = _flat(values)
    if not len(row):
        return []
    known = {name: np.asarray(box[name].fill_null(0.0)) for name in ("probability", "area")}
    corners = _corners(box)
    finite = np.isfinite(corners).all(axis=1)
    sound = finite & (known["probability"] >= 0) & (known["probability"] <= 1)
    sound &= (known["area"] >= 0) & np.isfinite(known["area"])
    x0, y0, x1, y1 = corners.T
    with np.errstate(invalid="ignore"):
        ordered = (x1 > x0) & (y1 > y0)
        inside = (x0 >= -_OUTSIDE) & (y0 >= -_OUTSIDE)
    wrong: list[tuple[np.ndarray, str, dict[str, Any]]] = [
        (~sound, "box_numbers", {}),
        (finite & ~ordered, "box_order", {}),
        (finite & ~inside, "box_negative", {}),
    ]
    if column.choices:
        allowed = pc.is_in(box["label"], pa.array(column.choices, pa.string())).to_numpy(False)
        wrong.append((~allowed, "box_label", {"choices": ", ".join(column.choices)}))
    return [
        _fault(len(values), row, number, box, mask, key, values_of)
        for mask, key, values_of in wrong
        if mask.any()
    ]


def outside_faults(values: pa.ChunkedArray, images: pa.ChunkedArray) -> list[Fault]:
    """Boxes that reach out of their picture, by the size that its header declares.

    A picture whose header cannot be read says nothing here; it is refused for what it is.

    Args:
        values: boxes [n] of the Spec's type.
        images: the pictures [n] that they lie in.
    """
    row, number, box = _flat(values)
    if not len(row):
        return []
    sizes = np.full((len(values), 2), np.inf)
    data = pc.struct_field(images, "bytes")
    for place in np.unique(row).tolist():
        encoded = data[place].as_buffer()
        header = None if encoded is None else read_header(memoryview(encoded))
        if header is None:
            continue
        sizes[place] = header.width, header.height
        if header.kind == "jpeg" and b"Exif" in bytes(memoryview(encoded)[:_EXIF_WITHIN]):
            sizes[place] = max(header.width, header.height)  # it may be turned before it is seen
    far = _corners(box)[:, 2:] > sizes[row] + _OUTSIDE
    mask = far.any(axis=1)
    faults = []
    for width, height in np.unique(sizes[row[mask]], axis=0).tolist():
        some = mask & (sizes[row] == (width, height)).all(axis=1)
        size = {"width": int(width), "height": int(height)}
        faults.append(_fault(len(values), row, number, box, some, "box_outside", size))
    return faults


def short_number(value: Any, keep: bool = False) -> Any:
    """A float32 as a number of as few digits as tell it apart; other values as they are.

    Args:
        value: of a box's field.
        keep: whether what is no finite number stays; None stands for it otherwise.

    Example:
        >>> short_number(float(np.float32(0.9))), short_number(3.0), short_number(float("nan"))
        (0.9, 3, None)
    """
    if not isinstance(value, float):
        return value
    if not np.isfinite(value):
        return value if keep else None
    short = float(str(np.float32(value)))
    return int(short) if short.is_integer() and abs(short) < 2**24 else short


def _flat(values: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Every box by itself: its row, its number in the row from 1, and its fields."""
    whole = values.combine_chunks()
    row = pc.list_parent_indices(whole).to_numpy(zero_copy_only=False)
    first = np.searchsorted(row, row, side="left")
    flat = whole.flatten()
    number = np.arange(len(row)) - first + 1
    return row, number, {name: pc.struct_field(flat, name) for name in BOX_KEYS}


def _corners(box: Mapping[str, Any]) -> np.ndarray:
    """x0 y0 x1 y1 float64 [m, 4]; one that is absent is not a number."""
    return np.stack(
        [np.asarray(box[name].cast(pa.float64()).fill_null(np.nan)) for name in CORNERS], axis=1
    )


def _fault(
    n: int,
    row: np.ndarray,
    number: np.ndarray,
    box: Mapping[str, Any],
    mask: np.ndarray,
    key: str,
    values: dict[str, Any],
) -> Fault:
    """One reason for the rows of the boxes in ``mask``, telling the first such box of each."""
    rows = np.zeros(n, bool)
    rows[row[mask]] = True
    told: dict[int, str] = {}
    for place in np.flatnonzero(mask).tolist():
        if int(row[place]) not in told:
            fields = {name: box[name][place].as_py() for name in BOX_KEYS}
            shown = {name: short_number(v, True) for name, v in fields.items() if v is not None}
            text = ", ".join(f"{name} {value}" for name, value in shown.items())
            told[int(row[place])] = f"{number[place]}: {text}"
    return rows, key, values, pa.array([told.get(at) for at in range(n)], pa.string())
