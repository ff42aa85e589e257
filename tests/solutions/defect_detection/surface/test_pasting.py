"""Defects copied onto sound tiles: what changes, what does not, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.defect_detection.surface.config import Moves
from solutions.defect_detection.surface.model_batches import TileBatches, Tiles
from solutions.defect_detection.surface.pasting import defects_of, paste

SIDE, GREY, SCRATCH = 64, 90, 2


@pytest.fixture
def scratched() -> tuple[np.ndarray, np.ndarray]:
    x = np.full((1, SIDE, SIDE, 1), GREY, np.uint8)
    mask = np.zeros((1, SIDE, SIDE), np.uint8)
    x[0, 30:34, 20:40], mask[0, 30:34, 20:40] = 50, SCRATCH
    return x, mask


def test_a_copy_darkens_what_is_marked_and_leaves_the_rest(scratched) -> None:
    (one,) = defects_of(*scratched)[SCRATCH]
    sound = np.full((SIDE, SIDE, 1), 140, np.uint8)
    none, everywhere = np.zeros((SIDE, SIDE), np.uint8), np.ones((SIDE, SIDE), np.uint8)
    for seed in range(20):
        seen, mask = paste(sound, none, everywhere, one, np.random.default_rng(seed))
        marked = mask == SCRATCH
        # 40 levels darker than its surroundings, times how strongly a copy shows.
        assert 140 - 1.3 * 40 - 1 <= np.median(seen[marked]) <= 140 - 0.6 * 40 + 1
        assert 20 < marked.sum() < 80 * 1.4**2 * 1.2
        assert (seen == 140).mean() > 0.5
    assert (sound == 140).all()
    assert not none.any()


def test_other_defects_of_the_tile_are_not_copied_along(scratched) -> None:
    x, mask = scratched
    x[0, 14:17, 20:40], mask[0, 14:17, 20:40] = 200, 1
    bright, dark = defects_of(x, mask)[1][0], defects_of(x, mask)[SCRATCH][0]
    assert bright.change.max() == pytest.approx(110, abs=5)
    assert bright.change.min() > -5
    assert dark.change[dark.mask > 0].mean() == pytest.approx(-40, abs=5)


def test_nothing_is_marked_where_nobody_looks(scratched) -> None:
    (one,) = defects_of(*scratched)[SCRATCH]
    sound = np.full((SIDE, SIDE, 1), 140, np.uint8)
    none, left = np.zeros((SIDE, SIDE), np.uint8), np.zeros((SIDE, SIDE), np.uint8)
    left[:, :20] = 1
    for seed in range(20):
        _, mask = paste(sound, none, left, one, np.random.default_rng(seed))
        assert mask.any()
        assert not mask[:, 20:].any()
    untouched, mask = paste(sound, none, none, one, np.random.default_rng(0))
    assert (untouched == sound).all()
    assert not mask.any()


@pytest.mark.parametrize("pasted", [0.0, 1.0])
def test_a_sound_tile_with_a_copy_is_one_of_its_class(scratched, pasted: float) -> None:
    x, mask = scratched
    sound = np.full((7, SIDE, SIDE, 1), 140, np.uint8)
    tiles = Tiles(
        np.concatenate([x, sound]),
        np.array([SCRATCH] + [0] * 7),
        ("dent", "scratch"),
        masks=np.concatenate([mask, np.zeros((7, SIDE, SIDE), np.uint8)]),
    )
    moves = Moves(False, False, False, 1.0, 0.0, pasted=pasted)
    _, target = TileBatches(tiles, 8, 0, moves, None, 4, 0.0, False)[0]
    shown = target["pixels"][..., 1 + SCRATCH - 1].max(axis=(1, 2)) > 0.3
    assert (target["image"].argmax(axis=1) == np.where(shown, SCRATCH, 0)).all()
    assert shown.sum() == (8 if pasted else 1)
