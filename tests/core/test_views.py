"""Views of a picture: the mean over moved copies, maps moved back, nothing else changed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from lepton_core.errors import UsageError
from lepton_core.runtime.base import Runtime
from lepton_core.runtime.views import MOST_VIEWS, ViewsRuntime

BIAS = np.float32(0.25)


class Cells(Runtime):
    """A map of brightness by cells of four pixels; the score is its mean and a bias."""

    name = "cells"
    calls = 0

    @classmethod
    def open(cls, folder: Path, threads: int | None = None) -> Runtime:
        raise NotImplementedError

    def roles(self) -> tuple[str, ...]:
        return ("main",)

    def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
        return {"x": (None, None, None, 1)}

    def run(self, role: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        self.calls += 1
        x = inputs["x"].astype(np.float32) / 255
        n, height, width, _ = x.shape
        cells = x.reshape(n, height // 4, 4, width // 4, 4).mean((2, 4))[..., None]
        return {"score": cells.mean((1, 2, 3)) + BIAS, "map": cells}


@pytest.mark.parametrize("views", [1, 2, 5, MOST_VIEWS])
def test_a_constant_picture_gives_what_one_view_gives(views: int) -> None:
    x = np.full((3, 32, 24, 1), 90, np.uint8)
    inner = Cells()
    one = inner.run("main", {"x": x})
    inner.calls = 0
    many = ViewsRuntime(inner, views).run("main", {"x": x})
    assert inner.calls == views
    for name, values in one.items():
        assert many[name].dtype == np.float32
        np.testing.assert_allclose(many[name], values, rtol=1e-6)


def test_the_score_stays_the_mean_of_the_map() -> None:
    x = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 1)).astype(np.uint8)
    found = ViewsRuntime(Cells(), MOST_VIEWS).run("main", {"x": x})
    np.testing.assert_allclose(found["map"].mean((1, 2, 3)) + BIAS, found["score"], rtol=1e-5)


# Two views: a move to the right that no other makes up for.
@pytest.mark.parametrize("views", [2, 4, MOST_VIEWS])
def test_a_bright_spot_stays_where_it_is_on_the_map(views: int) -> None:
    x = np.zeros((1, 160, 160, 1), np.uint8)
    x[0, 64:72, 96:104] = 255
    found = ViewsRuntime(Cells(), views).run("main", {"x": x})["map"][0, ..., 0]
    weight = np.maximum(found - found.min(), 0)
    rows, columns = np.mgrid[:40, :40]
    middle = [(weight * place).sum() / weight.sum() for place in (rows, columns)]
    assert middle == pytest.approx([16.5, 24.5], abs=0.05)


def test_a_single_view_is_the_model_itself() -> None:
    x = np.random.default_rng(1).integers(0, 256, (2, 28, 28, 1)).astype(np.uint8)
    one, same = Cells().run("main", {"x": x}), ViewsRuntime(Cells(), 1).run("main", {"x": x})
    assert all(np.array_equal(one[name], same[name]) for name in ("score",))
    np.testing.assert_allclose(one["map"], same["map"], atol=1e-6)


@pytest.mark.parametrize("views", [0, -1, MOST_VIEWS + 1])
def test_an_impossible_number_of_views_is_told(views: int) -> None:
    with pytest.raises(UsageError, match="1 to 9"):
        ViewsRuntime(Cells(), views)


def test_a_model_without_pictures_is_told() -> None:
    class Table(Cells):
        def input_shapes(self, role: str) -> dict[str, tuple[int | None, ...]]:
            return {"x": (None, 7)}

    with pytest.raises(UsageError, match="takes none"):
        ViewsRuntime(Table(), 3)
