"""Boxes found in overlapping tiles, put together into those of the picture."""

from __future__ import annotations

import numpy as np

from lepton_core.decision.overlap import areas, averaged, grouped, shared, thinned

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
# A network proposes a box at each of thousands of places; the best of a tile are enough, and the
# best of a large picture, whose boxes are compared each with each.
_A_TILE, _A_PICTURE = 400, 2000


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
    # A defect at the picture's edge goes on in what was added beyond it: only what lies inside is
    # of the part.
    best = logits.max(axis=1)
    rows = np.flatnonzero(best >= _HOPELESS)
    boxes = np.clip(boxes[rows], 0, limit)
    usable = areas(boxes) >= _LEAST_PIXELS
    rows, boxes = rows[usable], boxes[usable]
    first = _first(best[rows], tile[rows], _A_TILE)
    boxes, logits, tile = boxes[first], logits[rows[first]], tile[rows[first]]
    # Each tile's own repetitions first: few are left to be compared across tiles.
    boxes, logits, tile = _once(boxes, logits, tile, iou, _A_PICTURE)
    if len(spans) > 1:
        boxes, logits = _across(boxes, logits, tile, spans, limit)
        boxes, logits, _ = _once(boxes, logits, np.zeros(len(boxes), np.int64), iou, most)
    return boxes[:most], logits[:most]


def _first(best: np.ndarray, tile: np.ndarray, most: int) -> np.ndarray:
    """Places of the ``most`` best of each tile, in their order."""
    parts = [
        one if len(one) <= most else np.sort(one[np.argsort(-best[one], kind="stable")[:most]])
        for one in grouped(tile)
    ]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _once(
    boxes: np.ndarray, logits: np.ndarray, tile: np.ndarray, iou: float, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best boxes of each class and tile, each the mean of those that it stands for."""
    if not len(boxes):
        return boxes, logits, tile
    best = logits.max(axis=1)
    likely = 0.5 * (1 + np.tanh(0.5 * best.astype(np.float64)))
    places, means = [], []
    for rows in grouped(logits.argmax(axis=1) + logits.shape[1] * tile):
        stays = thinned(boxes[rows], best[rows], iou)
        places.append(rows[stays])
        means.append(averaged(boxes[rows], likely[rows], stays, iou))
    place = np.concatenate(places)
    order = np.argsort(-best[place], kind="stable")[:most]
    place = place[order]
    return np.concatenate(means)[order].astype(np.float32), logits[place], tile[place]


def _across(
    boxes: np.ndarray, logits: np.ndarray, tile: np.ndarray, spans: np.ndarray, limit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The boxes after those cut at a seam have been put together or given way."""
    if not len(boxes):
        return boxes, logits
    cut = _cuts(boxes, spans[tile], limit)
    is_cut = np.asarray(cut.any(axis=1))
    kind = logits.argmax(axis=1)
    alike = (kind[:, None] == kind) & (tile[:, None] != tile)
    both = shared(boxes, boxes)
    held = both / np.maximum(areas(boxes), 1e-9)[:, None]
    # The whole of it stands in the next tile.
    stays = ~(alike & is_cut[:, None] & ~is_cut & (held >= _HELD)).any(axis=1)
    boxes, logits, kind, is_cut = boxes[stays], logits[stays], kind[stays], is_cut[stays]
    meets = _facing(boxes, cut[stays]) & ((both > 0) & alike)[stays][:, stays]
    chain = _chained(meets)
    order = np.argsort(chain, kind="stable")
    starts = np.flatnonzero(np.diff(chain[order], prepend=-1))
    low = np.minimum.reduceat(boxes[order, :2], starts)
    high = np.maximum.reduceat(boxes[order, 2:], starts)
    joined = np.concatenate([low, high], axis=1)
    told = np.maximum.reduceat(logits[order], starts)
    kinds = kind[order[starts]]
    # A corner of a large defect in a tile that met none of the pieces put together.
    loose = np.logical_and.reduceat(is_cut[order], starts)
    area = areas(joined)
    within = shared(joined, joined) >= _HELD * area[:, None]
    larger = (area[:, None] < area) & (kinds[:, None] == kinds)
    stays = ~(loose & (within & larger).any(axis=1))
    return joined[stays], told[stays]


def _facing(boxes: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """Which boxes face which others across a seam, bool [m, m]."""
    found = np.zeros((len(boxes), len(boxes)), bool)
    for axis in (0, 1):
        along = 1 - axis
        low, high = boxes[:, along], boxes[:, along + 2]
        common = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
        enough = common >= _MEETING * np.minimum((high - low)[:, None], high - low)
        facing = cut[:, None, axis + 2] & cut[:, axis]
        found |= (facing | facing.T) & enough
    return found


def _chained(meets: np.ndarray) -> np.ndarray:
    """The chain of each box, int64 [m], from who meets whom, bool [m, m]."""
    chain = np.arange(len(meets))
    for _ in range(len(meets)):
        # The lowest number travels along.
        lowest = np.minimum(chain, np.where(meets, chain, len(meets)).min(axis=1))
        if (lowest == chain).all():
            break
        chain = lowest
    return chain


def _cuts(boxes: np.ndarray, spans: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Which sides (left, top, right, bottom) of boxes end at a seam of their tile, bool [m, 4]."""
    low = (boxes[:, :2] <= spans[:, :2] + _NEAR) & (spans[:, :2] > 0)
    high = (boxes[:, 2:] >= spans[:, 2:] - _NEAR) & (spans[:, 2:] < limit[2:])
    return np.concatenate([low, high], axis=1)
