"""Contrasts: blind to exposure and to the picture's edge, and where the defect is."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.tiles import TileGrid
from solutions.defect_detection.anomaly.changes import Units, areas_of, moments_of
from solutions.defect_detection.anomaly.channels import CHANNELS, EDGE, GAP_CHANNELS, STEPS
from solutions.defect_detection.anomaly.model import maps
from solutions.defect_detection.anomaly.model_contrast import build
from solutions.defect_detection.anomaly.preprocessing import Preprocessor
from solutions.defect_detection.anomaly.profile import ROWS, Profile, Usual, figures_of

SIDE = 128
DARK = GAP_CHANNELS.index("dark_both5")


@pytest.fixture(scope="module")
def contrasts():
    model, made = build((SIDE, SIDE, 1)), Preprocessor(TileGrid(SIDE, SIDE, 32))

    def of(picture: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        tiles = made.grid.cut(np.rint(picture).clip(0, 255).astype(np.uint8)[..., None])
        return made.contrasts(maps(model, tiles), picture.shape[:2])

    return of


def grain(seed: int = 0, height: int = SIDE, width: int = SIDE) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, 3, (height, width))


def units_of(pictures: list[list[np.ndarray]]) -> Units:
    moments = np.array([moments_of(areas) for areas in pictures])
    return Units.fit(moments, np.arange(len(moments)))


def test_a_dark_spot_is_dark_and_not_bright_at_its_place(contrasts) -> None:
    picture = grain()
    picture[60:68, 40:48] *= 0.4
    (plain, _), (marked, _) = contrasts(grain()), contrasts(picture)
    bright = GAP_CHANNELS.index("bright_both5")
    place = np.unravel_index(np.nanargmax(marked[..., DARK]), marked.shape[:2])
    assert place[0] in (15, 16)
    assert place[1] in (10, 11)
    assert np.nanmax(marked[..., DARK]) > 5 * np.nanmax(plain[..., DARK])
    assert np.nanmax(marked[..., bright]) < 2 * np.nanmax(plain[..., bright])


@pytest.mark.parametrize(("width", "gap"), [(4, 5), (2, 0)])
def test_a_line_along_the_grinding_is_a_gap_across_it_alone(contrasts, width, gap) -> None:
    picture = grain()
    picture[:, 60 : 60 + width] *= 0.5
    found, _ = contrasts(picture)
    down, across = (
        np.nanmax(found[..., GAP_CHANNELS.index(f"dark_{way}{gap}")]) for way in ("down", "across")
    )
    assert across > 0.4
    assert down < 0.3


def test_twice_the_light_changes_hardly_anything(contrasts) -> None:
    picture = grain()
    picture[60:68, 40:48] *= 0.4
    (once, _), (twice, _) = contrasts(picture), contrasts(2 * picture)
    peaks = np.nanmax(once[..., DARK]), np.nanmax(twice[..., DARK])
    assert peaks[1] == pytest.approx(peaks[0], rel=0.1)


def test_a_step_of_light_is_a_change_where_it_is_and_the_way_it_goes(contrasts) -> None:
    picture = grain()
    picture[64:] *= 0.7
    units = units_of([contrasts(grain(seed))[1] for seed in range(1, 6)])
    plain, marked = (units.distances(contrasts(one)[1]) for one in (grain(), picture))
    place = np.unravel_index(np.nanargmax(marked[..., 0]), marked.shape[:2])
    assert place[0] in (15, 16)
    # Half the areas that are compared, their distance, and what tells of the picture's edge.
    assert np.isnan(marked[: EDGE + STEPS[0], :, 0]).all()
    down, across = slice(0, len(STEPS)), slice(len(STEPS), None)
    assert np.nanmax(marked[..., down]) > 5 * np.nanmax(plain[..., down])
    assert np.nanmax(marked[..., across]) < 3 * np.nanmax(plain[..., across])


def test_several_aspects_that_change_a_little_are_one_large_change() -> None:
    rng = np.random.default_rng(0)

    def part(shift: float, aspects: int) -> list[np.ndarray]:
        cells = rng.normal(0, 1, (60, 60, 5))
        cells[30:, :, :aspects] += shift
        return areas_of(np.exp(0.3 * cells).astype(np.float32))

    units = units_of([part(0, 0) for _ in range(10)])
    plain, one, all_five = (
        np.nanmax(units.distances(part(2.0, aspects))[..., 0]) for aspects in (0, 1, 5)
    )
    assert plain < one < all_five
    assert all_five > 1.5 * one


def test_what_usually_changes_together_is_strange_where_it_does_not() -> None:
    rng = np.random.default_rng(0)

    def part(*shifts: float) -> list[np.ndarray]:
        cells = rng.normal(0, 1, (60, 60, 1)) + 0.3 * rng.normal(0, 1, (60, 60, 5))
        cells[30:] += shifts
        return areas_of(np.exp(0.3 * cells).astype(np.float32))

    units = units_of([part(0, 0, 0, 0, 0) for _ in range(10)])
    together, against = (
        np.nanmax(units.distances(part(*shifts))[..., 0])
        for shifts in ((1, 1, 1, 1, 1), (1, 1, 1, -1, -1))
    )
    assert against > 2 * together


def test_usual_changes_measure_one() -> None:
    rng = np.random.default_rng(0)
    many = [areas_of(rng.gamma(2, 0.1, (50, 50, 5)).astype(np.float32)) for _ in range(20)]
    units = units_of(many)
    means = [np.sqrt(np.nanmean(units.distances(areas) ** 2, axis=(0, 1))) for areas in many]
    assert np.mean(means, axis=0) == pytest.approx(np.ones(2 * len(STEPS)), abs=0.05)


def test_a_part_that_was_taken_often_counts_once() -> None:
    rng = np.random.default_rng(0)
    areas = [areas_of(rng.gamma(k, 0.1, (50, 50, 5)).astype(np.float32)) for k in (1, 2, 4)]
    moments = np.array([moments_of(one) for one in areas])
    once = Units.fit(moments, np.arange(3))
    often = Units.fit(moments[[0, 0, 0, 0, 1, 2]], np.array([0, 0, 0, 0, 1, 2]))
    assert often.whiten == pytest.approx(once.whiten, rel=1e-4)
    assert often.weights == pytest.approx(once.weights)


def test_the_way_along_which_good_parts_hardly_change_counts_most(contrasts) -> None:
    streaks = [grain(seed) + 30 * np.sin(np.arange(SIDE) / 9)[None] for seed in range(4)]
    down, across = units_of([contrasts(one)[1] for one in streaks]).weights
    assert down > 0.9
    assert down + across == pytest.approx(1)
    even = units_of([contrasts(grain(seed))[1] for seed in range(4)]).weights
    assert even == pytest.approx([0.5, 0.5], abs=0.1)


def test_nothing_is_compared_with_what_is_not_inspected() -> None:
    cells = np.random.default_rng(0).gamma(2, 0.1, (60, 60, 5)).astype(np.float32)
    looked_at = np.ones((60, 60), bool)
    looked_at[:, 30:] = False
    other = cells.copy()
    other[:, 30:] = 50.0
    for one, two in zip(areas_of(cells, looked_at), areas_of(other, looked_at), strict=True):
        assert np.isnan(one[:, 30:]).all()
        assert np.array_equal(one, two, equal_nan=True)


def test_the_figures_do_not_tell_how_large_the_picture_is(contrasts) -> None:
    sizes = [(128, 128), (128, 300), (260, 128), (300, 300)]
    usual = [
        figures_of(contrasts(grain(seed, *size))[0])[ROWS.index("middle")]
        for seed, size in enumerate(sizes)
    ]
    assert np.ptp(np.array(usual), axis=0).max() < 0.1


def test_figures_are_peaks_and_usual_values_of_what_is_looked_at() -> None:
    cells = np.full((20, 10, 3), np.nan, np.float32)
    for channel, count in enumerate((100, 200, 29)):
        values = np.random.default_rng(channel).permutation(count) + 1
        cells.reshape(-1, 3)[:count, channel] = values
    some, all_of_them, too_few = np.exp(figures_of(cells)).T - 0.01
    assert some == pytest.approx([100, 99.5, 97.5, 92.5, 97.5, 91, 51], rel=1e-5)
    assert all_of_them == pytest.approx([200, 199.5, 197.5, 192.5, 197.5, 181, 101], rel=1e-5)
    assert np.isnan(too_few).all()


def test_what_is_too_small_to_be_measured_counts_as_common() -> None:
    rng = np.random.default_rng(0)
    small = [areas_of(rng.gamma(2, 0.1, (20, 16, 5)).astype(np.float32)) for _ in range(12)]
    units = units_of(small)
    assert np.isnan(units.whiten).any()
    figures = np.array(
        [
            figures_of(
                np.concatenate([rng.gamma(2, 0.1, (20, 16, 3)), units.distances(one)], axis=-1)
            )
            for one in small
        ]
    )
    assert np.isnan(figures).any()
    profile = Profile.fit(units, figures, np.arange(12))
    assert np.isfinite([profile.score(one) for one in figures]).all()


def test_tiles_of_a_large_picture_say_what_one_tile_would(contrasts) -> None:
    picture = grain(1, 200, 200)
    picture[95:103, 95:103] *= 0.4
    whole = Preprocessor(TileGrid(224, 224, 32))
    tiles = whole.grid.cut(np.rint(picture).astype(np.uint8)[..., None])
    one, wide = whole.contrasts(maps(build((224, 224, 1)), tiles), (200, 200))
    many, areas = contrasts(picture)
    assert np.nanmax(np.abs(one - many)[..., DARK]) < 0.15
    assert np.nanmax(many, axis=(0, 1)) == pytest.approx(np.nanmax(one, axis=(0, 1)), rel=0.25)
    for two, three in zip(wide, areas, strict=True):
        assert np.array_equal(np.isfinite(two), np.isfinite(three))
        assert np.nanmax(np.abs(two - three)) < 0.1


def test_a_profile_comes_back_from_its_arrays() -> None:
    rng = np.random.default_rng(0)
    areas = [areas_of(rng.gamma(2, 0.1, (40, 40, 5)).astype(np.float32)) for _ in range(15)]
    units = units_of(areas)
    figures = rng.normal(0, 1, (15, len(ROWS), len(CHANNELS))).astype(np.float32)
    profile = Profile.fit(units, figures, np.arange(15))
    again = Profile.from_arrays(profile.to_arrays())
    assert again.score(figures[0]) == profile.score(figures[0])
    assert np.array_equal(again.units.distances(areas[0]), units.distances(areas[0]), True)


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
