"""Training pictures with their truth as tiles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lepton_core.images import decode_each, resize
from lepton_core.masks import DEFECT, read_mask
from lepton_core.rejects import Refusal
from lepton_core.tiles import TileGrid

from .preprocessing import IMAGE, Preprocessor

BOXES, MASK, LABEL = "boxes", "mask", "label"
# Share of a box that must stand in a tile for the tile to show the defect.
_SHOWN = 0.3
# So many defective pixels, as a share of the part's, make a tile one that shows the defect.
_SHOWN_PIXELS = 0.02


class Part(NamedTuple):
    """One part as it is learned from, at the size that it is cut at.

    Args:
        row: its place in the records.
        picture: uint8 [H, W, C], as the gate sees it.
        code: class number, 0 for good.
        boxes: true defects float32 [k, 5]: class number, x0 y0 x1 y1 in pixels; None where nobody
            said.
        mask: class numbers of the pixels uint8 [H, W]; None where nobody said.
    """

    row: int
    picture: np.ndarray
    code: int
    boxes: np.ndarray | None
    mask: np.ndarray | None


def annotated(records: pa.Table) -> str:
    """Which truth about places records bring: ``mask``, else ``boxes``, else nothing.

    Args:
        records: training records.
    """
    for name in (MASK, BOXES):
        if name not in records.column_names:
            continue
        column = records[name]
        # A mask's column holds a struct for each record; what counts is whether any has bytes.
        known = pc.struct_field(column, "bytes") if name == MASK else column
        if known.null_count < len(known):
            return name
    return ""


def parts(
    records: pa.Table, codes: np.ndarray, classes: tuple[str, ...], preprocessor: Preprocessor
) -> list[Part]:
    """The records that decode, with what is known of their defects.

    Args:
        records: labelled records [n].
        codes: class number of each, 0 for good.
        classes: the name for no defect, then the defect classes.
        preprocessor: says at which size pictures are cut.
    """
    found = []
    boxes = records[BOXES].to_pylist() if BOXES in records.column_names else None
    masks = pc.struct_field(records[MASK], "bytes") if MASK in records.column_names else None
    for row, decoded in enumerate(decode_each(records[IMAGE], channels=preprocessor.channels)):
        if isinstance(decoded, Refusal):
            continue
        picture, code = preprocessor.picture(decoded), int(codes[row])
        own = None if boxes is None else _boxes(boxes[row], code, classes, preprocessor.scale)
        mask = None if masks is None else _mask(masks[row].as_py(), code, picture.shape[:2])
        found.append(Part(row, picture, code, own, mask))
    return found


class TileTruth(NamedTuple):
    """The tiles of one part, t of them.

    Args:
        x: uint8 [t, height, width, C].
        image: int64 [t], class number; that of a good part where the defect is not to be seen.
        boxes: float32 [k, 5] of each, in pixels of the tile.
        masks: uint8 [t, height, width].
        valid: bool [t, height, width], what lies in the picture and in the region.
    """

    x: np.ndarray
    image: np.ndarray
    boxes: list[np.ndarray]
    masks: np.ndarray
    valid: np.ndarray


def tiles_of(part: Part, preprocessor: Preprocessor, kind: str) -> TileTruth:
    """A part's tiles with their truth.

    Args:
        part: the part.
        preprocessor: cuts it.
        kind: of :func:`annotated`.
    """
    grid, (height, width) = preprocessor.grid, part.picture.shape[:2]
    x = grid.cut(preprocessor.seen(part.picture))
    valid = grid.valid(height, width)
    mask = np.zeros((height, width), np.uint8) if part.mask is None else part.mask
    boxes = np.zeros((0, 5), np.float32) if part.boxes is None else part.boxes
    if preprocessor.region is not None:
        inside = preprocessor.region.inside(height, width)
        valid &= grid.cut(inside)
        mask = np.where(inside, mask, np.uint8(0))
        boxes = boxes[_middle_inside(boxes, inside)]
    masks = grid.cut(mask) * valid
    each = [_in_tile(boxes, y, x0, grid) for y, x0 in grid.places(height, width)]
    if kind == MASK and part.mask is None:
        # It has a defect, and nobody said where.
        valid &= False
    image = np.full(len(x), part.code, np.int64)
    if len(x) > 1 and kind == BOXES and part.boxes is not None:
        image[[not len(one) for one in each]] = 0
    if kind == MASK and mask.any():
        share = (masks > 0).sum(axis=(1, 2)) / (mask > 0).sum()
        image[share < _SHOWN_PIXELS] = 0
    return TileTruth(x, image, each, masks, valid)


def _in_tile(boxes: np.ndarray, y: int, x: int, grid: TileGrid) -> np.ndarray:
    """The boxes that a tile shows enough of, in its pixels."""
    if not len(boxes):
        return boxes
    moved = boxes[:, 1:] - np.array([x, y, x, y], np.float32)
    size = np.array([grid.width, grid.height] * 2, np.float32)
    cut = np.clip(moved, 0, size)
    area = np.prod(moved[:, 2:] - moved[:, :2], axis=1)
    shown = np.prod(cut[:, 2:] - cut[:, :2], axis=1) >= _SHOWN * np.maximum(area, 1e-6)
    return np.column_stack([boxes[:, :1], cut])[shown].astype(np.float32)


def _middle_inside(boxes: np.ndarray, inside: np.ndarray) -> np.ndarray:
    middle = ((boxes[:, 1:3] + boxes[:, 3:]) / 2).astype(np.int64)
    y, x = np.clip(middle[:, ::-1], 0, np.array(inside.shape) - 1).T
    return np.asarray(inside[y, x])


def _boxes(
    given: list[dict[str, object]] | None, code: int, classes: tuple[str, ...], scale: float
) -> np.ndarray | None:
    if given is None:
        # Nobody marks anything on a good part.
        return np.zeros((0, 5), np.float32) if code == 0 else None
    rows = []
    for box in given:
        label = box["label"]
        number = classes.index(str(label)) if label in classes else code
        if number:
            corners = [float(str(box[name])) * scale for name in ("x0", "y0", "x1", "y1")]
            rows.append([number, *corners])
    return np.array(rows, np.float32).reshape(-1, 5)


def _mask(data: bytes | None, code: int, size: tuple[int, int]) -> np.ndarray | None:
    mask = read_mask(data)
    if mask is None:
        return np.zeros(size, np.uint8) if code == 0 else None
    numbers = np.unique(mask[mask > 0])
    if code and (DEFECT in numbers or len(numbers) == 1):
        # One kind of defect, which the part's label names.
        mask = np.where(mask > 0, np.uint8(code), np.uint8(0))
    if mask.shape != size:
        shares = [resize((mask == one).astype(np.float32), size) for one in np.unique(mask)]
        mask = np.unique(mask)[np.argmax(shares, axis=0)].astype(np.uint8)
    return mask


def found_in(mask: np.ndarray) -> np.ndarray:
    """The connected defects of a mask as true boxes float32 [k, 5]: class number, x0 y0 x1 y1."""
    import cv2

    rows = []
    for code in np.unique(mask[mask > 0]).tolist():
        _, _, stats, _ = cv2.connectedComponentsWithStats((mask == code).astype(np.uint8))
        for left, top, width, height, _ in stats[1:].tolist():
            rows.append([code, left, top, left + width, top + height])
    return np.array(rows, np.float32).reshape(-1, 5)
