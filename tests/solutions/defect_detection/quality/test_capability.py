"""Capability indices against published examples, scipy, and what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats as stats

from lepton_core.errors import DataError
from solutions.defect_detection.quality.capability import (
    anderson_darling,
    capability,
    sigma_within,
)
from solutions.defect_detection.quality.pareto import class_counts, pareto, vital_few


def exactly(mean: float, sigma: float, n: int) -> np.ndarray:
    """Values with just this mean and standard deviation."""
    values = np.random.default_rng(0).normal(size=n)
    return mean + sigma * (values - values.mean()) / values.std(ddof=1)


def test_cp_and_its_interval_of_montgomery() -> None:
    """Example 8.4: limits 38 and 62, n = 20, s = 1.75: Cp 2.29, 95% interval 1.57 to 3.01."""
    found = capability([np.array([v]) for v in exactly(50, 1.75, 20)], 38, 62)
    assert found.pp is not None
    assert found.pp.value == pytest.approx(2.29, abs=5e-3)
    assert (found.pp.low, found.pp.high) == pytest.approx((1.57, 3.01), abs=1e-2)


def test_cpk_interval_of_montgomery() -> None:
    """Example 8.5: n = 20, Cpk = 1.33: 0.88 to 1.78 by Bissell's formula."""
    found = capability([np.array([v]) for v in exactly(0, 1, 20)], -3 * 1.33, 30)
    assert found.ppk.value == pytest.approx(1.33)
    assert (found.ppk.low, found.ppk.high) == pytest.approx((0.88, 1.78), abs=5e-3)


def test_bottles_of_montgomery() -> None:
    """Example 8.2: mean 264.06, sigma 32.02, lower limit 200: one-sided Cpl 0.67."""
    found = capability([np.array([v]) for v in exactly(264.06, 32.02, 100)], lower=200)
    assert found.ppk.value == pytest.approx(0.67, abs=5e-3)
    assert found.pp is None
    assert found.cp is None


def test_drift_costs_ppk_and_not_cpk() -> None:
    draw = np.random.default_rng(1)
    groups = [draw.normal(10 + 0.05 * k, 1, 5) for k in range(60)]
    found = capability(groups, 4, 19)
    assert found.sigma_overall > 1.2 * found.sigma_within
    assert found.ppk.value < 0.85 * found.cpk.value


@pytest.mark.slow
def test_intervals_hold_as_often_as_they_say() -> None:
    """Of 400 studies of a process with Cpk = Cp = 1.333, about 95% of the intervals hold it."""
    draw, held, held_k, resampled = np.random.default_rng(2), 0, 0, 0
    for _ in range(400):
        found = capability(list(draw.normal(0, 1, (25, 5))), -4, 4)
        assert found.cp is not None
        assert found.cp.resampled is not None
        held += found.cp.low <= 4 / 3 <= found.cp.high
        held_k += found.cpk.low <= 4 / 3 <= found.cpk.high
        resampled += found.cp.resampled[0] <= 4 / 3 <= found.cp.resampled[1]
    assert 0.92 <= held / 400 <= 0.98
    assert 0.90 <= held_k / 400 <= 0.99
    assert 0.88 <= resampled / 400 <= 0.99


def test_within_sigma_of_single_values_is_that_of_moving_ranges() -> None:
    """NIST/SEMATECH e-Handbook 6.3.2.2: mean moving range 1.8778 over d2 = 1.128."""
    flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    sigma, df = sigma_within([np.array([value]) for value in flow])
    assert sigma == pytest.approx(1.8778 / 1.128, abs=1e-3)
    assert df < len(flow) - 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("normal", [True, False])
def test_normality(seed: int, normal: bool) -> None:
    draw = np.random.default_rng(seed)
    values = draw.normal(5, 2, 80) if normal else draw.exponential(2, 80)
    statistic, p = anderson_darling(values)
    with pytest.warns(FutureWarning) if _warns() else _quiet():
        expected = stats.anderson(values, "norm").statistic
    assert statistic == pytest.approx(expected, abs=1e-8)
    assert (p > 0.01) == normal


def _warns() -> bool:
    import scipy

    return tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 17)


def _quiet():  # type: ignore[no-untyped-def]
    from contextlib import nullcontext

    return nullcontext()


@pytest.mark.parametrize(
    ("groups", "lower", "upper", "key"),
    [
        ([np.arange(5.0)] * 3, -math.inf, math.inf, "no_tolerance"),
        ([np.arange(5.0)] * 3, 4, 4, "tolerance"),
        ([np.arange(5.0)], 0, 4, "few_values"),
        ([], 0, 4, "few_values"),
        ([np.full(5, 74.1)] * 4, 70, 80, "constant"),
    ],
)
def test_what_cannot_be_judged_is_told(
    groups: list[np.ndarray], lower: float, upper: float, key: str
) -> None:
    with pytest.raises(DataError) as told:
        capability(groups, lower, upper)
    assert told.value.key == f"defect_detection.quality.error.{key}"
    assert "." in told.value.text("en")


def test_pareto_is_by_cost() -> None:
    bars = pareto({"scratch": 60, "crack": 10, "stain": 30, "dent": 0}, {"crack": 9.0})
    assert [bar.name for bar in bars] == ["crack", "scratch", "stain"]
    assert [bar.cumulative for bar in bars] == pytest.approx([0.5, 150 / 180, 1.0])
    assert [bar.name for bar in vital_few(bars)] == ["crack", "scratch"]


def test_good_parts_are_no_class_of_defect() -> None:
    assert class_counts(["good", "dent", None, "Good", "dent", ""], ["good"]) == {"dent": 2}
