"""Corruptions grow from level to level, say the same at every size, and are scored as records."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.evaluation.corruptions import CORRUPTIONS, LEVELS, corrupt


def scene(side: int = 64, channels: int = 1) -> np.ndarray:
    """A disc on a ramp, the same picture at every size."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    grey = 90 + 60 * x + 70 * (np.hypot(x, y) < 0.25)
    return np.repeat(grey[..., None], channels, axis=2).astype(np.uint8)


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_higher_level_changes_more(name: str, channels: int) -> None:
    picture = scene(channels=channels)
    changed = [corrupt(picture, name, level, seed=1) for level in range(LEVELS)]
    assert all(one.shape == picture.shape and one.dtype == np.uint8 for one in changed)
    away = [np.abs(one.astype(float) - picture).mean() for one in changed]
    assert 0 < away[0] < away[1] < away[2]


@pytest.mark.parametrize("name", ["blur", "noise", "contrast", "brightness", "rotation"])
def test_a_level_means_the_same_at_every_size(name: str) -> None:
    away = []
    for side in (64, 256):
        picture = scene(side)
        one = corrupt(picture, name, 2, seed=3).astype(float) - picture
        away.append(np.abs(one).mean())
    assert away[1] == pytest.approx(away[0], rel=0.25)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_seed_alone_decides(name: str) -> None:
    picture = scene()
    assert np.array_equal(corrupt(picture, name, 1, 5), corrupt(picture, name, 1, 5))
    if name in ("noise", "rotation", "brightness"):
        several = {corrupt(picture, name, 1, seed).tobytes() for seed in range(8)}
        assert len(several) > 1


def test_an_unknown_corruption_or_level_is_told() -> None:
    with pytest.raises(ValueError, match="noise"):
        corrupt(scene(), "fog", 0)
    with pytest.raises(ValueError, match="level"):
        corrupt(scene(), "noise", 3)
