"""Maps to scores and regions, in pixels of the picture as it was."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.preprocessing import Prepared
from lepton_core.tiles import TileGrid
from solutions.defect_detection.anomaly.config import ScoreConfig
from solutions.defect_detection.anomaly.maps import regions, score_of
from solutions.defect_detection.anomaly.preprocessing import Preprocessor
from solutions.defect_detection.surface.region import Region

PLAIN = ScoreConfig(smooth=0.0, top=0.0, least_cells=4)


def gathered(made: Preprocessor, cells: np.ndarray, size: tuple[int, int]) -> dict:
    """What is gathered of one picture whose whole map is ``cells`` at a stride of 4."""
    stride, grid = 4, made.grid
    places = grid.places(*size) // stride
    end = places[-1] + (grid.height // stride, grid.width // stride)
    whole = np.zeros(np.maximum(end, cells.shape), np.float32)
    whole[: cells.shape[0], : cells.shape[1]] = cells
    tiles = np.stack(
        [whole[y : y + grid.height // stride, x : x + grid.width // stride] for y, x in places]
    )
    prepared = Prepared(
        {},
        np.array([0]),
        parts=np.array([len(tiles)]),
        notes={"size": np.array([size]), "mm_per_px": np.array([np.nan])},
    )
    return dict(made.gather({"map": tiles}, prepared))


def test_one_freak_cell_does_not_decide() -> None:
    cells = np.zeros((60, 60), np.float32)
    cells[5, 5] = 100
    assert score_of(cells, ScoreConfig(top=0.0, least_cells=4)) == 25


@pytest.mark.parametrize("scale", [1.0, 0.5, 2.0, 0.75])
def test_a_region_lies_where_it_is_in_the_original_at_any_scale(scale: float) -> None:
    made = Preprocessor(TileGrid(64, 64, 32), scale=scale, score=PLAIN, limit=0.5)
    size = (round(240 * scale), round(320 * scale))
    cells = np.zeros((-(-size[0] // 4), -(-size[1] // 4)), np.float32)
    y0, y1, x0, x1 = (round(at * scale / 4) for at in (80, 120, 160, 240))
    cells[y0:y1, x0:x1] = 3.0
    found = gathered(made, cells, size)
    box = found["regions"][0, 0]
    assert box[:4] == pytest.approx([160, 80, 240, 120], abs=4 / scale)
    assert box[4] == pytest.approx(40 * 80, rel=0.25)
    assert box[5] == pytest.approx(3.0)
    assert np.isnan(found["regions"][0, 1:]).all()
    assert found["score"][0] == pytest.approx(3.0)
    assert found["map"].shape == (1, 96, 96)
    assert found["map"][0].argmax() // 96 / 96 == pytest.approx(80 / 240, abs=0.05)


def test_two_places_are_two_regions_and_the_stranger_comes_first() -> None:
    cells = np.zeros((40, 40), np.float32)
    cells[5:8, 5:8], cells[25:30, 25:30] = 2.0, 4.0
    found = regions(cells, 1.0, (160, 160), 4)
    there = found[np.isfinite(found[:, 0])]
    assert there[:, 5].round(3).tolist() == [4.0, 2.0]
    assert there[0, 0] > there[1, 0]


def test_nothing_reaches_beyond_the_picture() -> None:
    cells = np.full((16, 16), 9.0, np.float32)
    box = regions(cells, 1.0, (61, 59), 4)[0]
    assert box[:4].tolist() == [0, 0, 59, 61]


def test_outside_the_region_that_is_inspected_nothing_is_strange() -> None:
    made = Preprocessor(TileGrid(64, 64, 32), score=PLAIN, limit=0.5)
    mask = np.zeros((8, 8), np.uint8)
    mask[:, :4] = 1
    made.region = Region(mask)
    cells = np.zeros((32, 32), np.float32)
    cells[10:14, 24:28] = 5.0
    found = gathered(made, cells, (128, 128))
    assert found["score"][0] == 0
    assert np.isnan(found["regions"]).all()
    cells[10:14, 4:8] = 5.0
    assert gathered(made, cells, (128, 128))["score"][0] == 5


def test_settings_region_and_limit_survive_being_saved() -> None:
    made = Preprocessor(TileGrid(64, 96, 32), 3, 0.5, ScoreConfig(top=0.1), limit=1.5)
    made.region = Region(np.eye(4))
    again = Preprocessor.from_state(*made.state())
    assert again.grid == made.grid
    assert (again.channels, again.scale, again.limit) == (3, 0.5, 1.5)
    assert again.score == made.score
    assert again.region is not None
    assert np.array_equal(again.region.mask, made.region.mask)
    assert Preprocessor.from_state(*Preprocessor(TileGrid(32, 32, 0)).state()).limit == np.inf
