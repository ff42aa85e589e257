"""How large defects are, in pixels and in millimetres."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def extents(boxes: np.ndarray, area: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Length and width of defects, in pixels.

    A scratch that runs slantwise is longer than its box is wide or high. So the length is the
    longer side of the one rectangle that fits into the box touching all its sides and has the
    defect's area, at least the longer side of the box. Where only the box is known, its area is
    the defect's, and length and width are its sides.

    Args:
        boxes: x0 y0 x1 y1 [m, 4], pixels.
        area: of the defects [m], square pixels, at most that of the box.

    Returns:
        float64 [m] each.

    Example:
        >>> boxes = np.array([[0, 0, 30, 4], [0, 0, 30, 40]])
        >>> length, width = extents(boxes, np.array([120.0, 98.0]))
        >>> length.round(1).tolist(), width.round(1).tolist()
        ([30.0, 48.1], [4.0, 2.0])
    """
    sides = np.maximum(np.asarray(boxes, np.float64)[:, 2:] - boxes[:, :2], 1e-6)
    longer, shorter = sides.max(axis=1), sides.min(axis=1)
    filled = np.clip(np.asarray(area, np.float64), 1e-3, longer * shorter)
    # Sides L, W turned by an angle: the box is L cos + W sin by L sin + W cos, and L W the area.
    # With u = (cos + sin)^2 that is 4 a u^2 - (8 a + s^2 + d^2) u + 2 s^2 = 0, of which the
    # smaller root is an angle.
    total, differ = longer + shorter, longer - shorter
    middle = 8 * filled + total**2 + differ**2
    root = np.sqrt(np.maximum(middle**2 - 32 * filled * total**2, 0))
    u = np.clip(4 * total**2 / (middle + root), 1.0, 2.0)
    plus = total / np.sqrt(u)
    minus = np.sqrt(np.maximum(plus**2 - 4 * filled, 0))
    length = np.maximum((plus + minus) / 2, longer)
    return length, np.minimum(filled / length, shorter)


def measured(
    defects: pa.Array | pa.ChunkedArray, mm_per_px: float | np.ndarray | None = None
) -> pa.Table:
    """A row a defect, with its sizes.

    Args:
        defects: boxes [n], as a Spec's dtype ``boxes`` holds them; null for none.
        mm_per_px: millimetres a pixel of the original picture, one for all or [n]; None, not a
            number or 0 where not known.

    Returns:
        ``row`` (int64, the place in ``defects``), ``label``, ``probability``, ``x0 y0 x1 y1``,
        ``length_px width_px area_px2``, and ``length_mm width_mm area_mm2``, null without a scale.

    Example:
        >>> box = {"label": "scratch", "probability": 0.9, "x0": 0.0, "y0": 0.0, "x1": 30.0,
        ...        "y1": 4.0, "area": 120.0}
        >>> kind = pa.list_(pa.struct([("label", pa.string())] + [
        ...     (name, pa.float32()) for name in box if name != "label"]))
        >>> table = measured(pa.array([[], [box]], kind), 0.1)
        >>> table["row"].to_pylist(), round(table["length_mm"][0].as_py(), 3)
        ([1], 3.0)
    """
    if isinstance(defects, pa.ChunkedArray):
        defects = defects.combine_chunks()
    row = pc.list_parent_indices(defects).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = defects.flatten()
    told = {name: pc.struct_field(flat, name) for name in ("label", "probability")}
    corners = {name: pc.struct_field(flat, name) for name in ("x0", "y0", "x1", "y1")}
    boxes = np.stack([_numbers(one) for one in corners.values()], axis=1)
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    area = _numbers(pc.struct_field(flat, "area"))
    area = np.where(np.isfinite(area), area, sides.prod(axis=1))
    length, width = extents(boxes, area)
    scale = np.full(len(defects), np.nan)
    if mm_per_px is not None:
        scale[:] = mm_per_px
    each = np.where(scale > 0, scale, np.nan)[row]
    columns = {
        "row": pa.array(row, pa.int64()),
        **told,
        **corners,
        "length_px": pa.array(length),
        "width_px": pa.array(width),
        "area_px2": pa.array(area),
        "length_mm": pa.array(length * each, from_pandas=True),
        "width_mm": pa.array(width * each, from_pandas=True),
        "area_mm2": pa.array(area * each**2, from_pandas=True),
    }
    return pa.table(columns)


def _numbers(values: pa.Array) -> np.ndarray:
    """float64 [m], not a number for null."""
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
