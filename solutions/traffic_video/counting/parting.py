"""Which vehicle each pixel is of: those that tell the same box are of the same one."""

from __future__ import annotations

import cv2
import numpy as np

from lepton_core.decision.overlap import areas, ious, shared

from .targets import box_pixels

# From what logit on a pixel is core: there a vehicle may begin, the surest first; so often it is
# tried in a frame, however little the answers make sense.
_CORE, _TRIES = -1.0, 200
# Share that two boxes have in common from which they are of one vehicle; and from which a pixel
# that is left over belongs to the vehicle whose box is nearest to its own.
_SAME, _NEAR = 0.25, 0.06
# A part is of the vehicle beside it where so much of its box lies within that one's, and what lies
# between both is core, of which there is none between two vehicles.
_WITHIN, _BETWEEN = 0.5, -1.0
# Pixels that make a vehicle at least; what is left at its edge, up to such a share of it, is its.
_LEAST, _EDGE = 8, 0.5


def named(mask: np.ndarray, core: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Number of the vehicle that each pixel is of.

    The pixel that is most surely within a vehicle begins one: all pixels whose box is much the same
    are of it. Then the surest of those left begins the next one (greedy clustering, as in Neven et
    al. 2019). What is left over joins the vehicle with the nearest box or the one at whose edge it
    lies; pieces for themselves are things of their own. Parts of one vehicle are put together.

    Args:
        mask: bool [h, w], where vehicles are.
        core: float32 [h, w], logit of the inner part of one.
        answers: float32 [h, w, 4], what :func:`.targets.box_pixels` takes.

    Returns:
        int32 [h, w], from 1; 0 where there is none.

    Example:
        >>> mask = np.zeros((6, 16), bool)
        >>> mask[1:5, 1:8] = mask[1:5, 8:15] = True
        >>> from .targets import box_answers, boxes_of
        >>> two = np.repeat([[1] * 8 + [2] * 8], 6, axis=0) * mask
        >>> found = named(mask, np.where(mask, 3.0, -9.0), box_answers(boxes_of(two)))
        >>> np.unique(found[:, :8]).tolist(), np.unique(found[:, 8:]).tolist()
        ([0, 1], [0, 2])
    """
    names = np.zeros(mask.shape, np.int32)
    y, x = np.nonzero(mask)
    if not len(y):
        return names
    left, up, right, down = box_pixels(answers[y, x]).T
    own = np.stack([x + 0.5 - left, y + 0.5 - up, x + 0.5 + right, y + 0.5 + down], axis=1)
    name, of = _begun(own, core[y, x])
    rest = np.flatnonzero(name == 0)
    if len(rest) and len(of):
        common = ious(of, own[rest])
        nearest = common.argmax(axis=0)
        is_near = common[nearest, np.arange(len(rest))] >= _NEAR
        name[rest[is_near]] = nearest[is_near] + 1
    names[y, x] = name
    _name_pieces(names, mask, len(of))
    return _whole(names, core)


def _name_pieces(names: np.ndarray, mask: np.ndarray, most: int) -> None:
    """Name what has none yet: as the vehicle at whose edge it lies, or by one above ``most``."""
    alone = (mask & (names == 0)).astype(np.uint8)
    if not alone.any():
        return
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(alone, connectivity=4)
    area = np.bincount(names.ravel(), minlength=most + 1)
    beside = cv2.dilate(names.astype(np.uint16), np.ones((3, 3), np.uint8))
    there = pieces > 0
    of = pieces[there]
    touched = np.zeros(count, np.int64)
    np.maximum.at(touched, of, beside[there])
    is_edge = (touched > 0) & (stats[:, cv2.CC_STAT_AREA] <= _EDGE * area[touched])
    names[there] = np.where(is_edge, touched, most + np.arange(count))[of]


def _whole(names: np.ndarray, core: np.ndarray) -> np.ndarray:
    """The numbers [h, w] with those of a vehicle's parts made one."""
    pairs, between = [], []
    for here, there in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        is_border = (names[here] != names[there]) & (names[here] > 0) & (names[there] > 0)
        sides = names[here][is_border], names[there][is_border]
        pairs.append(np.stack([np.minimum(*sides), np.maximum(*sides)], axis=1))
        between.append(np.minimum(core[here][is_border], core[there][is_border]))
    border = np.concatenate(pairs)
    if not len(border):
        return names
    met, of = np.unique(border, axis=0, return_inverse=True)
    long = np.bincount(of.ravel())
    mean = np.bincount(of.ravel(), np.concatenate(between)) / long
    box = _extents(names)
    final = np.arange(len(box))
    for first, second in met[(long > 1) & (mean > _BETWEEN)].tolist():
        common = shared(box[first][None], box[second][None])[0, 0]
        least = areas(box[[first, second]]).min()
        if common >= _WITHIN * least:
            final[final == final[second]] = final[first]
    return final[names].astype(np.int32)


def _extents(names: np.ndarray) -> np.ndarray:
    """Box x0 y0 x1 y1 around the pixels of each number from 0 on, [k, 4]; of none, no size."""
    y, x = np.nonzero(names)
    own = names[y, x]
    least = np.full((own.max(initial=0) + 1, 2), np.iinfo(np.int64).max // 2)
    most = np.zeros_like(least)
    for axis, place in enumerate((x, y)):
        np.minimum.at(least[:, axis], own, place)
        np.maximum.at(most[:, axis], own, place + 1)
    return np.concatenate([least, most], axis=1)


def mean_sizes(names: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """How likely each vehicle is of each size class, by the mean answer over its pixels.

    Args:
        names: int32 [h, w] of :func:`named`.
        answers: float32 [h / s, w / s, 3], logits of ``SIZES``, each of s by s pixels.

    Returns:
        float32 [k, 3] of the numbers 0 (nothing, even) to the largest.

    Example:
        >>> mean_sizes(np.array([[1, 1], [0, 2]]), np.array([[[0, 9.0, 0]]])).round(2).tolist()[1:]
        [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]
    """
    y, x = np.nonzero(names)
    stride = names.shape[0] // answers.shape[0]
    own, told = names[y, x], answers[y // stride, x // stride]
    count = np.maximum(np.bincount(own, minlength=1), 1)
    columns = [np.bincount(own, told[:, k], len(count)) / count for k in range(told.shape[1])]
    power = np.exp(np.stack(columns, axis=1) - np.max(columns, axis=0)[:, None])
    return (power / power.sum(axis=1, keepdims=True)).astype(np.float32)


def _begun(own: np.ndarray, core: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number of the vehicle of each pixel, int32 [n], 0 for none yet; a box of each, [k, 4]."""
    name, of = np.zeros(len(own), np.int32), []
    order = np.argsort(-core, kind="stable")
    order = order[core[order] > _CORE]
    for _ in range(_TRIES):
        if not len(order):
            break
        free = np.flatnonzero(name == 0)
        same = free[_ious(own[order[0]], own[free]) >= _SAME]
        box = np.median(own[same], axis=0)  # of one pixel alone it may be off
        again = free[_ious(box, own[free]) >= _SAME]
        same = again if len(again) > len(same) else same
        tried = np.zeros(len(own), bool)
        tried[same] = tried[order[0]] = True
        order = order[~tried[order]]
        if len(same) >= _LEAST:
            of.append(np.median(own[same], axis=0))
            name[same] = len(of)
    return name, np.array(of).reshape(-1, 4)


def _ious(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    return np.asarray(ious(box[None], boxes)[0])
