"""In which order tiles are learned where defects are rare."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.defect_detection.surface.config import Moves
from solutions.defect_detection.surface.model_batches import TileBatches, Tiles

STILL = Moves(False, False, False, 1.0, 0.0)


def shares(counts: tuple[int, ...], balanced: bool) -> np.ndarray:
    """How often each class comes in an epoch, good first."""
    codes = np.repeat(np.arange(len(counts)), counts)
    x = np.zeros((len(codes), 32, 32, 1), np.uint8)
    given = Tiles(x, codes, tuple("abc"[: len(counts) - 1]))
    data = TileBatches(given, 10, 0, STILL, None, 4, 0.0, balanced)
    seen = np.concatenate([data[number][1]["image"] for number in range(len(data))])
    return seen.mean(axis=0)


def test_rare_defects_come_as_often_as_others_and_as_many_good_tiles_beside() -> None:
    assert shares((300, 10, 40, 50), True) == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6], abs=0.02)
    assert shares((300, 10, 40, 50), False) == pytest.approx([0.75, 0.025, 0.1, 0.125], abs=1e-6)


def test_without_good_tiles_the_defects_share_an_epoch() -> None:
    assert shares((0, 10, 40, 50), True)[1:] == pytest.approx([1 / 3] * 3, abs=0.02)
