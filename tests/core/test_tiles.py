"""Tiles: every pixel is seen, nothing is stretched, and what lies on a seam is found once."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from lepton_core.tiles import TileGrid, enlarged

SIZES = [(64, 64), (20, 300), (100, 100), (97, 161), (640, 63), (301, 299), (1, 1)]


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_every_pixel_stands_in_a_tile_and_neighbours_overlap(height: int, width: int) -> None:
    grid = TileGrid(96, 128, overlap=32)
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (height, width, 3), np.uint8)
    tiles, places = grid.cut(picture), grid.places(height, width)
    seen = np.zeros((height, width), bool)
    for tile, valid, (y, x) in zip(tiles, grid.valid(height, width), places, strict=True):
        own = picture[y : y + 96, x : x + 128]
        assert (tile[: own.shape[0], : own.shape[1]] == own).all()
        assert (valid[: own.shape[0], : own.shape[1]]).all()
        assert valid.sum() == own[..., 0].size
        seen[y : y + 96, x : x + 128] = True
    assert seen.all()
    for axis, side in ((0, 96), (1, 128)):
        starts = np.unique(places[:, axis])
        assert (np.diff(starts) <= side - 32).all()
        assert not (starts % 32).any()


def test_beyond_its_edge_a_small_picture_goes_on_as_its_last_row_and_column() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4, 1)
    (tile,) = TileGrid(32, 32, overlap=0).cut(picture)
    assert (tile[3:, :4] == picture[-1]).all()
    assert (tile[:3, 4:] == picture[:, -1:]).all()
    assert (tile[3:, 4:] == picture[-1, -1]).all()


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([[200, 200]], (224, 224)),
        ([[640, 480]], (640, 480)),
        ([[1024, 1024]], (544, 544)),
        ([[4000, 700]], (640, 384)),
        # One large picture among many small ones does not make all tiles large.
        ([[200, 200]] * 30 + [[600, 600]], (224, 224)),
        # A somewhat wider tile takes two for the large picture where the narrowest takes three.
        ([[200, 200]] * 2 + [[200, 400]], (224, 256)),
        ([[200, 290]] * 3 + [[200, 300]] * 2, (224, 320)),
    ],
)
def test_the_tile_fits_the_usual_picture(sizes: list[list[int]], expected: tuple[int, int]) -> None:
    grid = TileGrid.fit(np.array(sizes))
    assert (grid.height, grid.width) == expected


def test_joined_maps_are_the_map_of_the_whole() -> None:
    """A map that depends on the place alone comes back as it is, seams or not."""
    grid = TileGrid(64, 64, overlap=32)
    height, width, stride = 150, 203, 4
    whole = np.random.default_rng(1).random((64, 64, 2)).astype(np.float32)
    tiles = np.stack(
        [whole[y // 4 : y // 4 + 16, x // 4 : x // 4 + 16] for y, x in grid.places(height, width)]
    )
    joined = grid.join(tiles, height, width)
    assert joined.shape == (-(-height // stride), -(-width // stride), 2)
    np.testing.assert_allclose(joined, whole[: joined.shape[0], : joined.shape[1]], rtol=1e-5)


def test_where_tiles_disagree_the_one_that_sees_more_around_counts_more() -> None:
    grid = TileGrid(64, 64, overlap=32)
    tiles = np.stack([np.full((64, 64, 1), value, np.float32) for value in (0, 1)])
    row = grid.join(tiles, 64, 96)[10, :, 0]
    assert (row[:32] == 0).all()
    assert (row[64:] == 1).all()
    assert (np.diff(row[32:64]) > 0).all()


def test_an_enlarged_map_lies_where_its_cells_are() -> None:
    cells = np.zeros((4, 5), np.float32)
    cells[1, 3] = 1
    whole = enlarged(cells, 8, 30, 37)
    assert whole.shape == (30, 37)
    y, x = np.unravel_index(whole.argmax(), whole.shape)
    assert 8 <= y < 16
    assert 24 <= x < 32


GRID = TileGrid(128, 128, overlap=64)
# Tiles of a picture 128 high and 192 wide begin at x = 0 and 64.
LEFT, RIGHT = 0, 1


def joined(*found: tuple[int, list[float], list[float]], width: int = 192):
    """Boxes of the picture from (tile, box in pixels of the picture, logits)."""
    places = GRID.places(128, width)
    boxes = np.zeros((len(places), 4, 4), np.float32)
    logits = np.full((len(places), 4, 2), -30, np.float32)
    used = [0] * len(places)
    for tile, box, scores in found:
        x = places[tile][1]
        boxes[tile, used[tile]] = np.array(box) - [x, 0, x, 0]
        logits[tile, used[tile]] = scores
        used[tile] += 1
    return GRID.join_boxes(boxes, logits, 128, width, iou=0.5, most=10)


SCRATCH, SPOT = [2.0, -30.0], [-30.0, 1.0]
WEAK = [0.5, -30.0]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # Whole in both tiles: once, nearer to the likelier one.
        (
            [(LEFT, [70, 10, 120, 30], SCRATCH), (RIGHT, [71, 10, 120, 31], WEAK)],
            [[70, 10, 120, 30]],
        ),
        # Whole in one, cut in the other.
        (
            [(LEFT, [100, 10, 128, 30], SCRATCH), (RIGHT, [100, 10, 160, 30], WEAK)],
            [[100, 10, 160, 30]],
        ),
        ([(LEFT, [40, 50, 90, 60], WEAK), (RIGHT, [64, 50, 90, 60], SCRATCH)], [[40, 50, 90, 60]]),
        # Longer than the overlap: cut in both, put together.
        (
            [(LEFT, [10, 50, 127, 60], WEAK), (RIGHT, [65, 51, 180, 61], SCRATCH)],
            [[10, 50, 180, 61]],
        ),
        # Slanting: it leaves the one lower than it began in the other.
        (
            [(LEFT, [10, 10, 128, 90], SCRATCH), (RIGHT, [64, 55, 180, 120], SCRATCH)],
            [[10, 10, 180, 120]],
        ),
        # Of other classes, or apart: two defects.
        (
            [(LEFT, [100, 10, 128, 30], SCRATCH), (RIGHT, [100, 10, 160, 30], SPOT)],
            [[100, 10, 128, 30], [100, 10, 160, 30]],
        ),
        (
            [(LEFT, [10, 10, 128, 20], SCRATCH), (RIGHT, [64, 90, 180, 99], WEAK)],
            [[10, 10, 128, 20], [64, 90, 180, 99]],
        ),
        # At the picture's own edge nothing is cut.
        ([(LEFT, [0, 10, 30, 20], SCRATCH)], [[0, 10, 30, 20]]),
        # In what was added beyond the edge there is nothing.
        ([(RIGHT, [100, 130, 140, 150], SCRATCH)], []),
    ],
)
def test_a_defect_on_a_seam_is_one_defect(found: list, expected: list[list[float]]) -> None:
    boxes, logits = joined(*found)
    assert np.array(sorted(boxes.tolist())) == pytest.approx(np.array(sorted(expected)), abs=0.49)
    assert (np.diff(logits.max(axis=1)) <= 0).all(), "the best comes first"


def test_of_several_looks_at_one_defect_the_mean_stays_by_how_likely_each_is() -> None:
    boxes, logits = joined(
        (LEFT, [10, 10, 50, 50], [2.0, -5.0]), (LEFT, [12, 10, 54, 50], [0.0, -5.0])
    )
    likely = 1 / (1 + np.exp(-np.array([2.0, 0.0])))
    share = likely / likely.sum()
    assert boxes.tolist() == [pytest.approx([10 + 2 * share[1], 10, 50 + 4 * share[1], 50])]
    assert logits[0, 0] == 2.0


def test_pieces_of_a_long_scratch_over_three_tiles_are_one() -> None:
    pieces: list[tuple[int, list[float], list[float]]] = [
        (0, [5, 50, 128, 60], SCRATCH),
        (1, [64, 50, 192, 60], SCRATCH),
        (2, [128, 50, 250, 60], WEAK),
    ]
    boxes, logits = joined(*pieces, width=256)
    assert boxes.tolist() == [[5, 50, 250, 60]]
    assert logits.tolist() == [SCRATCH]


def test_the_boxes_of_a_large_picture_fit_in_the_memory() -> None:
    """Thousands of doubtful ones are compared each with each: only the best of them are."""
    rng = np.random.default_rng(0)
    tiles = len(GRID.places(1536, 1536))
    corner = rng.uniform(0, 100, (tiles, 20, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(4, 28, (tiles, 20, 2))], axis=2)
    logits = rng.uniform(-6, 2, (tiles, 20, 2)).astype(np.float32)
    tracemalloc.start()
    found, told = GRID.join_boxes(boxes.astype(np.float32), logits, 1536, 1536, iou=0.5, most=100)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 100
    assert told.max() == logits.max()
    assert peak < 300e6
