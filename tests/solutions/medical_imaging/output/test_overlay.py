"""Colour shows evidence for the finding, as strong as it is, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from reading_task import reading_pipeline

from lepton_core.decision import Classify, ClassifyMany, Interval
from lepton_core.errors import DataError
from solutions.medical_imaging.xray.output.evidence import evidence, high_evidence, scale_of
from solutions.medical_imaging.xray.output.overlay import Scale, captioned, color_bar, overlay


def tint(seen: np.ndarray) -> np.ndarray:
    """How far each pixel is from grey."""
    return seen.max(axis=-1).astype(int) - seen.min(axis=-1)


def test_only_what_speaks_for_the_finding_is_coloured(picture: np.ndarray, hot: np.ndarray) -> None:
    seen = overlay(picture, hot, Scale(5.0))
    assert seen.shape == (120, 100, 3)
    assert seen.dtype == np.uint8
    assert tint(seen)[45, 37] > 60
    against = (slice(100, 120), slice(85, 100))
    assert np.array_equal(seen[against], picture[against][..., None].repeat(3, axis=-1))


@pytest.mark.parametrize(
    "values", [np.zeros((4, 4)), np.full((4, 4), -3.0), np.full((4, 4), np.nan)]
)
def test_without_evidence_the_picture_stays_grey(picture: np.ndarray, values: np.ndarray) -> None:
    seen = overlay(picture, values.astype(np.float32), Scale(5.0))
    assert not tint(seen).any()


def test_weak_evidence_looks_weak_on_the_common_scale(picture: np.ndarray, hot: np.ndarray) -> None:
    strong, weak = (overlay(picture, hot * f, Scale(5.0)) for f in (1.0, 0.1))
    assert tint(weak).max() < 0.25 * tint(strong).max()


def test_opacity_goes_from_the_picture_to_the_colour(picture: np.ndarray, hot: np.ndarray) -> None:
    tints = [tint(overlay(picture, hot, Scale(5.0), opacity)).max() for opacity in (0.0, 0.5, 1.0)]
    assert tints[0] == 0
    assert tints[0] < tints[1] < tints[2]


def test_brightness_falls_as_evidence_grows_for_who_sees_no_hue() -> None:
    grey = color_bar(1, 200)[0, 40:].astype(float) @ (0.299, 0.587, 0.114)
    assert (np.diff(grey) <= 0.6).all()
    assert grey[0] - grey[-1] > 40


@pytest.mark.parametrize("full", [0.0, -1.0, np.inf, np.nan])
def test_a_scale_has_a_full_colour(full: float) -> None:
    with pytest.raises(ValueError, match="full"):
        Scale(full)


def test_a_caption_leaves_the_picture_as_it_is(picture: np.ndarray, hot: np.ndarray) -> None:
    seen = overlay(picture, hot, Scale(5.0))
    marked = captioned(seen, ["AI reading aid"])
    assert np.array_equal(marked[:120], seen)
    assert marked[120:].max() > 200


def test_the_mean_of_the_evidence_is_the_calibrated_score() -> None:
    decision = Classify(("normal", "pneumonia"), slope=1.7, offset=-0.4)
    values = np.random.default_rng(0).normal(size=(4, 4, 1)).astype(np.float32)
    found = evidence(decision, values, "pneumonia")
    probability = decision.probability(values.mean(keepdims=True).ravel())[0]
    assert 1 / (1 + np.exp(-found.mean())) == pytest.approx(probability, abs=1e-6)


def test_of_several_classes_a_place_speaks_for_the_one_asked_about() -> None:
    decision = ClassifyMany(("a", "b", "c"))
    values = np.float32([[[3, 0, 0], [0, 3, 0]]])
    assert (evidence(decision, values, "a") > 0).tolist() == [[True, False]]
    assert (evidence(decision, values, "b") > 0).tolist() == [[False, True]]


def test_a_model_without_such_a_map_is_told() -> None:
    with pytest.raises(DataError, match="map"):
        evidence(Interval(), np.zeros((2, 2, 1), np.float32), "a")


def test_a_model_of_large_maps_has_a_scale_of_its_own(tmp_path: Path) -> None:
    pipeline = replace(reading_pipeline(), folder=tmp_path)
    assert scale_of(pipeline) == Scale(5.0)
    maps = np.random.default_rng(0).normal(0, 20, (50, 4, 4, 1)).astype(np.float32)
    high = high_evidence(pipeline.decision, maps)
    assert (maps > high).mean() == pytest.approx(0.01, abs=0.003)
    np.savez(tmp_path / "reference.npz", evidence_high=np.array(high))
    assert scale_of(pipeline) == Scale(high)


def test_a_scale_never_comes_from_noise() -> None:
    weak = np.full((9, 4, 4, 1), -3.0, np.float32)
    assert high_evidence(Classify(), weak) == 1.0
