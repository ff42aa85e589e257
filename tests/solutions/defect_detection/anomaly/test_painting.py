"""Painted defects: seen where they are marked, absent where they are not."""

from __future__ import annotations

import numpy as np
import pytest

from solutions.defect_detection.anomaly.painting import paint


def texture(rng: np.random.Generator, channels: int = 1) -> np.ndarray:
    return rng.normal(120, 6, (96, 128, channels)).astype(np.float32)


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_marked_has_changed_visibly_and_nothing_far_from_it(channels: int) -> None:
    drawn = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        good = texture(rng, channels)
        painted, marked = paint(good, texture(rng, channels), rng)
        assert painted.shape == good.shape
        assert painted.min() >= 0
        assert painted.max() <= 255
        change = np.abs(painted - good).mean(axis=2)
        if not marked.any():
            assert change.max() == 0
            continue
        drawn += 1
        assert change[marked].mean() > 3
        y, x = np.nonzero(marked)
        far = np.ones_like(marked)
        far[max(y.min() - 12, 0) : y.max() + 13, max(x.min() - 12, 0) : x.max() + 13] = False
        assert not change[far].any()
    assert drawn > 30


def test_a_seed_paints_the_same_and_another_one_something_else() -> None:
    good = texture(np.random.default_rng(0))
    first, again, other = (
        paint(good, good[::-1], np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_good_part_itself_is_left_as_it_is() -> None:
    good = texture(np.random.default_rng(0))
    before = good.copy()
    paint(good, good, np.random.default_rng(1))
    assert np.array_equal(good, before)


def test_small_and_large_defects_are_drawn() -> None:
    shares = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        good = texture(rng)
        shares.append(paint(good, texture(rng), rng)[1].mean())
    drawn = np.array([share for share in shares if share])
    assert (drawn < 0.01).mean() > 0.1
    assert (drawn > 0.2).mean() > 0.1
