"""The gate lets the product's own pictures through, refuses others, and says why."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from lepton_core.errors import DataError
from lepton_core.messages import t
from lepton_core.picture_gate import PictureGate
from lepton_core.picture_statistics import statistics


def brushed(rng: np.random.Generator, side: int = 96) -> np.ndarray:
    """Brushed metal under light that varies between pictures."""
    lines = cv2.GaussianBlur(rng.normal(0, 1, (side, side)), (0, 0), sigmaX=9, sigmaY=0.7)
    grey = rng.uniform(95, 150) + lines * (rng.uniform(4, 6) / lines.std())
    grey = cv2.GaussianBlur(grey, (0, 0), 0.6) + rng.normal(0, 3, grey.shape)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)[..., None]


def speckled(rng: np.random.Generator, side: int = 96) -> np.ndarray:
    """Another product: cast metal, grains of a few pixels every way."""
    grains = cv2.GaussianBlur(rng.normal(0, 1, (side, side)), (0, 0), 2.5)
    grey = rng.uniform(95, 150) + grains * (18 / grains.std()) + rng.normal(0, 3, (side, side))
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)[..., None]


def many(draw: Callable[..., np.ndarray], count: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [draw(rng) for _ in range(count)]


@pytest.fixture(scope="module")
def gate() -> PictureGate:
    return PictureGate.fit(many(brushed, 150, 0), many(brushed, 100, 1))


def resized(picture: np.ndarray, factor: float) -> np.ndarray:
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=how)[..., None]


def test_its_own_pictures_pass(gate: PictureGate) -> None:
    refused = [gate.refusal(one) is not None for one in many(brushed, 300, 2)]
    assert np.mean(refused) <= 0.02
    assert gate.fitted_on["refused"] <= 0.02
    # A larger part of the same surface is the same product.
    large = [gate.refusal(brushed(np.random.default_rng(seed), 200)) for seed in range(20)]
    assert sum(one is not None for one in large) <= 3


@pytest.mark.parametrize(
    ("change", "share", "keys"),
    [
        (lambda one: np.zeros_like(one), 1.0, {"picture_flat"}),
        (lambda one: np.full_like(one, 120), 1.0, {"picture_flat"}),
        (lambda one: one // 3, 1.0, {"picture_darker"}),
        (lambda one: np.minimum(one.astype(int) * 2, 255).astype(np.uint8), 0.9, None),
        (
            lambda one: cv2.GaussianBlur(one, (0, 0), 1.5)[..., None],
            1.0,
            {"picture_less_detail", "picture_grain"},
        ),
        (lambda one: resized(one, 2.0), 1.0, {"picture_less_detail", "picture_grain"}),
        (lambda one: resized(one, 0.5), 0.95, None),
        (lambda one: np.rot90(one), 0.95, None),
    ],
    ids=["black", "blank", "dark", "bright", "blurred", "enlarged", "shrunk", "turned"],
)
def test_changed_pictures_are_refused_with_the_reason(
    gate: PictureGate, change: Callable, share: float, keys: set[str] | None
) -> None:
    found = [gate.refusal(np.ascontiguousarray(change(one))) for one in many(brushed, 40, 3)]
    refused = [one for one in found if one is not None]
    assert len(refused) >= share * len(found)
    if keys is not None:
        assert {one.key for one in refused} <= keys


def test_another_product_is_refused(gate: PictureGate) -> None:
    assert all(gate.refusal(one) is not None for one in many(speckled, 40, 4))


def test_what_varied_in_training_may_vary() -> None:
    both = many(brushed, 80, 0) + many(speckled, 80, 0)
    gate = PictureGate.fit(both, many(brushed, 60, 1) + many(speckled, 60, 1))
    own = many(brushed, 60, 2) + many(speckled, 60, 2)
    assert np.mean([gate.refusal(one) is not None for one in own]) <= 0.03


def test_sentences_tell_the_figures(gate: PictureGate) -> None:
    dark = gate.refusal(brushed(np.random.default_rng(0)) // 4)
    assert dark is not None
    told = t(f"reject.{dark.key}", language="en", column="image", received="a.png", **dark.values)
    assert f"mean brightness {dark.values['value']:.0f}" in told
    assert 85 < dark.values["low"] < 105
    assert 140 < dark.values["high"] < 160
    blurred = cv2.GaussianBlur(brushed(np.random.default_rng(0)), (0, 0), 3)[..., None]
    for one in (gate.refusal(blurred), gate.refusal(np.zeros((20, 20, 1), np.uint8))):
        assert one is not None
        for language in ("en", "zh"):
            assert "a.png" in t(
                f"reject.{one.key}",
                language=language,
                column="image",
                received="a.png",
                **one.values,
            )


def test_it_survives_its_state_which_holds_no_pictures_numbers(gate: PictureGate) -> None:
    state, arrays = gate.state()
    again = PictureGate.from_state(json.loads(json.dumps(state)), arrays)
    for one in many(brushed, 5, 5) + many(speckled, 5, 5):
        first, second = gate.refusal(one), again.refusal(one)
        assert (first and (first.key, first.values)) == (second and (second.key, second.values))
    # 150 training pictures make at most seven groups of at least five.
    assert len(arrays["groups"]) <= 7
    own = np.array([statistics(one, 4) for one in many(brushed, 150, 0)])
    whitened = (own - gate.centre) @ gate.whiten
    nearest = np.abs(arrays["groups"][:, None] - whitened).max(axis=2).min(axis=1)
    assert (nearest > 1e-3).all()


def test_few_pictures_and_no_held_out_ones() -> None:
    with pytest.raises(DataError, match="at least 10"):
        PictureGate.fit(many(brushed, 9, 0))
    gate = PictureGate.fit(many(brushed, 30, 0))
    assert np.mean([gate.refusal(one) is not None for one in many(brushed, 100, 1)]) <= 0.1
    assert gate.refusal(np.zeros((96, 96, 1), np.uint8)) is not None


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 300, 1), (7, 9, 3), (2000, 3, 1)])
def test_pictures_of_any_size_have_statistics(gate: PictureGate, shape: tuple) -> None:
    found = statistics(np.full(shape, 90, np.uint8))
    assert found.shape == (13,)
    assert np.isfinite(found).all()
    assert gate.refusal(np.full(shape, 90, np.uint8)) is not None


def test_colours_count_as_their_mean() -> None:
    rng = np.random.default_rng(0)
    grey = brushed(rng)
    apart = rng.integers(1, 40, grey.shape)
    coloured = np.concatenate([grey - apart, grey, grey + apart], axis=-1).astype(np.uint8)
    np.testing.assert_allclose(statistics(coloured), statistics(grey), atol=1e-5)


DATA = Path(os.environ.get("LEPTON_DATA", "missing"))


def real(name: str, part: str) -> Iterator[np.ndarray]:
    with (DATA / name / "split.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["split"] == part:
                below = "IMAGES" if name == "neu_det" else f"{row['class']}/Imgs"
                yield cv2.imread(str(DATA / name / below / row["file"]), 0)[..., None]


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "neu_det").is_dir(), reason="LEPTON_DATA has no neu_det")
@pytest.mark.parametrize(
    ("own", "other"), [("neu_det", "magnetic_tile"), ("magnetic_tile", "neu_det")]
)
def test_two_real_products_are_told_apart(own: str, other: str) -> None:
    held = list(real(own, "validation"))
    gate = PictureGate.fit(real(own, "train"), held)

    def share(pictures: list[np.ndarray]) -> float:
        return float(np.mean([gate.refusal(one) is not None for one in pictures]))

    assert share(list(real(own, "test"))) <= 0.02
    assert share(list(real(other, "validation"))) >= 0.85
    assert share([np.zeros_like(one) for one in held[:20]]) == 1
    assert share([cv2.GaussianBlur(one, (0, 0), 1.5)[..., None] for one in held]) >= 0.95
