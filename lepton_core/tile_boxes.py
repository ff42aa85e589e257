"""Boxes found in overlapping tiles, put together into those of the picture."""

from __future__ import annotations

import numpy as np

from lepton_core.decision.overlap import areas, grouped, shared, thinned

# A box is cut where it comes this near to a seam, pixels: networks are off by about as much.
_NEAR = 6.0
# A cut box gives way to another tile's that holds this share of it.
_HELD = 0.6
# Two that are cut belong together where they share this share of the narrower one's side along
# the seam. A slanting scratch leaves one tile at another height than it began in there.
_MEETING = 0.1
# Candidates below this logit (a probability of a thousandth) are not worth the time.
_HOPELESS = -7.0
_LEAST_PIXELS = 1.0
# A network proposes a box at each of thousands of places; the best of a tile are enough.
_A_TILE = 400


def joined_boxes(
    boxes: np.ndarray,
    logits: np.ndarray,
    tile: np.ndarray,
    spans: np.ndarray,
    size: tuple[int, int],
    iou: float,
    most: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes of a picture, each once; see :meth:`lepton_core.tiles.TileGrid.join_boxes`.

    Args:
        boxes: float32 [m, 4] in pixels of the picture.
        logits: float32 [m, C].
        tile: int64 [m], the tile that each was found in.
        spans: x0 y0 x1 y1 float32 [t, 4] of the tiles.
        size: height and width of the picture.
        iou: above which the better of two boxes of one class stays.
        most: boxes that are kept.
    """
    height, width = size
    limit = np.array([width, height, width, height], np.float32)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    clipped = np.clip(boxes, 0, limit)
    inside = ((middle >= 0) & (middle < limit[:2])).all(axis=1)
    usable = inside & (areas(clipped) >= _LEAST_PIXELS) & (logits.max(axis=1) >= _HOPELESS)
    rows = _first(np.flatnonzero(usable), logits.max(axis=1), tile, _A_TILE)
    boxes, logits, tile = clipped[rows], logits[rows], tile[rows]
    if len(spans) > 1:
        # Each tile's own repetitions first: few are left to be compared across tiles.
        stays = _best(boxes, logits, iou, tile)
        boxes, logits = _across(boxes[stays], logits[stays], tile[stays], spans, limit)
    stays = _best(boxes, logits, iou)[:most]
    return boxes[stays], logits[stays]


def _first(rows: np.ndarray, best: np.ndarray, tile: np.ndarray, most: int) -> np.ndarray:
    """The ``most`` best of the rows of each tile, in their order."""
    parts = [rows[at] for at in grouped(tile[rows])]
    parts = [
        one if len(one) <= most else np.sort(one[np.argsort(-best[one], kind="stable")[:most]])
        for one in parts
    ]
    return np.concatenate(parts) if parts else rows


def _best(
    boxes: np.ndarray, logits: np.ndarray, iou: float, tile: np.ndarray | None = None
) -> np.ndarray:
    """Places of the boxes that stay, of each class (and tile) by itself, the best first."""
    if not len(boxes):
        return np.empty(0, np.int64)
    best, group = logits.max(axis=1), logits.argmax(axis=1)
    if tile is not None:
        group = group + logits.shape[1] * tile
    parts = [np.flatnonzero(group == one) for one in np.unique(group)]
    stays = np.concatenate([rows[thinned(boxes[rows], best[rows], iou)] for rows in parts])
    return stays[np.argsort(-best[stays], kind="stable")]


def _across(
    boxes: np.ndarray, logits: np.ndarray, tile: np.ndarray, spans: np.ndarray, limit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The boxes after those cut at a seam have been put together or given way."""
    if not len(boxes):
        return boxes, logits
    cut = _cuts(boxes, spans[tile], limit)
    kind = logits.argmax(axis=1)
    alike = (kind[:, None] == kind) & (tile[:, None] != tile)
    both = shared(boxes, boxes)
    own = np.arange(len(boxes))
    is_cut = np.asarray(cut.any(axis=1))
    held = both / np.maximum(areas(boxes), 1e-9)[:, None]
    # The whole of it stands in the next tile.
    gives_way = np.asarray((alike & is_cut[:, None] & ~is_cut & (held >= _HELD)).any(axis=1))
    meets = np.zeros_like(alike)
    for axis in (0, 1):
        low, high = cut[:, axis], cut[:, axis + 2]
        other = 1 - axis
        ends = np.minimum(boxes[:, None, other + 2], boxes[:, other + 2])
        begins = np.maximum(boxes[:, None, other], boxes[:, other])
        sides = boxes[:, other + 2] - boxes[:, other]
        enough = ends - begins >= _MEETING * np.minimum(sides[:, None], sides)
        facing = high[:, None] & low
        meets |= (facing | facing.T) & enough & (both > 0)
    meets &= alike & ~gives_way[:, None] & ~gives_way
    group = own.copy()
    for _ in own:
        # The lowest number travels along the chain of pieces.
        lowest = np.minimum(group, np.where(meets, group, len(own)).min(axis=1))
        if (lowest == group).all():
            break
        group = lowest
    found_boxes, found_logits = [], []
    for number in np.unique(group[~gives_way]):
        rows = np.flatnonzero((group == number) & ~gives_way)
        low, high = boxes[rows, :2].min(axis=0), boxes[rows, 2:].max(axis=0)
        found_boxes.append(np.concatenate([low, high]))
        found_logits.append(logits[rows].max(axis=0))
    return np.stack(found_boxes), np.stack(found_logits)


def _cuts(boxes: np.ndarray, spans: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Which sides (left, top, right, bottom) of boxes end at a seam of their tile, bool [m, 4]."""
    low = (boxes[:, :2] <= spans[:, :2] + _NEAR) & (spans[:, :2] > 0)
    high = (boxes[:, 2:] >= spans[:, 2:] - _NEAR) & (spans[:, 2:] < limit[2:])
    return np.concatenate([low, high], axis=1)
