"""Gauge and agreement studies against the AIAG manual and Fleiss."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_core.errors import DataError
from solutions.defect_detection.quality.agreement import agreement, cohen_kappa, fleiss_kappa
from solutions.defect_detection.quality.gauge import crossed, gauge_study

# AIAG, Measurement Systems Analysis, 4th edition, the gauge study of chapter III: 3 appraisers,
# 3 trials, 10 parts.
AIAG_TEXT = """
    0.29 -0.56 1.34 0.47 -0.80 0.02 0.59 -0.31 2.26 -1.36
    0.41 -0.68 1.17 0.50 -0.92 -0.11 0.75 -0.20 1.99 -1.25
    0.64 -0.58 1.27 0.64 -0.84 -0.21 0.66 -0.17 2.01 -1.31
    0.08 -0.47 1.19 0.01 -0.56 -0.20 0.47 -0.63 1.80 -1.68
    0.25 -1.22 0.94 1.03 -1.20 0.22 0.55 0.08 2.12 -1.62
    0.07 -0.68 1.34 0.20 -1.28 0.06 0.83 -0.34 2.19 -1.50
    0.04 -1.38 0.88 0.14 -1.46 -0.29 0.02 -0.46 1.77 -1.49
    -0.11 -1.13 1.09 0.20 -1.07 -0.67 0.01 -0.56 1.45 -1.77
    -0.15 -0.96 0.67 0.11 -1.45 -0.49 0.21 -0.49 1.87 -2.16
"""
AIAG = np.array(AIAG_TEXT.split(), float).reshape(3, 3, 10)


def test_gauge_study_of_aiag() -> None:
    found = gauge_study(AIAG.transpose(2, 0, 1))
    squares = {name: row.squares for name, row in found.anova.items()}
    assert squares["operator"] == pytest.approx(3.1673, abs=1e-4)
    assert squares["part"] == pytest.approx(88.3619, abs=1e-4)
    assert squares["interaction"] == pytest.approx(0.3590, abs=1e-4)
    assert found.anova["interaction"].f == pytest.approx(0.434, abs=1e-3)
    assert found.pooled
    assert found.repeatability == pytest.approx(0.199933, abs=1e-6)
    assert found.reproducibility == pytest.approx(0.226838, abs=1e-6)
    assert found.gauge == pytest.approx(0.302373, abs=2e-6)
    assert found.part == pytest.approx(1.042327, abs=1e-6)
    assert found.share == pytest.approx(0.279, abs=1e-3)
    assert found.categories == 4
    assert found.verdict == "conditional"


def test_an_interaction_is_kept_where_it_is_real() -> None:
    draw = np.random.default_rng(0)
    both = draw.normal(0, 1, (10, 3))
    values = draw.normal(0, 3, (10, 1, 1)) + both[:, :, None] + draw.normal(0, 0.1, (10, 3, 3))
    found = gauge_study(values, tolerance=20)
    assert not found.pooled
    assert found.reproducibility > 5 * found.repeatability
    assert found.tolerance_share == pytest.approx(6 * found.gauge / 20)


def test_rows_of_any_order_make_a_study() -> None:
    found, parts, operators = crossed(["b", "a", "b", "a"], ["x"] * 4, [1.0, 2.0, 3.0, 4.0])
    assert (parts, operators) == (["b", "a"], ["x"])
    assert found.tolist() == [[[1, 3]], [[2, 4]]]


@pytest.mark.parametrize(
    ("values", "key"),
    [
        (np.zeros((3, 1, 2)), "gauge_shape"),
        (np.full((3, 2, 2), np.nan), "gauge_gaps"),
        (np.full((3, 2, 2), 7.1), "constant"),
    ],
)
def test_a_study_that_cannot_be_made_is_told(values: np.ndarray, key: str) -> None:
    with pytest.raises(DataError) as told:
        gauge_study(values)
    assert told.value.key.endswith(key)


@pytest.mark.parametrize(
    ("table", "kappa"),
    # AIAG, attribute study: A with B, and A, B and C with the reference; kappa of the manual.
    [
        ((44, 6, 3, 97), 0.86),
        ((45, 5, 3, 97), 0.88),
        ((45, 2, 3, 100), 0.92),
        ((42, 9, 6, 93), 0.77),
    ],
)
def test_kappa_of_aiag(table: tuple[int, ...], kappa: float) -> None:
    first, second = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], table, axis=0).T
    assert cohen_kappa(first, second) == pytest.approx(kappa, abs=5e-3)


def test_kappa_of_fleiss() -> None:
    """Fourteen raters, ten subjects, five categories: 0.210."""
    text = (
        "0 0 0 0 14 0 2 6 4 2 0 0 3 5 6 0 3 9 2 0 2 2 8 1 1 "
        "7 7 0 0 0 3 2 6 3 0 2 5 3 2 2 6 5 2 1 0 0 2 2 3 7"
    )
    counts = text.split()
    assert fleiss_kappa(np.array(counts, int).reshape(10, 5)) == pytest.approx(0.210, abs=5e-4)


def test_who_errs_and_how() -> None:
    reference = np.array([1, 1, 0, 0, 0])
    right = np.repeat(reference[:, None], 2, axis=1)
    misses, alarms = right.copy(), right.copy()
    misses[0, 1] = 0
    alarms[4] = 1
    found = agreement(np.stack([right, misses, alarms], axis=1), ["a", "b", "c"], reference)
    a, b, c = found.appraisers
    assert (a.verdict, a.effectiveness.value, a.kappa_reference) == ("good", 1, 1)
    assert (b.miss.value, b.false_alarm.value, b.within.value) == (0.25, 0, 0.8)
    assert (c.miss.value, c.within.value, c.effectiveness.value) == (0, 1, 0.8)
    assert c.false_alarm.value == pytest.approx(1 / 3)
    assert (found.between.hits, found.all_right.hits) == (3, 3)
    assert found.pairs["a", "b"] < 1


def test_the_suites_own_verdicts_are_judged_as_people_are() -> None:
    """One trial an appraiser, as a bundle that always answers the same."""
    calls = np.array([[[1], [1]], [[0], [0]], [[1], [0]]])
    found = agreement(calls, ["Ann", "surface@sample"], np.array([1, 0, 0]))
    assert found.appraisers[0].within is None
    assert found.appraisers[1].verdict == "good"


@pytest.mark.parametrize(
    ("calls", "key"),
    [(np.zeros((5, 1, 1), int), "agreement_shape"), (np.full((3, 2, 1), -1), "agreement_gaps")],
)
def test_an_agreement_that_cannot_be_judged_is_told(calls: np.ndarray, key: str) -> None:
    with pytest.raises(DataError) as told:
        agreement(calls, ["a", "b"][: calls.shape[1]])
    assert told.value.key.endswith(key)
