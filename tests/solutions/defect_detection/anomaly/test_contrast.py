"""Contrasts: blind to exposure and to the picture's edge, and where the defect is."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.tiles import TileGrid
from solutions.defect_detection.anomaly.channels import CHANGES, CHANNELS, EDGES
from solutions.defect_detection.anomaly.model import maps
from solutions.defect_detection.anomaly.model_contrast import build
from solutions.defect_detection.anomaly.preprocessing import Preprocessor
from solutions.defect_detection.anomaly.profile import Profile, Usual, figures_of, inner

NAMES = [name for name, _, _ in CHANNELS]
SIDE = 128


@pytest.fixture(scope="module")
def contrasts():
    model, made = build((SIDE, SIDE, 1)), Preprocessor(TileGrid(SIDE, SIDE, 32))

    def of(picture: np.ndarray) -> np.ndarray:
        tiles = made.grid.cut(np.rint(picture).clip(0, 255).astype(np.uint8)[..., None])
        return made.contrasts(maps(model, tiles), picture.shape[:2])

    return of


def grain(seed: int = 0, height: int = SIDE, width: int = SIDE) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, 3, (height, width))


def test_a_dark_spot_is_dark_and_not_bright_at_its_place(contrasts) -> None:
    picture = grain()
    picture[60:68, 40:48] *= 0.4
    plain, marked = contrasts(grain()), contrasts(picture)
    dark, bright = (NAMES.index(f"{sign}_both5") for sign in ("dark", "bright"))
    place = np.unravel_index(np.nanargmax(marked[..., dark]), marked.shape[:2])
    assert place[0] in (15, 16)
    assert place[1] in (10, 11)
    assert np.nanmax(marked[..., dark]) > 5 * np.nanmax(plain[..., dark])
    assert np.nanmax(marked[..., bright]) < 2 * np.nanmax(plain[..., bright])


def test_a_line_along_the_grinding_is_a_gap_across_it_alone(contrasts) -> None:
    picture = grain()
    picture[:, 60:64] *= 0.5
    found = contrasts(picture)
    down, across = (
        np.nanmax(found[..., NAMES.index(f"dark_{way}5")]) for way in ("down", "across")
    )
    assert across > 0.5
    assert down < 0.3


def test_twice_the_light_changes_hardly_anything(contrasts) -> None:
    picture = grain()
    picture[60:68, 40:48] *= 0.4
    once, twice = contrasts(picture), contrasts(2 * picture)
    dark = NAMES.index("dark_both5")
    peaks = np.nanmax(once[..., dark]), np.nanmax(twice[..., dark])
    assert peaks[1] == pytest.approx(peaks[0], rel=0.1)


def test_a_step_of_light_is_a_change_and_its_picture_edge_is_none(contrasts) -> None:
    picture = grain()
    picture[64:] *= 0.7
    found = contrasts(picture)[..., NAMES.index("light_down4")]
    assert np.nanmax(found) == pytest.approx(-np.log((0.7 * 100 + 8) / 108), rel=0.1)
    assert np.isnan(found[:11]).all()
    assert np.isnan(found[-11:]).all()


def test_the_figures_do_not_tell_how_large_the_picture_is(contrasts) -> None:
    sizes = [(128, 128), (128, 300), (260, 128), (300, 300)]
    usual = [
        figures_of(contrasts(grain(seed, *size)), CHANGES).whole.reshape(4, -1)[3]
        for seed, size in enumerate(sizes)
    ]
    assert np.ptp(np.array(usual)[:, :18], axis=0).max() < 0.1


def test_what_is_too_small_to_be_measured_counts_as_common() -> None:
    cells = np.random.default_rng(0).gamma(2, 0.1, (20, 20, len(EDGES))).astype(np.float32)
    figures = figures_of(inner(cells, EDGES), CHANGES)
    assert np.isnan(figures.changes).any() or np.isnan(figures.whole).any()
    many = [
        figures_of(inner(np.roll(cells, shift, 0) * 1.01**shift, EDGES), CHANGES)
        for shift in range(12)
    ]
    assert np.isfinite(Profile.fit(many, np.arange(12)).score(figures))


def test_tiles_of_a_large_picture_say_what_one_tile_would(contrasts) -> None:
    picture = grain(1, 200, 200)
    picture[95:103, 95:103] *= 0.4
    whole = Preprocessor(TileGrid(224, 224, 32))
    tiles = whole.grid.cut(np.rint(picture).astype(np.uint8)[..., None])
    one = whole.contrasts(maps(build((224, 224, 1)), tiles), (200, 200))
    many = contrasts(picture)
    assert np.nanmax(np.abs(one - many)[..., NAMES.index("dark_both5")]) < 0.15
    assert np.nanmax(many, axis=(0, 1)) == pytest.approx(np.nanmax(one, axis=(0, 1)), rel=0.25)


def test_good_parts_lie_about_zero_whoever_measures_them() -> None:
    rng = np.random.default_rng(0)
    mix = rng.normal(0, 1, (12, 12))
    good, new = (rng.normal(0, 1, (n, 12)) @ mix for n in (150, 150))
    usual = Usual.fit(good.astype(np.float32), np.arange(150), 0.05, False)
    found = usual.unusual(new, False)
    assert abs(found.mean()) < 0.3
    assert 0.7 < found.std() < 1.4
    assert usual.unusual(good[:1] + 60, False)[0] > 5


def test_a_part_with_many_pictures_counts_once() -> None:
    rng = np.random.default_rng(1)
    figures = rng.normal(0, 1, (40, 3)).astype(np.float32)
    again = np.concatenate([figures, np.repeat(figures[:1], 200, axis=0)])
    groups = np.concatenate([np.arange(40), np.zeros(200, int)])
    plain = Usual.fit(figures, np.arange(40), 0.1, False)
    assert Usual.fit(again, groups, 0.1, False).mean == pytest.approx(plain.mean, abs=1e-5)


def test_only_stronger_changes_are_unusual() -> None:
    rng = np.random.default_rng(2)
    figures = rng.normal(0, 1, (100, 4)).astype(np.float32)
    usual = Usual.fit(figures, np.arange(100), 0.3, True)
    up, down = usual.unusual(np.array([[4.0] * 4, [-4.0] * 4]), True)
    assert up > 1
    assert down < 0
