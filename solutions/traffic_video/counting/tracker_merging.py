"""Blobs that are not one vehicle: several in one, and one in several."""

from __future__ import annotations

import numpy as np

from .blobs import Blobs
from .tracker_motion import Track

# Share of a vehicle's box within a blob from which it may be part of it.
_INSIDE = 0.5
# A blob that is so much larger than a vehicle holds another one, too.
_LARGER = 1.3
# Pieces of one vehicle are this many of its sizes apart at most, and fill so much of their box.
_APART, _FILLED = 0.12, 0.7
# Share of a new thing that lies in a vehicle's box from which it may be a part of it.
_PART = 0.3
# What comes out from behind a vehicle is no splinter of it.
_CHILD = 0.25
# How much less a shared blob tells of a vehicle's place than one of its own.
_DOUBT = 4.0


def joined(blobs: Blobs, tracks: list[Track]) -> Blobs:
    """Blobs with the pieces of one vehicle put together.

    Pieces lie mostly within the expected box of one and the same confirmed track, nearly touch, and
    fill the box around them: a truck whose middle looks like the road. Two vehicles that were taken
    for one as long as they covered each other part here.

    Args:
        blobs: of the frame, n.
        tracks: predicted to its time.
    """
    if len(blobs) < 2:
        return blobs
    groups = list(range(len(blobs)))
    for track in tracks:
        if not track.is_confirmed:
            continue
        inside = overlap(blobs.box, np.array(track.box))
        pieces = np.flatnonzero(inside > 0.6)
        if len(pieces) < 2:
            continue
        if _are_one(blobs.box[pieces], track):
            first = groups[pieces[0]]
            for piece in pieces.tolist():
                groups[piece] = first
    names = sorted(set(groups))
    if len(names) == len(blobs):
        return blobs
    members = [np.flatnonzero(np.array(groups) == name) for name in names]
    return Blobs(
        np.array([_around(blobs.box[rows]) for rows in members], np.float32),
        np.array([blobs.area[rows].sum() for rows in members], np.float32),
        np.array([blobs.sure[rows].max() for rows in members], np.float32),
        blobs.mask,
        np.array([blobs.sizes[rows[blobs.area[rows].argmax()]] for rows in members], np.float32),
    )


def shared(blobs: Blobs, tracks: list[Track], owner: dict[int, int]) -> dict[int, list[int]]:
    """Blobs that more than one vehicle is in: blob -> positions in ``tracks``.

    Args:
        blobs: of the frame.
        tracks: predicted to its time.
        owner: track -> blob, as assigned.
    """
    found: dict[int, list[int]] = {}
    if not len(blobs):
        return found
    left = [at for at, track in enumerate(tracks) if at not in owner and track.is_confirmed]
    of_blob = {blob: at for at, blob in owner.items()}
    for at in left:
        inside = overlap(np.array([tracks[at].box]), blobs.box)
        blob = int(inside.argmax())
        if inside[blob] >= _INSIDE:
            found.setdefault(blob, []).append(at)
    for blob, members in list(found.items()):
        if blob in of_blob:
            members.append(of_blob[blob])
        x0, y0, x1, y1 = blobs.box[blob]
        largest = max(tracks[at].width * tracks[at].height for at in members)
        # A lone vehicle in a blob of its size is that blob, however far it was expected off.
        if len(members) < 2 and (x1 - x0) * (y1 - y0) < _LARGER * largest:
            del found[blob]
    return found


def share(blob: np.ndarray, members: list[Track]) -> None:
    """Correct the vehicles that are in one blob: each goes on, but stays within it.

    Args:
        blob: float32 [4], x0 y0 x1 y1.
        members: predicted to its time.
    """
    x0, y0, x1, y1 = (float(side) for side in blob)
    for track in members:
        w, h = min(track.width, x1 - x0) / 2, min(track.height, y1 - y0) / 2
        x = min(max(track.x, x0 + w), x1 - w)
        y = min(max(track.y, y0 + h), y1 - h)
        track.pull(x, y, _DOUBT)
        track.seen_s = track.time_s
        track.merged = True


def coming_out(box: np.ndarray, tracks: list[Track]) -> Track | None:
    """The vehicle from behind which a new thing comes out: it lay within what was taken for one.

    Args:
        box: float32 [4] of the new thing.
        tracks: all others, at the same time.
    """
    hiding = [track for track in tracks if track.is_confirmed and track.path.points]
    if not hiding:
        return None
    inside = overlap(np.repeat(box[None], len(hiding), 0), _boxes(hiding))
    at = int(inside.argmax())
    size = float((box[2:] - box[:2]).prod())
    is_large = size >= _CHILD * hiding[at].width * hiding[at].height
    return hiding[at] if inside[at] >= _INSIDE and is_large else None


def is_beside(box: np.ndarray, tracks: list[Track]) -> bool:
    """Whether a new thing lies where a vehicle is, in part at least.

    Args:
        box: float32 [4] of the new thing.
        tracks: all others, at the same time.
    """
    known = [track for track in tracks if track.is_confirmed]
    if not known:
        return False
    return bool((overlap(np.repeat(box[None], len(known), 0), _boxes(known)) >= _PART).any())


def _boxes(tracks: list[Track]) -> np.ndarray:
    return np.array([track.box for track in tracks]).reshape(-1, 4)


def overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Share of the area of each of the first boxes that lies in the second ones, [n].

    Args:
        first: [n, 4] or [1, 4].
        second: [n, 4] or [4].
    """
    first, second = np.atleast_2d(first), np.atleast_2d(second)
    sides = np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(first[:, :2], second[:, :2])
    common = np.clip(sides, 0, None).prod(axis=1)
    area = (first[:, 2:] - first[:, :2]).prod(axis=1)
    found: np.ndarray = common / np.maximum(area, 1e-6)
    return found


def _are_one(boxes: np.ndarray, track: Track) -> bool:
    """Whether pieces make one thing as large as the track."""
    around = _around(boxes)
    area = (around[2:] - around[:2]).prod()
    if area > _LARGER * track.width * track.height:
        return False
    if (boxes[:, 2:] - boxes[:, :2]).prod(axis=1).sum() < _FILLED * area:
        return False
    apart = np.maximum(boxes[1:, :2] - boxes[:1, 2:], boxes[:1, :2] - boxes[1:, 2:]).max(axis=1)
    return bool(apart.min() <= _APART * track.size)


def _around(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
