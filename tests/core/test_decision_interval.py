"""Intervals hold the truth as often as they state, on records they were not fitted on."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lepton_core.decision import Interval, from_json
from lepton_core.errors import DataError

Z = np.array([-1.6449, 0.0, 1.6449])


def drawn(n: int, seed: int, sure: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles .05 .5 .95 of values whose spread grows; ``sure`` below 1 makes them too narrow."""
    generator = np.random.default_rng(seed)
    size = generator.uniform(1, 5, n)
    truth = 10 * size + size * generator.normal(size=n)
    return 10 * size[:, None] + sure * size[:, None] * Z, truth


def covered(decision: Interval, scores: np.ndarray, truth: np.ndarray) -> float:
    found = decision.apply({"score": scores})
    return float(((truth >= found["low"]) & (truth <= found["high"])).mean())


@pytest.mark.parametrize("sure", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.98])
def test_coverage_holds_on_fresh_records(sure: float, coverage: float) -> None:
    decision = Interval.fit(*drawn(2000, 0, sure), coverage=coverage)
    # The binomial spread of 2000 and of 5000 records, three times over.
    assert covered(decision, *drawn(5000, 1, sure)) == pytest.approx(coverage, abs=0.04)


def test_coverage_is_not_below_the_stated_one_on_average_even_with_few_records() -> None:
    shares = []
    for seed in range(300):
        decision = Interval.fit(*drawn(19, seed, 0.5))
        shares.append(covered(decision, *drawn(200, 1000 + seed, 0.5)))
    assert np.mean(shares) == pytest.approx(0.9, abs=0.015)  # 18 of 20 places: exactly 0.9


def test_the_margin_has_the_sign_that_is_needed() -> None:
    assert Interval.fit(*drawn(2000, 0, 0.3)).margin > 0
    assert Interval.fit(*drawn(2000, 0, 3.0)).margin < 0


def test_the_margin_scales_with_the_unit() -> None:
    scores, truth = drawn(500, 0, 0.5)
    metres = Interval.fit(scores, truth)
    millimetres = Interval.fit(1000 * scores, 1000 * truth)
    assert millimetres.margin == pytest.approx(1000 * metres.margin)


def test_the_margin_is_the_conformal_rank() -> None:
    scores = np.zeros((9, 3))
    decision = Interval.fit(scores, np.arange(9.0))
    assert decision.margin == 8.0  # 90% of 9 + 1 is the ninth
    assert decision.with_coverage(0.7, scores, np.arange(9.0)).margin == 6.0


def test_crossed_quantiles_are_sorted() -> None:
    found = Interval().apply({"score": np.array([[5.0, 1.0, 3.0]])})
    assert [float(found[name][0]) for name in ("low", "value", "high")] == [1.0, 3.0, 5.0]
    assert {values.dtype.name for values in found.values()} == {"float32"}


def test_narrowing_never_passes_the_median() -> None:
    found = Interval(margin=-10.0).apply({"score": np.array([[1.0, 3.0, 5.0]])})
    assert [float(found[name][0]) for name in ("low", "value", "high")] == [3.0, 3.0, 3.0]


def test_counts_are_not_below_zero() -> None:
    found = Interval(margin=2.0, low_limit=0.0).apply({"score": np.array([[-5.0, -4.0, -3.0]])})
    assert [float(found[name][0]) for name in ("low", "value", "high")] == [0.0, 0.0, 0.0]
    generator = np.random.default_rng(0)
    truth = generator.poisson(0.7, 3000).astype(float)
    scores = Interval().trivial(truth[:1000], 3000)
    decision = Interval.fit(scores[:1000], truth[1000:2000], low_limit=0.0)
    assert covered(decision, scores[:1000], truth[2000:]) >= 0.88


def test_the_levels_nearest_to_the_coverage_are_used() -> None:
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    scores = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    half = Interval(levels, coverage=0.5).apply({"score": scores})
    most = Interval(levels, coverage=0.9).apply({"score": scores})
    assert (half["low"][0], half["high"][0]) == (2.0, 4.0)
    assert (most["low"][0], most["high"][0]) == (1.0, 5.0)


def test_another_coverage_needs_kept_scores_alone() -> None:
    scores, truth = drawn(1000, 0)
    decision = Interval.fit(scores, truth, fitted_on={"data": "x"})
    wider = decision.with_coverage(0.99, scores, truth)
    assert wider == Interval.fit(scores, truth, coverage=0.99, fitted_on={"data": "x"})
    assert covered(wider, scores, truth) >= 0.99 > covered(decision, scores, truth)


@pytest.mark.parametrize(
    ("n", "target", "key"),
    [(8, 1.0, "few_records"), (0, 1.0, "no_records"), (50, np.nan, "not_finite")],
)
def test_data_that_cannot_fit_is_refused(n: int, target: float, key: str) -> None:
    with pytest.raises(DataError) as caught:
        Interval.fit(np.zeros((n, 3)), np.full(n, target))
    assert caught.value.key == f"decision.{key}"
    if key == "few_records":
        assert "90%" in str(caught.value)
        assert "9 are expected" in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"levels": (0.1, 0.9)},
        {"levels": (0.5, 0.9)},
        {"levels": (0.9, 0.5, 0.1)},
        {"levels": (0.0, 0.5, 0.9)},
        {"coverage": 1.0},
        {"margin": np.nan},
        {"low_limit": np.inf},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="Received"):
        Interval(**wrong)


def test_scores_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[n, 3\]"):
        Interval().apply({"score": np.zeros((4, 2))})


def test_a_decision_survives_json() -> None:
    fitted = Interval.fit(*drawn(100, 0), low_limit=0.0, fitted_on={"data": "x"})
    assert from_json(json.loads(json.dumps(fitted.to_json()))) == fitted
    assert fitted.is_fitted
    assert not Interval().is_fitted


def test_the_trivial_model_gives_the_quantiles_of_the_targets() -> None:
    scores = Interval().trivial(np.arange(101.0), 4)
    assert scores.shape == (4, 3)
    assert scores[3].tolist() == [5.0, 50.0, 95.0]
