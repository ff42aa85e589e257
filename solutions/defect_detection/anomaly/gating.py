"""A gate that refuses pictures of something else, and no defective parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lepton_core.images import resize
from lepton_core.picture_gate import PictureGate

from .painting import paint

LEAST = 10
# How much farther than painted parts a picture may lie before it is taken for something else.
_ROOM = 1.5


def gate_of(
    learned: Sequence[np.ndarray], held: Sequence[np.ndarray], rate: float, seed: int
) -> PictureGate:
    """What refuses pictures of something else.

    A defective part is strange too, and must be failed, not refused. So the gate gets to know good
    parts with painted defects as well, and room beyond those.

    Args:
        learned: good parts, uint8 [h, w, C] each, at least ``LEAST``.
        held: held-out ones; none gives more room.
        rate: share of the held-out ones, painted or not, that may lie beyond the limit before room
            is given.
        seed: of all that is drawn.
    """
    rng = np.random.default_rng(seed)
    train, valid = (
        [*some, *(_painted(one, some, rng) for one in some)] for some in (learned, held)
    )
    gate = PictureGate.fit(train, valid, rate, seed)
    return replace(gate, limit=gate.limit * _ROOM)


def _painted(
    picture: np.ndarray, others: Sequence[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """A part with painted defects, uint8 [h, w, C]."""
    other = resize(others[int(rng.integers(len(others)))], (picture.shape[0], picture.shape[1]))
    drawn = paint(picture.astype(np.float32), other.astype(np.float32), rng)[0]
    return np.rint(drawn).astype(np.uint8)
