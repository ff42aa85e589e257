"""Figures of pixels: answers by hand, whatever the pictures' sizes, and resampled by group."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lepton_core.evaluation.pixels import (
    PixelCounts,
    class_mask,
    pixel_figures,
    pixel_measures,
)
from lepton_core.masks import read_mask


def counted(
    *pairs: tuple[list[int], list[int]], classes: tuple[str, ...] = ("a", "b")
) -> PixelCounts:
    counts = PixelCounts(classes)
    for truth, found in pairs:
        counts.add(np.array([truth], np.uint8), np.array([found], np.uint8))
    return counts


@pytest.mark.parametrize(
    ("truth", "found", "expected"),
    [
        ([0, 1, 1, 0], [0, 1, 1, 0], {"pixel_f1": 1.0, "miou": 1.0}),
        ([0, 1, 1, 0], [0, 0, 0, 0], {"pixel_f1": 0.0, "pixel_recall": 0.0, "miou": 0.25}),
        ([0, 1, 1, 0], [1, 1, 0, 0], {"pixel_precision": 0.5, "pixel_recall": 0.5}),
        # A defect of the wrong class is found as a defect, and overlaps with none of its own.
        ([1, 1], [2, 2], {"pixel_f1": 1.0, "miou": 0.0}),
        ([0, 0], [0, 0], {"miou": 1.0}),
    ],
)
def test_figures_by_hand(truth: list[int], found: list[int], expected: dict[str, float]) -> None:
    figures = pixel_figures(counted((truth, found)).table().sum(axis=0))
    assert {key: figures[key] for key in expected} == pytest.approx(expected)


def test_what_is_not_defined_is_left_out() -> None:
    figures = pixel_figures(counted(([0, 0], [0, 0])).table().sum(axis=0))
    assert set(figures) == {"miou"}


def test_pixels_are_pooled_over_pictures_of_any_size() -> None:
    counts = counted(([1], [1]), ([1] * 9, [0] * 9))
    # Pooled 1 of 10, not the mean of 1 and 0.
    assert pixel_measures(counts)["pixel_recall"].value == pytest.approx(0.1)


def test_an_interval_resamples_whole_groups() -> None:
    draw = np.random.default_rng(0)
    pairs = []
    for tile in range(30):
        right = 0.3 + 0.6 * (tile % 2)
        for _ in range(4):
            truth = draw.integers(0, 2, 100)
            pairs.append((truth.tolist(), np.where(draw.random(100) < right, truth, 0).tolist()))
    counts = counted(*pairs)
    alone = pixel_measures(counts)["pixel_f1"]
    grouped = pixel_measures(counts, groups=np.repeat(np.arange(30), 4))["pixel_f1"]
    assert grouped.value == alone.value
    assert (grouped.high or 0) - (grouped.low or 0) > 1.5 * ((alone.high or 0) - (alone.low or 0))
    assert len(alone.parts) == 1


def test_masks_of_other_sizes_or_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        counted(([0, 1], [0]))
    with pytest.raises(ValueError, match="hold 0"):
        counted(([0, 3], [0, 1]))


def encoded(values: list[list[int]]) -> bytes:
    return bytes(cv2.imencode(".png", np.array(values, np.uint8))[1].tobytes())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0, 255]], [[0, 255]]),
        ([[0, 1, 127, 128, 200]], [[0, 0, 0, 255, 255]]),
        ([[0, 1, 2]], [[0, 1, 2]]),
        ([[0, 0]], [[0, 0]]),
    ],
)
def test_a_mask_is_read_by_what_it_holds(
    values: list[list[int]], expected: list[list[int]]
) -> None:
    mask = read_mask(encoded(values))
    assert mask is not None
    assert mask.tolist() == expected


def test_a_mask_that_tells_no_class_takes_that_of_its_picture() -> None:
    assert class_mask(np.array([[0, 255]], np.uint8), 3).tolist() == [[0, 3]]
    assert read_mask(None) is None
    assert read_mask(b"no picture") is None
